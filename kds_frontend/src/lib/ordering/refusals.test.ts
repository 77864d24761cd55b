import { describe, expect, it } from 'vitest';
import { add, type CartLine } from './cart';
import { priceChanged, soldOut, without } from './refusals';

const lines: CartLine[] = [
  ['a', 'va', 3],
  ['b', 'vb', 1],
].reduce<CartLine[]>(
  (cart, [item, variant, quantity]) =>
    add(cart, {
      item_id: String(item),
      variant_id: String(variant),
      modifiers: [],
      quantity: Number(quantity),
      note: '',
      course: 1,
    }),
  [],
);
const name = (line: CartLine): string => line.item_id.toUpperCase();

describe('refusals', () => {
  it('takes out what is gone and keeps what is left', () => {
    expect(without(lines, [{ item_id: 'b' }]).map((line) => line.item_id)).toEqual(['a']);
    expect(without(lines, [{ source_id: 'va', available: 2 }]).map((line) => line.quantity)).toEqual([2, 1]);
  });

  it('names it', () => {
    const refusal = soldOut(lines, [{ source_id: 'va', available: 2 }, { item_id: 'b' }], name);
    expect(refusal.text).toBe('Only 2 of A left, B just sold out. Nothing was ordered yet.');
    expect(refusal.fix).toBe('Go on with the rest');
    expect(soldOut([], [{ item_id: 'x' }], name).fix).toBe('Choose something else');
  });

  it('tells both prices', () => {
    expect(priceChanged(10000, 12050).text).toContain('₹120.50 instead of ₹100.00');
  });
});
