/** What a visit keeps on the phone over a reload; unreadable leftovers count as nothing. */
import type { CartLine } from '$lib/ordering/cart';
import type { PendingOrder } from '$lib/ordering/sending';

export interface SignedPayment {
  payment_id: string;
  reply: Record<string, string>;
}

export interface StoredGuest {
  lines: CartLine[];
  note: string;
  name: string;
  pending: PendingOrder | null;
  billId: string | null;
  payments: string[];
  /** A payment that the checkout signed and the platform hasn't confirmed yet. */
  signed: SignedPayment | null;
}

export const EMPTY: StoredGuest = {
  lines: [],
  note: '',
  name: '',
  pending: null,
  billId: null,
  payments: [],
  signed: null,
};

type Store = Pick<Storage, 'getItem' | 'setItem'>;

export function readGuest(store: Store, key: string): StoredGuest {
  try {
    const found = JSON.parse(store.getItem(key) ?? '{}') as Partial<StoredGuest>;
    return { ...EMPTY, ...found, lines: Array.isArray(found.lines) ? found.lines : [] };
  } catch {
    return EMPTY;
  }
}

export function writeGuest(store: Store, key: string, stored: StoredGuest): void {
  try {
    store.setItem(key, JSON.stringify(stored));
  } catch {
    // A full or forbidden storage costs the reload's memory, never the order.
  }
}
