import type { AlertKind } from '$lib/bell.svelte';
import type { KitchenAction, KitchenActionName, Ticket, TicketItem, TicketState } from '$lib';

/** Whether a ticket belongs on its board: open, or with something voided that no cook of its station has seen. */
export function isVisible(ticket: Ticket): boolean {
  return isOpen(ticket) || ticket.items.some((item) => isVoided(item) && !item.acknowledged);
}

function isOpen(ticket: Ticket): boolean {
  return ticket.state === 'held' || ticket.state === 'queued' || ticket.state === 'cooking';
}

export function isDone(item: TicketItem): boolean {
  return item.state === 'ready' || item.state === 'served';
}

/** Voided in sight of the cook until acknowledged. */
export function isVoided(item: TicketItem): boolean {
  return item.state === 'voided';
}

/** What a tap on a line means. */
export function tapOf(item: TicketItem): KitchenActionName {
  if (isVoided(item)) return 'acknowledge';
  return item.state === 'ready' ? 'recall' : 'bump';
}

/** What a tap on a ticket's head means, or its key. `explicit`: the outlet wants to be told when cooking starts. */
export function headAction(ticket: Ticket, explicit = false): { action: KitchenActionName; label: string } {
  if (!isOpen(ticket)) return { action: 'acknowledge', label: 'seen' };
  if (ticket.state === 'held') return { action: 'fire', label: 'fire now' };
  return explicit && ticket.state === 'queued'
    ? { action: 'start', label: 'start' }
    : { action: 'bump', label: 'done' };
}

/** Where an order goes, as the cook calls it. */
export function destination(ticket: Ticket): string {
  return ticket.table ?? (ticket.type === 'takeaway' ? 'Takeaway' : 'Dine-in');
}

/** What is read on a ticket from top to bottom: its note, where there is one, then its lines. */
export function partsOf(ticket: Ticket): (TicketItem | 'note')[] {
  return ticket.note ? ['note', ...ticket.items] : ticket.items;
}

/** Whether this kitchen is to answer a wish to cancel. */
export function asksKitchen(ticket: Ticket): boolean {
  return ticket.cancel_requested && ticket.cancel_decider === 'kitchen';
}

/** Those of a dish's own allergens that one of its guests can't eat. */
export function dangersOf(ticket: Ticket, item: TicketItem): string[] {
  const named = new Set([...ticket.allergies, ...item.allergies]);
  return item.allergens.filter((allergen) => named.has(allergen));
}

/** The time from which a ticket ages. */
export function agesFrom(ticket: Ticket): string {
  return ticket.fired_at ?? ticket.placed_at;
}

/** Rush first, then oldest first; courses on hold last. */
export function compare(a: Ticket, b: Ticket): number {
  return (
    Number(b.rush) - Number(a.rush) ||
    Number(a.state === 'held') - Number(b.state === 'held') ||
    Date.parse(agesFrom(a)) - Date.parse(agesFrom(b)) ||
    a.number - b.number
  );
}

/** The tickets as they will be once the waiting actions are applied. */
export function withActions(tickets: Map<string, Ticket>, actions: KitchenAction[]): Map<string, Ticket> {
  if (actions.length === 0) return tickets;
  const result = new Map(tickets);
  for (const action of actions) {
    for (const ticket of result.values()) {
      if (ticket.id === action.ticket_id || (!action.ticket_id && ticket.order_id === action.order_id)) {
        result.set(ticket.id, applied(ticket, action));
      }
    }
  }
  return result;
}

/** A ticket's state follows from its items; voided ones count only when there is nothing else. */
export function stateOf(items: TicketItem[]): TicketState {
  const states = new Set(items.map((item) => item.state).filter((state) => state !== 'voided'));
  const [only] = states;
  if (only === undefined) return 'voided';
  if (states.size === 1) return only;
  if ([...states].every((state) => state === 'ready' || state === 'served')) return 'ready';
  return states.has('cooking') || states.has('ready') || states.has('served') ? 'cooking' : 'queued';
}

