import { ApiError, explain, idempotencyKey, type Api } from '$lib';
import { isFinalRefusal } from '$lib/ordering/sending';
import { deviceStorage } from '$lib/storage.svelte';
import type { Bill } from '$lib/types';
import { toTake } from './cash';

interface Receipt {
  key: string;
  bill_id: string;
  amount_paise: number;
  tendered_paise: number;
}

export type CashPaymentState = 'counting' | 'sending' | 'unknown' | 'done';

const ASK_AGAIN_MS = 3000;

/** Taking cash for one bill: confirmed once, and never again while the first answer is unknown. */
export class CashPayment {
  state = $state<CashPaymentState>('counting');
  trouble = $state('');
  change = $state(0);
  receipt = $state.raw<Receipt | null>(null);

  private readonly storageKey: string;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly api: Pick<Api, 'post'>,
    bill: Pick<Bill, 'id'>,
    private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> = deviceStorage,
  ) {
    this.storageKey = `rasoi.waiter.cash.${bill.id}`;
    this.receipt = this.read();
    if (this.receipt) void this.send(this.receipt);
  }

  async confirm(bill: Bill, tendered: number): Promise<void> {
    if (this.state === 'sending') return;
    this.receipt ??= {
      key: idempotencyKey(),
      bill_id: bill.id,
      amount_paise: toTake(bill),
      tendered_paise: tendered,
    };
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
      const payment = await this.api.post('/api/payments/confirm-cash', { body, key });
      const change = payment.attempts.findLast((attempt) => attempt.method === 'cash')?.change_paise;
      this.change = change ?? body.tendered_paise - body.amount_paise;
      this.state = 'done';
      this.storage.removeItem(this.storageKey);
    } catch (error) {
      this.trouble = explain(error);
      if (error instanceof ApiError && isFinalRefusal(error.status, error.slug)) this.countAgain();
      else this.askAgain(receipt);
    }
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
