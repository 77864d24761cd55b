/** The ways to pay online that this screen knows, by the kind that the platform's checkout names. */
import type { Checkout } from '$lib/types';
import { razorpay } from './razorpay';

export interface PaymentAbout {
  description: string;
  name: string;
  color: string;
  secondsLeft: number;
}

/** `reply` is the provider's proof, passed on as it is. */
export type Outcome = { kind: 'paid'; reply: Record<string, string> } | { kind: 'closed' };

/** Resolves when it is paid or closed. `onfailed` may be called several times. */
export type PaymentWindow = (
  checkout: Checkout,
  about: PaymentAbout,
  onfailed: (reason: string) => void,
) => Promise<Outcome>;

const windows: Record<string, PaymentWindow> = { razorpay };

export const pay: PaymentWindow = (checkout, about, onfailed) => {
  const open = windows[checkout.action.kind];
  if (!open) throw new Error('This screen is too old for this way to pay. Reload the page, or pay at the counter.');
  return open(checkout, about, onfailed);
};
