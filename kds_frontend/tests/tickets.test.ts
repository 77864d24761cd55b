import { describe, expect, it } from 'vitest';
import type { KitchenAction, Ticket, TicketState } from '../src/lib/types';
import { boardHash, crc32 } from '../src/lib/board-hash';
import { command } from '../src/kitchen/keys';
import {
  age,
  asksKitchen,
  allDay,
  displayNumber,
  compare,
  destination,
  isDone,
  newsOf,
  dangersOf,
  headAction,
  partsOf,
  timer,
  tapOf,
  isVisible,
  withActions,
} from '../src/kitchen/tickets';
import { item, ticket } from './tickets';

const after = (before: Ticket, ...actions: Partial<KitchenAction>[]): Ticket | undefined =>
  withActions(
    new Map([[before.id, before]]),
    actions.map((action) => ({ action_id: 'i', action: 'bump', ticket_id: before.id, ...action })),
  ).get(before.id);

describe('hash', () => {
  it('is CRC-32 as zlib computes it', () => {
    expect(crc32('123456789')).toBe(0xcbf43926);
    expect(crc32('')).toBe(0);
  });

  it('sums modulo 2^32, whatever the order', () => {
    const a = { id: 'a', version: 1 };
    const b = { id: 'b', version: 2 };
    expect(boardHash([a, b])).toBe((crc32('a:1') + crc32('b:2')) % 2 ** 32);
    expect(boardHash([a, b])).toBe(boardHash([b, a]));
    expect(boardHash([])).toBe(0);
  });
});

describe('waiting taps', () => {
  it('show at once: a line done, then the whole ticket gone', () => {
    const one = after(ticket('a'), { item_id: 'x' });
    expect(one?.items.map((each) => each.state)).toEqual(['ready', 'queued']);
    expect(one?.state).toBe('cooking');
    const all = after(ticket('a'), { item_id: 'x' }, { item_id: 'y' });
    expect(all && isVisible(all)).toBe(false);
  });

  it('bring a bumped ticket back', () => {
    expect(after(ticket('a'), {}, { action: 'recall' })?.state).toBe('cooking');
  });

  it('leave voided lines alone and acknowledge them', () => {
    const before = ticket('a', { state: 'voided', items: [item('x', { state: 'voided' })] });
    expect(isVisible(before)).toBe(true);
    const seen = after(before, { action: 'acknowledge' });
    expect(seen && isVisible(seen)).toBe(false);
  });

  it('reach every ticket of an order', () => {
    const tickets = new Map(
      [ticket('a', { order_id: 'o' }), ticket('b', { order_id: 'o' }), ticket('c')].map((t) => [t.id, t]),
    );
    const rushed = withActions(tickets, [{ action_id: 'i', action: 'rush', order_id: 'o' }]);
    expect([...rushed.values()].map((t) => t.rush)).toEqual([true, true, false]);
  });
});

describe('board order', () => {
  it('is rush, then oldest, then held courses', () => {
    const board = [
      ticket('held', { state: 'held' }),
      ticket('new', { fired_at: '2026-11-21T10:09:00Z' }),
      ticket('old', { fired_at: '2026-11-21T10:01:00Z' }),
      ticket('rush', { fired_at: '2026-11-21T10:20:00Z', rush: true }),
    ];
    expect(board.sort(compare).map((t) => t.id)).toEqual(['rush', 'old', 'new', 'held']);
  });
});

