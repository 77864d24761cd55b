/** Refusals of an order in plain words, with what to do next: pure. */
import type { ApiError } from '$lib/api/error';
import type { CartLine } from './cart';
import { rupees } from '$lib/money';

export interface OrderRefusal {
  title: string;
  text: string;
  /** What the cart would be without what can't be had; null when the cart needs no change. */
  cart: CartLine[] | null;
  fix: string;
}

interface Gone {
  item_id?: string;
  source_id?: string;
  name?: string;
  available?: number;
}

/** The cart cut down to what is left, line by line. */
export function without(lines: CartLine[], gone: Gone[]): CartLine[] {
  let rest = lines;
  for (const entry of gone) {
    let left = entry.available ?? 0;
    rest = rest.flatMap((line) => {
      const hit =
        line.item_id === entry.item_id ||
        line.variant_id === entry.source_id ||
        line.modifiers.includes(entry.source_id ?? entry.item_id ?? '');
      if (!hit) return [line];
      const quantity = Math.min(line.quantity, left);
      left -= quantity;
      return quantity > 0 ? [{ ...line, quantity }] : [];
    });
  }
  return rest;
}

/** A refusal that names what can't be had, with the cart without it; null for any other error. */
export function notToBeHad(lines: CartLine[], error: ApiError): OrderRefusal | null {
  if (error.slug === 'sold-out') return soldOut(lines, (error.body['items'] ?? []) as Gone[]);
  const line = error.slug === 'bad-line' ? lines[Number(error.body['line']) - 1] : undefined;
  if (!line) return null;
  const said = error.detail.replace(/^Line \d+: /, '');
  const text = 'variant_id' in error.body ? `${line.name} is no longer on the menu.` : said;
  return refusal(
    `${text} Nothing was ordered yet.`,
    lines.filter((each) => each !== line),
  );
}

export function soldOut(lines: CartLine[], gone: Gone[]): OrderRefusal {
  const cart = without(lines, gone);
  const quantities = new Map(cart.map((line) => [line.key, line.quantity]));
  const parts = lines
    .filter((line) => (quantities.get(line.key) ?? 0) < line.quantity)
    .map((line) => {
      const left = quantities.get(line.key) ?? 0;
      return left ? `only ${left} of ${line.name} left` : `${line.name} just sold out`;
    });
  const what = parts.length ? parts.join(', ') : 'something in your cart just sold out';
  return refusal(`${what.charAt(0).toUpperCase()}${what.slice(1)}. Nothing was ordered yet.`, cart);
}

function refusal(text: string, cart: CartLine[]): OrderRefusal {
  const fix = cart.length ? 'Go on with the rest' : 'Choose something else';
  return { title: 'Sorry, not everything is left', text, cart, fix };
}

export function priceChanged(before: number, now: number): OrderRefusal {
  return {
    title: 'The price has changed',
    text: `Your order is now ${rupees(now)} instead of ${rupees(before)}. Nothing was ordered yet.`,
    cart: null,
    fix: `Order for ${rupees(now)}`,
  };
}
