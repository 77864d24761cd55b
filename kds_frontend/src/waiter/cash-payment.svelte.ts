import { ApiError, explain, idempotencyKey, type Api } from '$lib';
import type { Bill } from '$lib/types';
import { isFinalRefusal } from '$lib/ordering/sending';

interface Receipt {
  key: string;
  bill_id: string;
  amount_paise: number;
  tendered_paise: number;
}

export type CashPaymentState = 'counting' | 'sending' | 'unknown' | 'done';

const STORE = 'rasoi.waiter.cash';

/** Taking cash for one bill: confirmed once, and never again while the first answer is unknown. */
export class CashPayment {
  state = $state<CashPaymentState>('counting');
  trouble = $state('');
  change = $state(0);
  receipt = $state.raw<Receipt | null>(null);

  constructor(
    private readonly api: Api,
    bill: Bill,
  ) {
    const left = read();
    if (left?.bill_id === bill.id) {
      this.receipt = left;
      this.state = 'unknown';
    }
  }

  async confirm(bill: Bill, tendered: number): Promise<void> {
    if (this.state === 'sending') return;
    this.receipt ??= {
      key: idempotencyKey(),
      bill_id: bill.id,
      amount_paise: bill.due_paise,
      tendered_paise: tendered,
    };
    const { key, ...body } = this.receipt;
    localStorage.setItem(STORE, JSON.stringify(this.receipt));
    this.state = 'sending';
    this.trouble = '';
    try {
      const payment = await this.api.post('/api/payments/confirm-cash', { body, key });
      const change = payment.attempts.findLast((attempt) => attempt.method === 'cash')?.change_paise;
      this.change = change ?? body.tendered_paise - body.amount_paise;
      this.state = 'done';
      localStorage.removeItem(STORE);
    } catch (error) {
      this.trouble = explain(error);
      const final = error instanceof ApiError && isFinalRefusal(error.status, error.slug);
      this.state = final ? 'counting' : 'unknown';
      if (!final) return;
      this.receipt = null;
      localStorage.removeItem(STORE);
    }
  }
}

function read(): Receipt | null {
  try {
    return JSON.parse(localStorage.getItem(STORE) ?? 'null') as Receipt | null;
  } catch {
    return null;
  }
}
