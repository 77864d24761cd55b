import { type Api, ApiError, clock, explain, idempotencyKey, toasts } from '$lib';
import type { Bill, Payment, Checkout } from '$lib/types';
import { pay } from './payment-windows';
import type { SignedPayment } from './storage';

export type CheckoutState = 'idle' | 'opening' | 'open' | 'confirming';

/** What paying needs of the guest's screen around it. */
export interface CheckoutContext {
  readonly api: Api;
  /** The guest's name, when one was given. */
  readonly name: string;
  keepPayment(id: string): void;
  keepSigned(signed: SignedPayment | null): void;
  refreshBill(): Promise<void>;
}

/** Paying the bill online: one checkout per amount due, and no answer of it ever dropped. */
export class CheckoutStore {
  state = $state<CheckoutState>('idle');
  /** What the last try ended with, in words. */
  trouble = $state('');
  /** The last try was closed or failed: offer the other ways. */
  closed = $state(false);
  payments = $state.raw<Payment[]>([]);

  private intent: { about: string; key: string; checkout: Checkout | null } | null = null;

  constructor(private readonly guest: CheckoutContext) {}

  get refunds() {
    return this.payments.flatMap((payment) => payment.refunds);
  }

  async online(bill: Bill): Promise<void> {
    if (this.state !== 'idle') return;
    this.state = 'opening';
    this.trouble = '';
    try {
      const checkout = await this.prepare(bill);
      this.state = 'open';
      const outcome = await pay(checkout, this.about(bill, checkout), (reason) => (this.trouble = reason));
      this.closed = outcome.kind === 'closed';
      if (outcome.kind === 'paid') await this.confirm({ payment_id: checkout.payment_id, reply: outcome.reply });
    } catch (error) {
      this.forgetIfFinal(error);
      this.trouble = explain(error);
    } finally {
      this.state = 'idle';
      await this.guest.refreshBill();
    }
  }

  /** Tells the platform what the checkout signed; repeats itself until there is an answer. */
  async confirm(signed: SignedPayment): Promise<void> {
    this.guest.keepSigned(signed);
    this.state = 'confirming';
    try {
      const payment = await this.guest.api.post('/api/payments/verify', { body: signed });
      this.guest.keepSigned(null);
      this.intent = null;
      this.closed = false;
      this.trouble = '';
      this.keep(payment);
      if (payment.status === 'completed') toasts.good('Payment received. Thank you!');
    } catch (error) {
      if (error instanceof ApiError && !error.temporary && error.status !== 409) this.guest.keepSigned(null);
      else setTimeout(() => void this.confirm(signed), 3000);
      this.trouble = `Your payment is not confirmed yet. ${explain(error)}`;
    } finally {
      this.state = 'idle';
    }
  }

  /** The payments of this visit, for their refunds. */
  async load(ids: string[]): Promise<void> {
    const found = await Promise.all(
      ids.map((id) =>
        this.guest.api.get('/api/payments/{payment_id}', { params: { path: { payment_id: id } } }).catch(() => null),
      ),
    );
    this.payments = found.filter((payment) => payment !== null);
    const current = this.intent?.checkout?.payment_id;
    if (
      this.payments.some(
        (payment) => payment.id === current && payment.status !== 'pending' && payment.status !== 'processing',
      )
    ) {
      this.intent = null;
    }
  }

  private keep(payment: Payment): void {
    this.payments = [...this.payments.filter((known) => known.id !== payment.id), payment];
  }

  /** The same amount due asks with the same key; another amount, or an ended payment, is a new intent. */
  private async prepare(bill: Bill): Promise<Checkout> {
    const about = `${bill.id}:${bill.due_paise}`;
    const running = this.intent?.checkout;
    if (running && this.intent?.about === about && clock.until(running.expires_at) > 20) return running;
    if (running || this.intent?.about !== about) this.intent = { about, key: idempotencyKey(), checkout: null };
    const intent = this.intent as NonNullable<typeof this.intent>;
    intent.checkout = await this.guest.api.post('/api/payments/checkout', {
      body: { bill_id: bill.id },
      key: intent.key,
    });
    this.guest.keepPayment(intent.checkout.payment_id);
    return intent.checkout;
  }

  private about(bill: Bill, checkout: Checkout) {
    return {
      description: bill.table ? `Table ${bill.table.name.replace(/^Table\s+/i, '')}` : 'Takeaway',
      name: this.guest.name,
      color: getComputedStyle(document.documentElement).getPropertyValue('--accent').trim(),
      secondsLeft: clock.until(checkout.expires_at),
    };
  }

  private forgetIfFinal(error: unknown): void {
    if (error instanceof ApiError && !error.temporary && error.status !== 409) this.intent = null;
  }
}
