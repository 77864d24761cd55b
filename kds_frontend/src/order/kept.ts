/** What a visit keeps on the phone over a reload; unreadable leftovers count as nothing. */
import type { CartLine } from './cart';
import type { Pending } from './sending';

export interface Signed {
  payment_id: string;
  razorpay_payment_id: string;
  razorpay_order_id: string;
  razorpay_signature: string;
}

export interface Kept {
  lines: CartLine[];
  note: string;
  name: string;
  pending: Pending | null;
  billId: string | null;
  payments: string[];
  /** A payment that the checkout signed and the platform hasn't confirmed yet. */
  signed: Signed | null;
}

export const NOTHING: Kept = {
  lines: [],
  note: '',
  name: '',
  pending: null,
  billId: null,
  payments: [],
  signed: null,
};

type Store = Pick<Storage, 'getItem' | 'setItem'>;

export function read(store: Store, key: string): Kept {
  try {
    const found = JSON.parse(store.getItem(key) ?? '{}') as Partial<Kept>;
    return { ...NOTHING, ...found, lines: Array.isArray(found.lines) ? found.lines : [] };
  } catch {
    return NOTHING;
  }
}

export function write(store: Store, key: string, kept: Kept): void {
  try {
    store.setItem(key, JSON.stringify(kept));
  } catch {
    // A full or forbidden storage costs the reload's memory, never the order.
  }
}
