import type { Ticket, TicketItem } from '../types';

/** What is called out: the token, or the order's number. */
export function nameOf(ticket: Ticket): string {
  return ticket.token ?? `${ticket.order_number}`;
}

/** "2 × Naan, Half" */
export function dish(item: Pick<TicketItem, 'quantity' | 'name' | 'variant'>): string {
  return `${item.quantity} × ${item.name}${item.variant ? `, ${item.variant}` : ''}`;
}
