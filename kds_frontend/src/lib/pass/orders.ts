/** From the tickets at the pass to one card an order: pure. */
import type { Ticket, TicketItem, TicketState } from '../types';
import { nameOf } from './words';

/** One station's share of an order, over all its courses that are not on hold. */
export interface Share {
  station: string;
  state: TicketState;
}

export interface PassOrder {
  id: string;
  /** What is called out: the token, or the order's number. */
  name: string;
  /** Where it goes. */
  place: string;
  takeaway: boolean;
  rush: boolean;
  paid: boolean;
  note: string | null;
  allergies: string[];
  /** From when it ages. */
  since: string;
  /** Since when all of it waits; null while something is missing. */
  wholeSince: string | null;
  shares: Share[];
  missing: { station: string; item: TicketItem }[];
  ready: { station: string; item: TicketItem }[];
  voided: { station: string; item: TicketItem }[];
  held: { course: number; items: TicketItem[] }[];
  /** The tickets of which something can go. */
  readyTickets: string[];
  whole: boolean;
  cancelled: boolean;
  /** Who is to decide about a wish to cancel. */
  cancel: 'kitchen' | 'floor' | null;
}

const ORDER: TicketState[] = ['queued', 'cooking', 'ready', 'served', 'voided'];

/** Whether a ticket stands at the pass: not served, or with something voided that nobody there has cleared. */
export function isAtPass(ticket: Ticket): boolean {
  const live = ticket.state !== 'served' && ticket.state !== 'voided';
  return live || (!ticket.cleared && ticket.items.some((item) => item.state === 'voided'));
}

/** Rushed orders first, then the oldest; of one order all stand together. */
export function compareTickets(a: Ticket, b: Ticket): number {
  return (
    Number(b.rush) - Number(a.rush) ||
    Date.parse(a.placed_at) - Date.parse(b.placed_at) ||
    a.order_number - b.order_number ||
    (a.order_id < b.order_id ? -1 : a.order_id > b.order_id ? 1 : 0)
  );
}

/** The orders at the pass: rushed first, then oldest first. */
export function passOrders(tickets: Iterable<Ticket>): PassOrder[] {
  const byOrder = new Map<string, Ticket[]>();
  for (const ticket of tickets) {
    const known = byOrder.get(ticket.order_id);
    if (known) known.push(ticket);
    else byOrder.set(ticket.order_id, [ticket]);
  }
  return [...byOrder.values()].map(passOrder).sort(compareOrders);
}

/** Rushed first, then oldest first. */
export function compareOrders(a: PassOrder, b: PassOrder): number {
  return Number(b.rush) - Number(a.rush) || a.since.localeCompare(b.since) || a.id.localeCompare(b.id);
}

function passOrder(tickets: Ticket[]): PassOrder {
  const [first] = tickets as [Ticket, ...Ticket[]];
  const fired = tickets.filter((ticket) => ticket.state !== 'held');
  const missing = itemsOf(fired, 'queued', 'cooking');
  const ready = itemsOf(fired, 'ready');
  const readyAt = fired.flatMap((ticket) => (ticket.state === 'ready' && ticket.ready_at ? [ticket.ready_at] : []));
  const whole = ready.length > 0 && missing.length === 0;
  return {
    id: first.order_id,
    name: nameOf(first),
    place: first.table ?? (first.type === 'takeaway' ? 'Takeaway' : 'Dine-in'),
    takeaway: first.type === 'takeaway',
    rush: tickets.some((ticket) => ticket.rush),
    paid: tickets.every((ticket) => ticket.paid),
    note: first.note,
    allergies: [...new Set(tickets.flatMap(allergiesOf))].sort(),
    since: first.placed_at,
    wholeSince: whole ? (readyAt.sort().at(-1) ?? null) : null,
    shares: sharesOf(fired),
    missing,
    ready,
    voided: itemsOf(fired, 'voided'),
    held: heldCourses(tickets),
    readyTickets: fired.filter((t) => t.items.some((item) => item.state === 'ready')).map((t) => t.id),
    whole,
    cancelled: tickets.every((ticket) => ticket.items.some((i) => i.state === 'voided') && !isLive(ticket)),
    cancel: tickets.find((ticket) => ticket.cancel_decider)?.cancel_decider ?? null,
  };
}

function isLive(ticket: Ticket): boolean {
  return ticket.state !== 'served' && ticket.state !== 'voided';
}

/** The party's and each line's. */
function allergiesOf(ticket: Ticket): string[] {
  return [...ticket.allergies, ...ticket.items.flatMap((item) => item.allergies)];
}

function itemsOf(tickets: Ticket[], ...states: TicketState[]): { station: string; item: TicketItem }[] {
  return tickets.flatMap((ticket) =>
    ticket.items.filter((item) => states.includes(item.state)).map((item) => ({ station: ticket.station, item })),
  );
}

/** A station is as far as the least of its tickets. */
function sharesOf(tickets: Ticket[]): Share[] {
  const least = new Map<string, TicketState>();
  for (const { station, state } of tickets) {
    const known = least.get(station);
    if (!known || ORDER.indexOf(state) < ORDER.indexOf(known)) least.set(station, state);
  }
  return [...least].map(([station, state]) => ({ station, state })).sort((a, b) => a.station.localeCompare(b.station));
}

function heldCourses(tickets: Ticket[]): PassOrder['held'] {
  const courses = new Map<number, TicketItem[]>();
  for (const ticket of tickets) {
    if (ticket.state !== 'held') continue;
    courses.set(ticket.course, [...(courses.get(ticket.course) ?? []), ...ticket.items]);
  }
  return [...courses].map(([course, items]) => ({ course, items })).sort((a, b) => a.course - b.course);
}

export interface Token {
  id: string;
  name: string;
  /** Since when it is ready. */
  since: string;
}

/** What guests at the counter see: who waits, and whose order is ready, the newest first. */
export function tokens(orders: PassOrder[]): { making: Token[]; ready: Token[] } {
  const making: Token[] = [];
  const ready: Token[] = [];
  for (const { id, name, takeaway, cancelled, whole, wholeSince, since, held } of orders) {
    if (!takeaway || cancelled) continue;
    if (whole && held.length === 0) ready.push({ id, name, since: wholeSince ?? since });
    else making.push({ id, name, since });
  }
  ready.sort((a, b) => b.since.localeCompare(a.since) || a.id.localeCompare(b.id));
  making.sort((a, b) => a.since.localeCompare(b.since) || a.id.localeCompare(b.id));
  return { making, ready };
}
