import { ApiError, explain, idempotencyKey, type Api } from '$lib';
import { isFinalRefusal } from '$lib/ordering/sending';
import { deviceStorage } from '$lib/storage.svelte';
import type { Bill, Outlet, Payment } from '$lib/types';
import { toTake } from './cash';

/** What is said beside the amount: the cash that was given, or the tender with what proves it. */
export interface Said {
  tendered_paise?: number;
  tender?: Outlet['tenders'][number];
  reference?: string | null;
}

type Receipt = Said & { key: string; bill_id: string; amount_paise: number };

export type CounterPaymentState = 'counting' | 'sending' | 'unknown' | 'done';

const ASK_AGAIN_MS = 3000;

/** Taking a person's money for one bill: confirmed once, and never again while the first answer is unknown. */
export class CounterPayment {
  state = $state<CounterPaymentState>('counting');
  trouble = $state('');
  change = $state(0);
  receipt = $state.raw<Receipt | null>(null);

  private readonly storageKey: string;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly api: Pick<Api, 'post'>,
    bill: Pick<Bill, 'id'>,
    private readonly kind: 'cash' | 'tender',
    private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> = deviceStorage,
  ) {
    this.storageKey = `rasoi.waiter.${kind}.${bill.id}`;
    this.receipt = this.read();
    if (this.receipt) void this.send(this.receipt);
  }

  async confirm(bill: Bill, said: Said): Promise<void> {
    if (this.state === 'sending') return;
    this.receipt ??= { ...said, key: idempotencyKey(), bill_id: bill.id, amount_paise: toTake(bill) };
    this.storage.setItem(this.storageKey, JSON.stringify(this.receipt));
    await this.send(this.receipt);
  }

  /** Stops asking; the receipt stays on the tablet until its answer is known. */
  close(): void {
    clearTimeout(this.timer);
  }

  private async send(receipt: Receipt): Promise<void> {
    clearTimeout(this.timer);
    const { key, ...body } = receipt;
    this.state = 'sending';
    this.trouble = '';
    try {
      const payment = await this.post(body, key);
      this.change = payment.attempts.findLast((attempt) => attempt.change_paise !== null)?.change_paise ?? 0;
      this.state = 'done';
      this.storage.removeItem(this.storageKey);
    } catch (error) {
      this.trouble = explain(error);
      if (error instanceof ApiError && isFinalRefusal(error.status, error.slug)) this.countAgain();
      else this.askAgain(receipt);
    }
  }

  private post({ bill_id, amount_paise, ...said }: Omit<Receipt, 'key'>, key: string): Promise<Payment> {
    const { tender, reference = null, tendered_paise = 0 } = said;
    return tender
      ? this.api.post('/api/payments/confirm-tender', { body: { bill_id, amount_paise, tender, reference }, key })
      : this.api.post('/api/payments/confirm-cash', { body: { bill_id, amount_paise, tendered_paise }, key });
  }

  private countAgain(): void {
    this.state = 'counting';
    this.receipt = null;
    this.storage.removeItem(this.storageKey);
  }

  private askAgain(receipt: Receipt): void {
    this.state = 'unknown';
    this.timer = setTimeout(() => void this.send(receipt), ASK_AGAIN_MS);
  }

  private read(): Receipt | null {
    try {
      return JSON.parse(this.storage.getItem(this.storageKey) ?? 'null') as Receipt | null;
    } catch {
      return null;
    }
  }
}
