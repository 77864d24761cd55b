import { describe, expect, it } from 'vitest';
import type { KitchenAction } from '../src/lib/types';
import { withPending } from '../src/expo/pending';
import { command } from '../src/expo/keys';
import { item, ticket } from './tickets';

const act = (action: KitchenAction['action']): KitchenAction[] => [{ action_id: 'a', action, order_id: 'order' }];
const board = (...tickets: ReturnType<typeof ticket>[]) => new Map(tickets.map((each) => [each.id, each]));

describe('what was tapped at the pass and is not answered yet', () => {
  const ready = ticket('one', { order_id: 'order', state: 'ready', items: [item('a', { state: 'ready' })] });
  const half = ticket('two', {
    order_id: 'order',
    state: 'cooking',
    items: [item('b', { state: 'ready' }), item('c', { state: 'cooking' })],
  });
  const other = ticket('three', { order_id: 'another', state: 'ready', items: [item('d', { state: 'ready' })] });

  it('handed over leaves the pass, what is missing stays', () => {
    const after = withPending(board(ready, half, other), act('hand_over'));
    expect([...after.keys()]).toEqual(['two', 'three']);
    expect(after.get('two')?.items.map((each) => each.id)).toEqual(['c']);
  });

  it('fires the next course only', () => {
    const held = (id: string, course: number) =>
      ticket(id, { order_id: 'order', course, state: 'held', items: [item(id, { state: 'held' })] });
    const after = withPending(board(held('two', 2), held('three', 3)), act('fire'));
    expect([after.get('two')?.state, after.get('three')?.state]).toEqual(['queued', 'held']);
  });

  it('rushes, clears and keeps what it names', () => {
    const asked = { ...half, cancel_requested: true, cancel_decider: 'floor' as const };
    expect(withPending(board(asked), act('rush')).get('two')?.rush).toBe(true);
    expect(withPending(board({ ...asked, rush: true }), act('unrush')).get('two')?.rush).toBe(false);
    expect(withPending(board(asked), act('refuse_cancel')).get('two')?.cancel_decider).toBeNull();
    const voided = ticket('gone', { order_id: 'order', state: 'voided', items: [item('x', { state: 'voided' })] });
    expect(withPending(board(voided), act('clear')).size).toBe(0);
    expect(withPending(board(other), act('clear')).size).toBe(1);
  });
});

describe('the keys of the pass', () => {
  it('select by digit, and mean one thing each', () => {
    expect(command('1')).toEqual({ kind: 'select', place: 0 });
    expect(command('0')).toEqual({ kind: 'select', place: 9 });
    expect([command('Enter')?.kind, command(' ')?.kind]).toEqual(['hand_over', 'hand_over']);
    expect([command('F')?.kind, command('h')?.kind, command('x')]).toEqual(['rush', 'fire', null]);
  });
});
