import { describe, expect, it } from 'vitest';
import { ApiError } from '$lib/api/error';
import { add, type CartLine } from './cart';
import { notToBeHad, priceChanged, soldOut, without } from './refusals';

const lines: CartLine[] = [
  ['a', 'va', 3],
  ['b', 'vb', 1],
].reduce<CartLine[]>(
  (cart, [item, variant, quantity]) =>
    add(cart, {
      item_id: String(item),
      name: String(item).toUpperCase(),
      variant_id: String(variant),
      modifiers: [],
      quantity: Number(quantity),
      note: '',
      course: 1,
      allergies: [],
    }),
  [],
);

describe('refusals', () => {
  it('takes out what is gone and keeps what is left', () => {
    expect(without(lines, [{ item_id: 'b' }]).map((line) => line.item_id)).toEqual(['a']);
    expect(without(lines, [{ source_id: 'va', available: 2 }]).map((line) => line.quantity)).toEqual([2, 1]);
  });

  it('names it', () => {
    const refusal = soldOut(lines, [{ source_id: 'va', available: 2 }, { item_id: 'b' }]);
    expect(refusal.text).toBe('Only 2 of A left, B just sold out. Nothing was ordered yet.');
    expect(refusal.fix).toBe('Go on with the rest');
    expect(soldOut([], [{ item_id: 'x' }]).fix).toBe('Choose something else');
  });

  it('names the dish that is gone from the menu, and goes on without it', () => {
    const gone = new ApiError(422, 'bad-line', '', 'Line 2: this is not on the menu.', [], {
      line: 2,
      variant_id: 'vb',
    });
    const refusal = notToBeHad(lines, gone);
    expect(refusal?.text).toBe('B is no longer on the menu. Nothing was ordered yet.');
    expect(refusal?.cart?.map((line) => line.item_id)).toEqual(['a']);
    const choice = new ApiError(422, 'bad-line', '', 'Line 1: A can’t be had with that choice.', [], { line: 1 });
    expect(notToBeHad(lines, choice)?.text).toBe('A can’t be had with that choice. Nothing was ordered yet.');
    const out = new ApiError(409, 'sold-out', '', '', [], { items: [{ item_id: 'b' }] });
    expect(notToBeHad(lines, out)?.text).toBe('B just sold out. Nothing was ordered yet.');
  });

  it('leaves every other error to others', () => {
    expect(notToBeHad(lines, new ApiError(422, 'bad-line', '', 'An order needs at least one line.'))).toBeNull();
    expect(notToBeHad(lines, new ApiError(422, 'bad-line', '', 'Line 9', [], { line: 9 }))).toBeNull();
    expect(notToBeHad(lines, ApiError.offline(null))).toBeNull();
  });

  it('tells both prices', () => {
    expect(priceChanged(10000, 12050).text).toContain('₹120.50 instead of ₹100.00');
  });
});
