import type { BillPaymentStatus, DocumentKind, OrderStatus, PaymentMethod, PaymentStatus, Refund } from '$lib';

type Tone = 'neutral' | 'accent' | 'good' | 'warn' | 'bad' | 'info';

export const ORDER_LABELS: Record<OrderStatus, { label: string; tone: Tone }> = {
  placed: { label: 'To approve', tone: 'warn' },
  awaiting_payment: { label: 'Awaiting payment', tone: 'warn' },
  confirmed: { label: 'Confirmed', tone: 'info' },
  preparing: { label: 'Preparing', tone: 'info' },
  ready: { label: 'Ready', tone: 'accent' },
  served: { label: 'Served', tone: 'good' },
  completed: { label: 'Completed', tone: 'good' },
  rejected: { label: 'Rejected', tone: 'bad' },
  expired: { label: 'Expired', tone: 'neutral' },
  cancelled: { label: 'Cancelled', tone: 'bad' },
};

export const BILL_LABELS: Record<BillPaymentStatus, { label: string; tone: Tone }> = {
  unpaid: { label: 'Unpaid', tone: 'neutral' },
  partly_paid: { label: 'Partly paid', tone: 'warn' },
  paid: { label: 'Paid', tone: 'good' },
  overpaid: { label: 'Overpaid', tone: 'bad' },
  partly_refunded: { label: 'Paid, partly refunded', tone: 'info' },
  refunded: { label: 'Refunded', tone: 'info' },
};

export const DOCUMENT_LABELS: Record<DocumentKind, { label: string; tone: Tone }> = {
  tax_invoice: { label: 'Tax invoice', tone: 'neutral' },
  bill_of_supply: { label: 'Bill of supply', tone: 'neutral' },
  receipt: { label: 'Receipt', tone: 'neutral' },
  liquor_invoice: { label: 'Liquor invoice', tone: 'info' },
  credit_note: { label: 'Credit note', tone: 'warn' },
};

export const PAYMENT_LABELS: Record<PaymentStatus, { label: string; tone: Tone }> = {
  pending: { label: 'Pending', tone: 'warn' },
  processing: { label: 'Processing', tone: 'info' },
  completed: { label: 'Completed', tone: 'good' },
  failed: { label: 'Failed', tone: 'bad' },
  expired: { label: 'Expired', tone: 'neutral' },
  cancelled: { label: 'Cancelled', tone: 'neutral' },
};

export const REFUND_LABELS: Record<Refund['status'], string> = {
  requested: 'Asked of the provider',
  pending: 'On its way',
  unknown: 'Being checked',
  to_hand_out: 'To hand out',
  processed: 'Given back',
};

export const METHODS: PaymentMethod[] = [
  'upi',
  'card',
  'cash',
  'card_machine',
  'house_upi',
  'voucher',
  'netbanking',
  'wallet',
];

/** Those that a person of the house takes and gives back. */
export const TENDERS: PaymentMethod[] = ['cash', 'card_machine', 'house_upi', 'voucher'];

/** Those that every day has a figure of; the others show where they were used. */
export const COMMON_METHODS: PaymentMethod[] = ['upi', 'card', 'cash'];

export const METHOD_LABELS: Record<PaymentMethod, string> = {
  cash: 'Cash',
  upi: 'UPI',
  card: 'Card',
  card_machine: 'Card machine',
  house_upi: 'UPI to the house',
  voucher: 'Voucher',
  netbanking: 'Net banking',
  wallet: 'Wallet',
};

/** Grams, millilitres or pieces as a person says them. */
export function quantity(milli: number, unit: string): string {
  const size = Math.abs(milli) / 1000;
  const bigger: Record<string, string> = { g: 'kg', ml: 'l' };
  const large = bigger[unit];
  const [amount, name] = large && size >= 1000 ? [milli / 1_000_000, large] : [milli / 1000, unit];
  return `${new Intl.NumberFormat('en-IN', { maximumFractionDigits: 2 }).format(amount)} ${name}`;
}

/** The last `count` days up to `last`, as dates. */
export function daysUpTo(last: string, count: number): string[] {
  const end = Date.parse(`${last}T00:00:00Z`);
  return Array.from({ length: count }, (_, index) =>
    new Date(end - (count - 1 - index) * 86_400_000).toISOString().slice(0, 10),
  );
}

/** The outlet's business day at an instant, from its timezone and the minutes after midnight at which it turns. */
export function businessDay(now: number, timezone: string, cutoffMinutes: number): string {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone: timezone, dateStyle: 'short' });
  return parts.format(new Date(now - cutoffMinutes * 60_000));
}

/** A date as `Sat, 21 Nov`. */
export function dayName(day: string): string {
  return new Intl.DateTimeFormat('en-IN', { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' }).format(
    new Date(`${day}T00:00:00Z`),
  );
}

/** Seconds as minutes, to the hundredth. */
export function inMinutes(seconds: number): number {
  return Math.round(seconds / 0.6) / 100;
}

/** `1 refund`, `2 refunds`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
