import { type Api, ApiError, clock, explain, idempotencyKey, PROVIDER_MS } from '$lib';
import type { SharedValue } from '$lib/shared-value.svelte';
import type { Bill, Payment, Checkout } from '$lib/types';
import { pay, type PaymentWindow } from './payment-windows';
import { type PaymentIntent, type SignedPayment, type StoredGuest, withPayment } from './stored-guest';

const AVAILABILITY_MS = 4000;

export type CheckoutState = 'idle' | 'opening' | 'open' | 'confirming' | 'waiting';

/** What paying needs of the guest's screen around it. */
export interface CheckoutContext {
  readonly api: Api;
  readonly stored: SharedValue<StoredGuest>;
  /** The guest's name, when one was given. */
  readonly name: string;
  refreshBill(): Promise<void>;
}

const CONFIRM_AGAIN_MS = 3000;
const LOOK_AGAIN_MS = 4000;
/** A checkout that ends sooner than this isn't opened again. */
const TIME_TO_PAY_S = 20;

/** Paying the bill online: one checkout per amount due, and no answer of it ever dropped. */
export class CheckoutStore {
  state = $state<CheckoutState>('idle');
  /** What the last try ended with, in words. */
  trouble = $state('');
  /** A bank may be at it still: it is not known whether anything was charged. */
  awaitsBank = $state(false);
  /** The last try was closed or failed: offer the other ways. */
  closed = $state(false);
  payments = $state.raw<Payment[]>([]);
  private tried = $state('');
  /** Online payment is offered: not while the payment provider does not answer. */
  available = $state(true);

  constructor(
    private readonly guest: CheckoutContext,
    private readonly openWindow: PaymentWindow = pay,
  ) {}

  refundsOf(bill: Bill) {
    return this.payments.filter((payment) => payment.bill_id === bill.id).flatMap((payment) => payment.refunds);
  }

  /** Whether it is this bill that is being paid, or was tried last. */
  concerns(bill: Bill): boolean {
    const { intent } = this.guest.stored.value;
    return this.tried === bill.id || (intent?.about.startsWith(`${bill.id}:`) ?? false);
  }

  /** Looks whether online payment is to be offered, until the returned function is called. */
  watchAvailability(): () => void {
    const look = async () => {
      const found = await this.guest.api.get('/api/payments/online').catch(() => null);
      if (found) this.available = found.available;
    };
    void look();
    const timer = setInterval(() => void look(), AVAILABILITY_MS);
    return () => clearInterval(timer);
  }

  async online(bill: Bill): Promise<void> {
    if (this.state !== 'idle') return;
    this.state = 'opening';
    this.tried = bill.id;
    this.trouble = '';
    this.closed = false;
    try {
      const checkout = await this.prepare(bill);
      this.state = 'open';
      const outcome = await this.openWindow(checkout, this.about(bill, checkout), (reason) => (this.trouble = reason));
      if (outcome.kind === 'paid') await this.confirm({ payment_id: checkout.payment_id, reply: outcome.reply });
      else await this.look(checkout.payment_id);
    } catch (error) {
      if (isFinal(error)) this.setIntent(null);
      this.trouble = explain(error);
    } finally {
      this.rest();
      await this.guest.refreshBill();
    }
  }

  /** The window is closed: nobody says that nothing was charged before the provider was asked. While a bank is at it, or
   * nobody can be asked, it is asked again, and Pay rests. */
  async look(payment_id: string): Promise<void> {
    this.state = 'waiting';
    const payment = await this.guest.api
      .post('/api/payments/{payment_id}/look', { params: { path: { payment_id } } })
      .catch((error: unknown) => (isFinal(error) ? null : undefined));
    if (payment) this.payments = [...this.payments.filter((known) => known.id !== payment.id), payment];
    this.awaitsBank = payment === undefined || payment?.awaits_bank === true;
    if (this.awaitsBank) {
      setTimeout(() => void this.look(payment_id), LOOK_AGAIN_MS);
      return;
    }
    this.closed = payment != null && isRunning(payment);
    this.state = 'idle';
    if (payment && !isRunning(payment)) {
      this.trouble = '';
      await this.guest.refreshBill();
    }
  }

  private rest(): void {
    this.state = this.awaitsBank ? 'waiting' : 'idle';
  }

  /** Tells the platform what the checkout signed; repeats itself until there is an answer. */
  async confirm(signed: SignedPayment): Promise<void> {
    this.setSigned(signed);
    this.state = 'confirming';
    try {
      const payment = await this.guest.api.post('/api/payments/verify', { body: signed, timeoutMs: PROVIDER_MS });
      this.guest.stored.change((guest) => ({ ...guest, signed: null, intent: null }));
      this.closed = false;
      this.trouble = '';
      this.payments = [...this.payments.filter((known) => known.id !== payment.id), payment];
    } catch (error) {
      if (isFinal(error)) this.setSigned(null);
      else setTimeout(() => void this.confirmAgain(signed), CONFIRM_AGAIN_MS);
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
    const waiting = this.payments.find((payment) => payment.awaits_bank);
    if (waiting && this.state === 'idle' && !this.awaitsBank) void this.look(waiting.id);
    const current = this.guest.stored.value.intent?.checkout?.payment_id;
    if (this.payments.some((payment) => payment.id === current && !isRunning(payment))) this.setIntent(null);
  }

  /** Another tab may have had the answer meanwhile. */
  private async confirmAgain(signed: SignedPayment): Promise<void> {
    if (this.guest.stored.refresh().signed?.payment_id !== signed.payment_id) this.trouble = '';
    else await this.confirm(signed);
  }

  /** The same amount due asks with the same key; another amount, or an ended payment, is a new intent. */
  private async prepare(bill: Bill): Promise<Checkout> {
    const about = `${bill.id}:${bill.due_paise}`;
    const known = this.guest.stored.refresh().intent;
    const usable = known?.about === about ? known : null;
    if (usable?.checkout && clock.until(usable.checkout.expires_at) > TIME_TO_PAY_S) return usable.checkout;
    const key = usable && !usable.checkout ? usable.key : idempotencyKey();
    this.setIntent({ about, key, checkout: null });
    const body = { bill_id: bill.id };
    const checkout = await this.guest.api.post('/api/payments/checkout', { body, key, timeoutMs: PROVIDER_MS });
    this.guest.stored.change((guest) => ({
      ...withPayment(guest, checkout.payment_id),
      intent: { about, key, checkout },
    }));
    return checkout;
  }

  private about(bill: Bill, checkout: Checkout) {
    return {
      description: bill.table ? `Table ${bill.table.name.replace(/^Table\s+/i, '')}` : 'Takeaway',
      name: this.guest.name,
      color: getComputedStyle(document.documentElement).getPropertyValue('--accent').trim(),
      secondsLeft: clock.until(checkout.expires_at),
    };
  }

  private setIntent(intent: PaymentIntent | null): void {
    this.guest.stored.change((guest) => ({ ...guest, intent }));
  }

  private setSigned(signed: SignedPayment | null): void {
    this.guest.stored.change((guest) => ({ ...guest, signed }));
  }
}

/** Nothing that is asked again would be answered otherwise. */
function isFinal(error: unknown): boolean {
  return error instanceof ApiError && !error.temporary && error.status !== 409;
}

function isRunning(payment: Payment): boolean {
  return payment.status === 'pending' || payment.status === 'processing';
}