describe('news', () => {
  it('is what no cook of the station has seen: new, changed or cancelled', () => {
    expect(newsOf(ticket('a'))).toBe('new');
    expect(newsOf(ticket('a', { state: 'cooking' }))).toBe('changed');
    expect(newsOf(ticket('a', { state: 'voided', items: [item('x', { state: 'voided' })] }))).toBe('cancelled');
    expect(newsOf(ticket('a', { items: [item('x', { state: 'voided' }), item('y')] }))).toBe('cancelled');
    expect(newsOf(ticket('a', { items: [item('x', { state: 'voided', acknowledged: true }), item('y')] }))).toBe('new');
  });

  it('ends for all screens with the first act of any', () => {
    expect(newsOf(ticket('a', { seen: true }))).toBeNull();
    for (const action of ['see', 'start', 'bump', 'rush', 'acknowledge', 'refuse_cancel'] as const) {
      expect(after(ticket('a'), { action })?.seen).toBe(true);
    }
  });

  it('asks only where this kitchen is to answer', () => {
    const asked = ticket('a', { state: 'cooking', cancel_requested: true });
    expect([
      asksKitchen({ ...asked, cancel_decider: 'kitchen' }),
      newsOf({ ...asked, cancel_decider: 'kitchen' }),
    ]).toEqual([true, 'cancelled']);
    expect([asksKitchen({ ...asked, cancel_decider: 'floor' }), newsOf({ ...asked, cancel_decider: 'floor' })]).toEqual(
      [false, 'changed'],
    );
  });
});

describe('all-day counts', () => {
  it('count what is still to be made, per item and modifier', () => {
    const board = [
      ticket('a', {
        items: [item('x', { quantity: 2, modifiers: ['Butter'] }), item('y', { state: 'ready', quantity: 9 })],
      }),
      ticket('b', {
        state: 'cooking',
        items: [item('z', { state: 'cooking' }), item('w', { name: 'Roti', quantity: 5 })],
      }),
      ticket('c', { state: 'held', items: [item('v', { state: 'held' })] }),
    ];
    expect(allDay(board)).toEqual([
      { name: 'Roti', quantity: 5, modifiers: [] },
      { name: 'Naan', quantity: 3, modifiers: [{ name: 'Butter', quantity: 2 }] },
    ]);
  });
});

describe('age and keys', () => {
  it('turns amber and red at the thresholds', () => {
    expect([479, 480, 900].map((seconds) => age(seconds, 480, 900))).toEqual(['fresh', 'amber', 'red']);
  });

  it('reads a bump bar', () => {
    expect(command('1')).toEqual({ kind: 'select', place: 0 });
    expect(command('0')).toEqual({ kind: 'select', place: 9 });
    expect(command(' ')).toEqual({ kind: 'bump' });
    expect(command('R')).toEqual({ kind: 'recall' });
    expect(command('PageDown')).toEqual({ kind: 'page', by: 1 });
    expect(command('-')).toEqual({ kind: 'size', by: -1 });
    expect(command('q')).toBeNull();
  });
});

describe('what a touch or a key does', () => {
  const STATES: TicketState[] = ['held', 'queued', 'cooking', 'ready', 'served', 'voided'];
  const byState = <T>(of: (state: TicketState) => T): Record<string, T> =>
    Object.fromEntries(STATES.map((state) => [state, of(state)]));

  it('on a line: done, back again, or seen', () => {
    expect(byState((state) => tapOf(item('x', { state })))).toEqual({
      held: 'bump',
      queued: 'bump',
      cooking: 'bump',
      ready: 'recall',
      served: 'bump',
      voided: 'acknowledge',
    });
  });

  it('on its head or by its key: done in one, fired, or seen', () => {
    const finish = { action: 'bump', label: 'done' };
    expect(byState((state) => headAction(ticket('1', { state })))).toEqual({
      held: { action: 'fire', label: 'fire now' },
      queued: finish,
      cooking: finish,
      ready: { action: 'acknowledge', label: 'seen' },
      served: { action: 'acknowledge', label: 'seen' },
      voided: { action: 'acknowledge', label: 'seen' },
    });
  });

  it('on the head of one that nobody started: first start, where the outlet wants to be told', () => {
    const actions = STATES.map((state) => headAction(ticket('1', { state }), true).action);
    expect(actions).toEqual(['fire', 'start', 'bump', 'acknowledge', 'acknowledge', 'acknowledge']);
  });
});