const MOVES: Partial<Record<KitchenActionName, Partial<Record<TicketState, TicketState>>>> = {
  fire: { held: 'queued' },
  start: { queued: 'cooking' },
  bump: { queued: 'ready', cooking: 'ready' },
  recall: { ready: 'cooking', served: 'cooking' },
  serve: { ready: 'served' },
  unserve: { served: 'ready' },
};

/** A ticket after an act of this screen, whose cook has seen it by that. */
function applied(before: Ticket, action: KitchenAction): Ticket {
  const ticket = { ...before, seen: true };
  const pick = (change: (item: TicketItem) => TicketItem): TicketItem[] =>
    ticket.items.map((item) => (!action.item_id || item.id === action.item_id ? change(item) : item));
  const moves = MOVES[action.action];
  if (moves) {
    const items = pick((item) => ({ ...item, state: moves[item.state] ?? item.state }));
    return { ...ticket, items, state: stateOf(items) };
  }
  switch (action.action) {
    case 'rush':
    case 'unrush':
      return { ...ticket, rush: action.action === 'rush' };
    case 'acknowledge':
      return { ...ticket, items: pick((item) => (isVoided(item) ? { ...item, acknowledged: true } : item)) };
    case 'accept_cancel':
    case 'refuse_cancel':
      return { ...ticket, cancel_requested: false, cancel_decider: null };
    default:
      return ticket;
  }
}

/** What a cook of this station has not seen yet of a ticket. */
export function newsOf(ticket: Ticket): AlertKind | null {
  if (ticket.seen) return null;
  if (asksKitchen(ticket) || ticket.items.some((item) => isVoided(item) && !item.acknowledged)) return 'cancelled';
  return ticket.state === 'queued' ? 'new' : 'changed';
}

export interface Count {
  name: string;
  quantity: number;
  modifiers: { name: string; quantity: number }[];
}

/** All-day counts: what is still to be made, per item and modifier, most first. */
export function allDay(tickets: Iterable<Ticket>): Count[] {
  const counts = new Map<string, { quantity: number; modifiers: Map<string, number> }>();
  for (const ticket of tickets) {
    if (ticket.state !== 'queued' && ticket.state !== 'cooking') continue;
    for (const item of ticket.items) {
      if (item.state !== 'queued' && item.state !== 'cooking') continue;
      const name = item.variant ? `${item.name} · ${item.variant}` : item.name;
      const count = counts.get(name) ?? { quantity: 0, modifiers: new Map<string, number>() };
      count.quantity += item.quantity;
      for (const modifier of item.modifiers) {
        count.modifiers.set(modifier, (count.modifiers.get(modifier) ?? 0) + item.quantity);
      }
      counts.set(name, count);
    }
  }
  return [...counts]
    .map(([name, { quantity, modifiers }]) => ({
      name,
      quantity,
      modifiers: [...modifiers].map(([label, count]) => ({ name: label, quantity: count })),
    }))
    .sort((a, b) => b.quantity - a.quantity || a.name.localeCompare(b.name));
}

/** What a ticket is called across the room. */
export function displayNumber(ticket: Ticket): string {
  return ticket.token !== null && ticket.type === 'takeaway' ? `${ticket.token}` : `${ticket.order_number}`;
}

export type Age = 'fresh' | 'amber' | 'red';

export function age(seconds: number, amberS: number, redS: number): Age {
  if (seconds >= redS) return 'red';
  return seconds >= amberS ? 'amber' : 'fresh';
}

/** A ticket's age in at most five characters, so that its head never grows: `4:07`, `59:59`, `1h04`. */
export function timer(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes}:${two(seconds % 60)}`
    : `${Math.min(99, Math.floor(minutes / 60))}h${two(minutes % 60)}`;
}
