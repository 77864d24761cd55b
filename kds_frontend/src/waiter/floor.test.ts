import { describe, expect, it } from 'vitest';
import type { Table, Ticket } from '$lib/types';
import { areas, tableStatus, readyOrders, readyAt, withTicket } from './floor';

const table = (more = {}) =>
  ({
    id: 't',
    name: 'T1',
    area: 'Hall',
    seats: 4,
    state: 'free',
    bill: null,
    bills: [],
    paid: false,
    sitting: null,
    attention: null,
    to_approve: 0,
    ready: 0,
    ...more,
  }) as unknown as Table;
const ticket = (more = {}) =>
  ({
    id: 'k1',
    order_id: 'o1',
    order_number: 7,
    token: null,
    table: 'T1',
    state: 'ready',
    version: 1,
    ready_at: '2026-11-21T10:05:00Z',
    items: [],
    ...more,
  }) as unknown as Ticket;

describe('the floor', () => {
  it('colours a table by what it wants most', () => {
    expect(tableStatus(table(), 0)).toBe('free');
    expect(tableStatus(table({ state: 'occupied' }), 0)).toBe('occupied');
    expect(tableStatus(table({ state: 'occupied' }), 2)).toBe('ready');
    expect(tableStatus(table({ state: 'occupied', to_approve: 1 }), 2)).toBe('approve');
    expect(tableStatus(table({ to_approve: 1, attention: { reason: 'cash', since: '' } }), 2)).toBe('attention');
  });
  it('counts tables as people do', () => {
    const tables = ['T10', 'T2', 'T1'].map((name) => table({ name }));
    expect(areas(tables)[0]?.tables.map((entry) => entry.name)).toEqual(['T1', 'T2', 'T10']);
  });
});

describe('ready food', () => {
  it('groups an order and puts the longest wait first', () => {
    const groups = readyOrders([
      ticket({ id: 'k2', order_id: 'o2', table: null, token: '12', ready_at: '2026-11-21T10:01:00Z' }),
      ticket(),
      ticket({ id: 'k3', ready_at: '2026-11-21T10:07:00Z' }),
      ticket({ id: 'k4', state: 'served' }),
    ]);
    expect(groups.map((group) => [group.label, group.tickets.length])).toEqual([
      ['Takeaway 12', 1],
      ['T1', 2],
    ]);
  });
  it('takes newer versions only and drops what is served', () => {
    const now = withTicket([], ticket({ version: 3 }));
    expect(withTicket(now, ticket({ version: 2, state: 'cooking' }))).toBe(now);
    expect(withTicket(now, ticket({ version: 4, state: 'served' }))).toEqual([]);
    expect(readyAt(now, 'T1')).toBe(1);
  });
});
