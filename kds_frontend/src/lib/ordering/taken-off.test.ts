import { describe, expect, it } from 'vitest';
import type { Order } from '$lib/types';
import { shownQuantity, takenOff } from './taken-off';

const taken = (line_id: string, quantity: number) => ({ line_id, quantity }) as Order['voids'][number];
const order = { voids: [taken('a', 1), taken('b', 2), taken('a', 3)] };

describe('what was taken back of a line', () => {
  it('is that line’s, in the order in which it was taken', () => {
    expect(takenOff(order, { id: 'a' }).map((each) => each.quantity)).toEqual([1, 3]);
    expect(takenOff(order, { id: 'c' })).toEqual([]);
  });

  it('shows what is left, or all that there was', () => {
    expect(shownQuantity(order, { id: 'a', quantity: 2 })).toBe(2);
    expect(shownQuantity(order, { id: 'a', quantity: 0 })).toBe(4);
  });
});
