import { describe, expect, it } from 'vitest';
import { item, ticket } from '../../../tests/tickets';
import type { Ticket, TicketState } from '../types';
import { isAtPass, passOrders, tokens } from './orders';

function at(station: string, states: TicketState[], more: Partial<Ticket> = {}): Ticket {
  const items = states.map((state, index) => item(`${station} ${index}`, { state, name: `${station} ${index}` }));
  const [first] = states as [TicketState];
  return ticket(`${more.order_id ?? 'order'} ${station} ${more.course ?? 1}`, {
    order_id: 'order',
    station,
    items,
    state: first,
    ...more,
  });
}

const names = (found: { item: { name: string } }[]): string[] => found.map((each) => each.item.name);

describe('the orders at the pass', () => {
  it('are whole when nothing fired is missing, whatever waits on hold', () => {
    const [order] = passOrders([
      at('tandoor', ['ready'], { ready_at: '2026-11-21T09:05:00Z' }),
      at('curry', ['ready'], { ready_at: '2026-11-21T09:07:00Z' }),
      at('cold', ['held'], { course: 2 }),
    ]);
    expect(order?.whole).toBe(true);
    expect(order?.wholeSince).toBe('2026-11-21T09:07:00Z');
    expect(order?.held.map((each) => each.course)).toEqual([2]);
    expect(order?.shares.map((share) => share.station)).toEqual(['curry', 'tandoor']);
    expect(order?.readyTickets).toEqual(['order tandoor 1', 'order curry 1']);
  });

  it('name what is missing, and let go what is ready', () => {
    const [order] = passOrders([at('tandoor', ['cooking', 'ready']), at('curry', ['queued'])]);
    expect(order?.whole).toBe(false);
    expect(order?.wholeSince).toBeNull();
    expect(names(order?.missing ?? [])).toEqual(['tandoor 0', 'curry 0']);
    expect(names(order?.ready ?? [])).toEqual(['tandoor 1']);
    expect(order?.readyTickets).toEqual(['order tandoor 1']);
  });

  it('are not whole with nothing to hand over', () => {
    expect(passOrders([at('cold', ['held'], { course: 2 })])[0]?.whole).toBe(false);
    expect(passOrders([at('cold', ['voided'])])[0]?.whole).toBe(false);
  });

  it('show a station as far as its last course', () => {
    const [order] = passOrders([at('tandoor', ['ready']), at('tandoor', ['queued'], { course: 2 })]);
    expect(order?.shares).toEqual([{ station: 'tandoor', state: 'queued' }]);
  });

  it('stand rushed first, then oldest first', () => {
    const orders = passOrders([
      at('curry', ['queued'], { order_id: 'b', placed_at: '2026-11-21T09:02:00Z' }),
      at('curry', ['queued'], { order_id: 'c', placed_at: '2026-11-21T09:03:00Z', rush: true }),
      at('curry', ['queued'], { order_id: 'a', placed_at: '2026-11-21T09:01:00Z' }),
    ]);
    expect(orders.map((order) => order.id)).toEqual(['c', 'a', 'b']);
  });

  it('carry every allergy of the party and of its lines, once', () => {
    const one = at('curry', ['queued'], { allergies: ['nuts'] });
    const two = at('tandoor', ['queued'], { allergies: ['nuts'] });
    two.items = two.items.map((each) => ({ ...each, allergies: ['milk'] }));
    expect(passOrders([one, two])[0]?.allergies).toEqual(['milk', 'nuts']);
  });

  it('are cancelled only as a whole, and say who decides', () => {
    expect(passOrders([at('curry', ['voided']), at('bar', ['voided', 'served'])])[0]?.cancelled).toBe(true);
    const asked = { cancel_requested: true, cancel_decider: 'floor' as const };
    const [order] = passOrders([at('curry', ['cooking'], asked), at('bar', ['ready'], asked)]);
    expect([order?.cancelled, order?.cancel]).toEqual([false, 'floor']);
  });
});

describe('what stands at the pass', () => {
  it.each<[TicketState[], boolean, boolean]>([
    [['held'], false, true],
    [['queued'], false, true],
    [['cooking'], false, true],
    [['ready'], false, true],
    [['served'], false, false],
    [['voided'], false, true],
    [['voided'], true, false],
    [['served', 'voided'], false, true],
    [['served', 'voided'], true, false],
  ])('%s, cleared %s: %s', (states, cleared, expected) => {
    expect(isAtPass(at('curry', states, { cleared }))).toBe(expected);
  });
});

describe('the tokens of the pickup screen', () => {
  const takeaway = (token: string, states: TicketState[], more: Partial<Ticket> = {}): Ticket =>
    at('curry', states, { order_id: token, token, type: 'takeaway', table: null, ...more });

  it('are of takeaways only, without what was cancelled', () => {
    const found = tokens(
      passOrders([
        takeaway('T1', ['cooking']),
        takeaway('T2', ['voided']),
        at('curry', ['ready'], { order_id: 'x', type: 'dine_in', table: 'Table 1' }),
      ]),
    );
    expect(found.making.map((token) => token.name)).toEqual(['T1']);
    expect(found.ready).toEqual([]);
  });

  it('call the newest first, and make the oldest first', () => {
    const found = tokens(
      passOrders([
        takeaway('T1', ['ready'], { ready_at: '2026-11-21T09:05:00Z' }),
        takeaway('T2', ['ready'], { ready_at: '2026-11-21T09:06:00Z' }),
        takeaway('T4', ['queued'], { placed_at: '2026-11-21T09:04:00Z' }),
        takeaway('T3', ['cooking'], { placed_at: '2026-11-21T09:03:00Z' }),
      ]),
    );
    expect(found.ready.map((token) => token.name)).toEqual(['T2', 'T1']);
    expect(found.making.map((token) => token.name)).toEqual(['T3', 'T4']);
  });

  it('are ready only when all of the order is', () => {
    const half = [takeaway('T1', ['ready']), { ...takeaway('T1', ['cooking']), id: 'other', station: 'bar' }];
    expect(tokens(passOrders(half)).making.map((token) => token.name)).toEqual(['T1']);
    const waits = [takeaway('T1', ['ready']), takeaway('T1', ['held'], { course: 2 })];
    expect(tokens(passOrders(waits)).making.map((token) => token.name)).toEqual(['T1']);
  });

  it('fall back to the number of the order', () => {
    const found = tokens(passOrders([takeaway('x', ['queued'], { token: null, order_number: 41 })]));
    expect(found.making.map((token) => token.name)).toEqual(['41']);
  });
});
