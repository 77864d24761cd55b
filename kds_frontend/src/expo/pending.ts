import type { KitchenAction, Ticket, TicketItem } from '$lib';

/** The tickets as they will be once the waiting actions of this screen are applied. */
export function withPending(
  tickets: ReadonlyMap<string, Ticket>,
  actions: KitchenAction[],
): ReadonlyMap<string, Ticket> {
  if (actions.length === 0) return tickets;
  const result = new Map(tickets);
  for (const action of actions) {
    const mine = [...result.values()].filter(
      (ticket) => ticket.id === action.ticket_id || (!action.ticket_id && ticket.order_id === action.order_id),
    );
    for (const ticket of mine) {
      const after = applied(ticket, action.action, mine);
      if (after) result.set(ticket.id, after);
      else result.delete(ticket.id);
    }
  }
  return result;
}

/** The ticket after the action; null once it has left the pass. */
function applied(ticket: Ticket, action: KitchenAction['action'], order: Ticket[]): Ticket | null {
  switch (action) {
    case 'hand_over': {
      const items = ticket.items.filter((item) => item.state !== 'ready');
      return items.length > 0 ? { ...ticket, items } : null;
    }
    case 'fire': {
      const next = Math.min(...order.filter((t) => t.state === 'held').map((t) => t.course));
      return ticket.state === 'held' && ticket.course === next ? fired(ticket) : ticket;
    }
    case 'rush':
    case 'unrush':
      return { ...ticket, rush: action === 'rush' };
    case 'clear':
      return ticket.state === 'voided' ? null : { ...ticket, cleared: true };
    case 'refuse_cancel':
      return { ...ticket, cancel_requested: false, cancel_decider: null };
    default:
      return ticket;
  }
}

function fired(ticket: Ticket): Ticket {
  const queued = (item: TicketItem): TicketItem => (item.state === 'held' ? { ...item, state: 'queued' } : item);
  return { ...ticket, state: 'queued', items: ticket.items.map(queued) };
}
