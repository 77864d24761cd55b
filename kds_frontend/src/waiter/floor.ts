/** The floor as a waiter reads it: pure. */
import type { Table, Ticket } from '$lib/types';

export type TableStatus = 'approve' | 'attention' | 'ready' | 'occupied' | 'free';

/** The one thing a table wants most, which colours its tile. */
export function tableStatus(table: Table, ready: number): TableStatus {
  if (table.attention) return 'attention';
  if (table.to_approve > 0) return 'approve';
  if (table.state === 'attention') return 'attention';
  if (ready > 0) return 'ready';
  return table.state === 'free' ? 'free' : 'occupied';
}

export function areas(tables: Table[]): { name: string; tables: Table[] }[] {
  const byName = new Map<string, Table[]>();
  for (const table of tables) {
    const area = table.area || 'Tables';
    byName.set(area, [...(byName.get(area) ?? []), table]);
  }
  return [...byName].map(([name, members]) => ({ name, tables: [...members].sort(byTable) }));
}

/** "2" before "10", "T2" before "T10". */
export function byTable(a: { name: string }, b: { name: string }): number {
  return a.name.localeCompare(b.name, 'en', { numeric: true });
}

export interface ReadyGroup {
  key: string;
  label: string;
  order_id: string;
  order_number: number;
  since: string | null;
  tickets: Ticket[];
}

/** Ready tickets by order, the longest waiting first; places don't change when another ticket joins. */
export function readyOrders(tickets: Ticket[]): ReadyGroup[] {
  return byOrder(tickets.filter((ticket) => ticket.state === 'ready' && !isToDecide(ticket)));
}

/** Orders of which a part is ready and that somebody wants to cancel: the floor says yes or no. */
export function ordersToDecide(tickets: Ticket[]): ReadyGroup[] {
  return byOrder(tickets.filter(isToDecide));
}

function isToDecide(ticket: Ticket): boolean {
  return ticket.cancel_decider === 'floor';
}

function byOrder(waiting: Ticket[]): ReadyGroup[] {
  const groups = new Map<string, ReadyGroup>();
  for (const ticket of [...waiting].sort((a, b) => (a.ready_at ?? '').localeCompare(b.ready_at ?? ''))) {
    const known = groups.get(ticket.order_id);
    if (known) {
      known.tickets.push(ticket);
      continue;
    }
    groups.set(ticket.order_id, {
      key: ticket.order_id,
      label: ticket.table ? ticket.table : `Takeaway ${ticket.token ?? ticket.order_number}`,
      order_id: ticket.order_id,
      order_number: ticket.order_number,
      since: ticket.ready_at,
      tickets: [ticket],
    });
  }
  return [...groups.values()];
}

/** The newer of two versions wins; a ticket that doesn't wait for the floor any more leaves the list. */
export function withTicket(tickets: Ticket[], fresh: Ticket): Ticket[] {
  const known = tickets.find((ticket) => ticket.id === fresh.id);
  if (known && known.version >= fresh.version) return tickets;
  const rest = tickets.filter((ticket) => ticket.id !== fresh.id);
  return fresh.state === 'ready' || isToDecide(fresh) ? [...rest, fresh] : rest;
}

export function readyAt(tickets: Ticket[], table: string): number {
  return tickets.filter((ticket) => ticket.state === 'ready' && ticket.table === table).length;
}

/** What wants a waiter now, for the badge of the floor. */
export function tablesCalling(tables: Table[]): number {
  return tables.filter((table) => table.attention || table.to_approve > 0).length;
}

export const CALL_REASONS: Record<string, string> = { cash: 'wants to pay cash', help: 'asks for you' };
