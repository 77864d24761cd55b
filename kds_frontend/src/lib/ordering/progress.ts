/** From an order's status to what its guest reads: pure. */
import type { Order } from '$lib/types';

export type StepState = 'done' | 'now' | 'todo' | 'stopped';

export interface Step {
  name: string;
  state: StepState;
  at: string | null;
}

export interface OrderProgress {
  steps: Step[];
  headline: string;
  detail: string;
  tone: 'wait' | 'go' | 'ready' | 'done' | 'stopped';
  over: boolean;
}

const REACHED: Record<string, number> = {
  placed: 0,
  awaiting_payment: 0,
  confirmed: 1,
  preparing: 2,
  ready: 3,
  served: 4,
  completed: 4,
};

const STOPPED = new Set(['rejected', 'expired', 'cancelled']);

export function isStopped(order: Order): boolean {
  return STOPPED.has(order.status);
}

export function isFinished(order: Order): boolean {
  return isStopped(order) || order.status === 'completed' || order.status === 'served';
}

export function newestFirst(orders: Order[]): Order[] {
  return [...orders].sort((a, b) => b.placed_at.localeCompare(a.placed_at));
}

/** A guest may ask for this while the food isn't there yet. */
export function cancellable(order: Order): boolean {
  return ['placed', 'awaiting_payment', 'confirmed', 'preparing'].includes(order.status) && !order.cancel_requested;
}

function steps(order: Order): Step[] {
  const last = order.type === 'takeaway' ? 'Collected' : 'Served';
  const names = ['Received', 'Confirmed', 'Being made', 'Ready', last];
  const times = [order.placed_at, order.confirmed_at, null, order.ready_at, order.served_at];
  const halted = isStopped(order);
  const reached = halted ? (order.confirmed_at ? 1 : 0) : (REACHED[order.status] ?? 0);
  return names.map((name, index) => {
    const at = times[index] ?? null;
    if (halted) return { name, at, state: index <= reached ? 'stopped' : 'todo' };
    if (index < reached || (index === 4 && reached === 4)) return { name, at, state: 'done' };
    return { name, at: index === reached ? at : null, state: index === reached ? 'now' : 'todo' };
  });
}

const WORDS: Record<string, [string, string, OrderProgress['tone']]> = {
  placed: [
    'A waiter will confirm your order first',
    'The kitchen starts as soon as a waiter has had a look at it. It takes a moment.',
    'wait',
  ],
  awaiting_payment: ['Waiting for your payment', 'The kitchen starts as soon as it is paid.', 'wait'],
  confirmed: ['Order confirmed', 'The kitchen has your order.', 'go'],
  preparing: ['Your food is being made', 'The cooks are on it.', 'go'],
  rejected: ['The restaurant could not take this order', 'Please ask a waiter, or order something else.', 'stopped'],
  expired: [
    'This order ran out of time',
    'It was not paid in time, so nothing was made. You can order again.',
    'stopped',
  ],
  cancelled: ['This order was cancelled', 'Nothing more will be made of it.', 'stopped'],
};

export function progressOf(order: Order): OrderProgress {
  const takeaway = order.type === 'takeaway';
  const base = { steps: steps(order), over: isFinished(order) };
  if (order.status === 'ready') {
    const detail = takeaway ? 'Please collect it at the counter.' : 'A waiter is bringing it to your table.';
    return { ...base, headline: 'Your food is ready', detail, tone: 'ready' };
  }
  if (order.status === 'served' || order.status === 'completed') {
    const headline = takeaway ? 'Collected. Enjoy your food!' : 'Served. Enjoy your food!';
    const detail = order.status === 'completed' ? 'All settled. Thank you.' : 'Need anything else? Just order more.';
    return { ...base, headline, detail, tone: 'done' };
  }
  const [headline, detail, tone] = WORDS[order.status] ?? ['Order received', '', 'wait'];
  if (order.cancel_requested && order.status !== 'cancelled') {
    return { ...base, headline, detail: 'You asked to cancel. The restaurant is deciding.', tone: 'wait' };
  }
  return { ...base, headline, detail: detail + parts(order), tone };
}

/** "2 of 3 parts are ready." when several stations cook. */
function parts(order: Order): string {
  if (order.status !== 'preparing' || order.progress.length < 2) return '';
  const ready = order.progress.filter((part) => ['ready', 'served'].includes(part.state)).length;
  return ready ? ` ${ready} of ${order.progress.length} parts are ready.` : '';
}

/** "4 min", "1 h 5 min"; nothing for less than a minute. */
export function elapsed(from: string | null | undefined, now: number): string {
  if (!from) return '';
  const total = Math.floor((now - Date.parse(from)) / 60_000);
  if (!(total >= 1)) return '';
  return total < 60 ? `${total} min` : `${Math.floor(total / 60)} h ${total % 60} min`;
}
