/** What a guest's phone keeps beside the cart: what is being paid, and what the party must not eat. */
import { NOTHING_TOLD, type Told } from '$lib/ordering/allergies';
import type { Checkout } from '$lib/types';

/** A payment that the checkout signed and the platform hasn't confirmed yet. */
export interface SignedPayment {
  payment_id: string;
  reply: Record<string, string>;
}

/** One amount due of one bill, asked for under one key until it is paid or changes. */
export interface PaymentIntent {
  about: string;
  key: string;
  checkout: Checkout | null;
}

export interface StoredGuest {
  payments: string[];
  signed: SignedPayment | null;
  intent: PaymentIntent | null;
}

/** What the phone was told once, for every visit; what it took back counts for one visit only. */
export interface StoredAllergies extends Told {
  visit: string | null;
}

export const noAllergies = (): StoredAllergies => ({ ...NOTHING_TOLD, visit: null });

export const emptyGuest = (): StoredGuest => ({ payments: [], signed: null, intent: null });

const PAYMENTS_KEPT = 10;

export function withPayment(guest: StoredGuest, id: string): StoredGuest {
  if (guest.payments.at(-1) === id) return guest;
  return { ...guest, payments: [...guest.payments.filter((known) => known !== id), id].slice(-PAYMENTS_KEPT) };
}