describe('what a ticket shows', () => {
  it('names the table, or how the food leaves', () => {
    expect(destination(ticket('1', { table: 'Table 7', type: 'takeaway' }))).toBe('Table 7');
    expect(destination(ticket('1', { table: null, type: 'takeaway' }))).toBe('Takeaway');
    expect(destination(ticket('1', { table: null }))).toBe('Dine-in');
  });

  it('counts an item as done from ready on', () => {
    const states = (['held', 'queued', 'cooking', 'ready', 'served', 'voided'] as const).filter((state) =>
      isDone(item('x', { state })),
    );
    expect(states).toEqual(['ready', 'served']);
  });

  it('from top to bottom: its note, then its lines', () => {
    const [x, y] = [item('x'), item('y')];
    expect(partsOf(ticket('1', { items: [x, y] }))).toEqual([x, y]);
    expect(partsOf(ticket('1', { items: [x], note: 'no salt' }))).toEqual(['note', x]);
  });

  it('a dish’s own allergens only where a guest can’t eat them', () => {
    const dish = item('x', { allergens: ['milk', 'nuts', 'gluten'] });
    const party = ticket('1', { allergies: ['nuts', 'fish'] });
    expect(dangersOf(ticket('1'), dish)).toEqual([]);
    expect(dangersOf(party, dish)).toEqual(['nuts']);
    const line = { ...dish, allergies: ['milk'] };
    expect(dangersOf(ticket('1'), line)).toEqual(['milk']);
    expect(dangersOf(party, line)).toEqual(['milk', 'nuts']);
  });

  it('its age in five characters at most', () => {
    expect([0, 65, 3599, 3600, 3 * 3600 + 5 * 60, 200 * 3600].map(timer)).toEqual([
      '0:00',
      '1:05',
      '59:59',
      '1h00',
      '3h05',
      '99h00',
    ]);
  });

  it('is called by its token only where food is taken away', () => {
    expect(displayNumber(ticket('1', { order_number: 12 }))).toBe('12');
    expect(displayNumber(ticket('1', { order_number: 12, token: 'T7', type: 'takeaway' }))).toBe('T7');
    expect(displayNumber(ticket('1', { order_number: 12, token: 'T7' }))).toBe('12');
    expect(displayNumber(ticket('1', { order_number: 12, type: 'takeaway' }))).toBe('12');
  });

  it('stands behind older ones, held ones last, and by number where two came together', () => {
    const early = { placed_at: '2026-11-21T09:00:00Z' };
    expect(compare(ticket('1', { number: 2 }), ticket('2', { number: 5 }))).toBeLessThan(0);
    expect(compare(ticket('1', { number: 5 }), ticket('2', { number: 2 }))).toBeGreaterThan(0);
    expect(compare(ticket('1', { state: 'held', ...early }), ticket('2'))).toBeGreaterThan(0);
    expect(compare(ticket('1'), ticket('2', { state: 'held', ...early }))).toBeLessThan(0);
    expect(compare(ticket('1', early), ticket('2'))).toBeLessThan(0);
  });
});

describe('actions that wait', () => {
  it('leave all as it is where there are none, without a copy', () => {
    const tickets = new Map([['1', ticket('1')]]);
    expect(withActions(tickets, [])).toBe(tickets);
  });

  it('set and take away the rush', () => {
    expect(after(ticket('1'), { action: 'rush' })?.rush).toBe(true);
    expect(after(ticket('1', { rush: true }), { action: 'unrush' })).toEqual(ticket('1', { seen: true }));
  });

  it('acknowledge voided items only, and leave the rest of the ticket', () => {
    const before = ticket('1', { items: [item('x', { state: 'voided' }), item('y')] });
    expect(after(before, { action: 'acknowledge' })).toEqual({
      ...before,
      seen: true,
      items: [item('x', { state: 'voided', acknowledged: true }), item('y')],
    });
  });

  it('answer a wish to cancel and change nothing else', () => {
    const items = [item('x', { state: 'voided' })];
    const asked = ticket('1', { cancel_requested: true, cancel_decider: 'kitchen', items });
    expect(after(asked, { action: 'refuse_cancel' })).toEqual(ticket('1', { seen: true, items }));
  });
});

it('counts nothing of a ticket that is not being made', () => {
  const ready = ticket('1', { state: 'ready', items: [item('x')] });
  expect(allDay([ready])).toEqual([]);
  expect(allDay([ticket('2', { state: 'cooking', items: [item('x')] })])).toEqual([
    { name: 'Naan', quantity: 1, modifiers: [] },
  ]);
});
