/**
 * A cart is sent once. Its own id is the key of every try, from whichever tab, until an answer is known:
 * the server answers the second try as it did the first.
 */
import { ApiError } from '$lib/api/error';
import type { NewLine, NewOrder, Order } from '$lib/types';
import { NOTHING_TOLD, type Told } from './allergies';
import type { CartLine } from './cart';

export interface PendingOrder {
  key: string;
  body: NewOrder;
  /** The server's time of the first try, in ms. */
  since: number;
  /** The session or person that sent it: the server knows a key only within one of them. */
  sender: string;
}

export interface Cart {
  /** Becomes the key of its sending; a new one when it was ordered. */
  id: string;
  lines: CartLine[];
  /** Courses that the kitchen holds until they are fired. */
  held: number[];
  note: string;
  /** What a waiter was told of the party. */
  told: Told;
  /** What a takeaway guest is called by. */
  name: string;
  /** Sent, and not answered yet: the cart can't be changed meanwhile. */
  pending: PendingOrder | null;
}

export function emptyCart(id: string): Cart {
  return { id, lines: [], held: [], note: '', told: NOTHING_TOLD, name: '', pending: null };
}

/** What is still unanswered goes again, unchanged; only a cart without it takes a new body. */
export function startSending(cart: Cart, body: NewOrder, sender: string, now: number): Cart {
  return cart.pending ? cart : { ...cart, pending: { key: cart.id, body, since: now, sender } };
}

/** `placed`: it stands. `refused`: nothing was written. `used`: an earlier try, with another body, had arrived. */
export type Outcome = 'placed' | 'refused' | 'used';

/** The cart after its sending ended; a sending that another tab has finished already changes nothing. */
export function finishSending(cart: Cart, key: string, outcome: Outcome, freshId: string): Cart {
  if (cart.pending?.key !== key) return cart;
  if (outcome === 'placed') return { ...emptyCart(freshId), name: cart.name };
  return { ...cart, id: outcome === 'used' ? freshId : cart.id, pending: null };
}

/** What an error says about the order; `unknown` when it may stand all the same. */
export function outcomeOf(error: unknown): Outcome | 'unknown' {
  if (!(error instanceof ApiError)) return 'unknown';
  if (error.slug === 'idempotency-key-reused') return 'used';
  return isFinalRefusal(error.status, error.slug) ? 'refused' : 'unknown';
}

/** Whether this answer proves that nothing was written. Anything else is unknown, and is asked again. */
export function isFinalRefusal(status: number, slug: string): boolean {
  if (status === 409) return !STILL_AT_WORK.has(slug);
  return status >= 400 && status < 500 && !SAYS_NOTHING.has(status);
}

const STILL_AT_WORK = new Set(['busy', 'in-progress', '409']);
/** Not signed in any more, too slow, too many: what an earlier try did stays open. */
const SAYS_NOTHING = new Set([401, 408, 429]);

/** How far the two clocks may differ. */
const CLOCKS_DIFFER_MS = 3000;

/** The order that this sending has become, among those that the server lists. */
export function arrivedAs(pending: PendingOrder, orders: Order[]): Order | null {
  const wanted = contents(pending.body.lines);
  const since = pending.since - CLOCKS_DIFFER_MS;
  return orders.find((order) => Date.parse(order.placed_at) >= since && contents(order.lines) === wanted) ?? null;
}

function contents(lines: (NewLine | Order['lines'][number])[]): string {
  const texts = lines.map((line) => {
    const chosen = (line.modifiers ?? []).map((modifier) => (typeof modifier === 'string' ? modifier : modifier.id));
    const must = [...(line.allergies ?? [])].sort();
    return [line.variant_id, line.quantity, line.course ?? 1, ...chosen.sort(), ...must].join(' ');
  });
  return texts.sort().join('|');
}
