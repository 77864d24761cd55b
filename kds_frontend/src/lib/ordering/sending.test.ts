import { describe, expect, it } from 'vitest';
import { ApiError } from '$lib/api/error';
import type { NewLine, NewOrder, Order } from '$lib/types';
import { NOTHING_TOLD } from './allergies';
import { arrivedAs, emptyCart, isFinalRefusal, outcomeOf, finishSending, startSending } from './sending';

const body = (total: number): NewOrder => ({ type: 'dine_in', lines: [], expected_total_paise: total });
const line = {
  ...{ item_id: 'i', variant_id: 'v', modifiers: [], quantity: 2, note: '', course: 1, key: 'k' },
  name: 'Naan',
  allergies: [],
};

describe('sending a cart', () => {
  it('begins with nothing in it', () => {
    expect(emptyCart('c')).toEqual({
      id: 'c',
      lines: [],
      held: [],
      note: '',
      told: NOTHING_TOLD,
      name: '',
      pending: null,
    });
  });

  it('keeps body and key while the answer is unknown', () => {
    const sent = startSending(emptyCart('cart-1'), body(100), 'guest', 1);
    expect(sent.pending).toEqual({ key: 'cart-1', body: body(100), since: 1, sender: 'guest' });
    expect(startSending(sent, body(200), 'guest', 2)).toBe(sent);
  });

  it('empties the cart that was placed, and gives the next one a key of its own', () => {
    const sent = startSending({ ...emptyCart('cart-1'), lines: [line], note: 'x', name: 'Asha' }, body(1), 'guest', 1);
    expect(finishSending(sent, 'cart-1', 'placed', 'cart-2')).toEqual({ ...emptyCart('cart-2'), name: 'Asha' });
  });

  it('gives back the cart that was refused, under its own key: a late first try can not double it', () => {
    const cart = { ...emptyCart('cart-1'), lines: [line] };
    expect(finishSending(startSending(cart, body(1), 'guest', 1), 'cart-1', 'refused', 'cart-2')).toEqual(cart);
  });

  it('takes a new key where the old one was used by an earlier try', () => {
    const cart = { ...emptyCart('cart-1'), lines: [line] };
    expect(finishSending(startSending(cart, body(1), 'guest', 1), 'cart-1', 'used', 'cart-2')).toEqual({
      ...cart,
      id: 'cart-2',
    });
  });

  it('leaves a cart alone that another tab has finished', () => {
    const next = { ...emptyCart('cart-2'), lines: [line] };
    expect(finishSending(next, 'cart-1', 'placed', 'cart-3')).toBe(next);
  });
});

describe('an error', () => {
  it('is a refusal when it says why, and nothing else', () => {
    expect(isFinalRefusal(400, 'invalid')).toBe(true);
    expect(isFinalRefusal(422, 'invalid')).toBe(true);
    expect(isFinalRefusal(409, 'sold-out')).toBe(true);
    expect(isFinalRefusal(409, 'in-progress')).toBe(false);
    for (const status of [0, 401, 408, 429, 500, 503]) expect(isFinalRefusal(status, '')).toBe(false);
  });

  it('leaves the order unknown where it says nothing of it', () => {
    expect(outcomeOf(new TypeError('x'))).toBe('unknown');
    expect(outcomeOf(Object.assign(new Error('not the server’s'), { status: 422, slug: 'invalid' }))).toBe('unknown');
    expect(outcomeOf(ApiError.offline(null))).toBe('unknown');
    expect(outcomeOf(new ApiError(409, 'sold-out', '', ''))).toBe('refused');
    expect(outcomeOf(new ApiError(422, 'idempotency-key-reused', '', ''))).toBe('used');
  });
});

describe('an order that arrived', () => {
  const pending = {
    key: 'k',
    sender: 's',
    since: Date.parse('2026-11-29T10:00:00Z'),
    body: { ...body(1), lines: [{ variant_id: 'a', quantity: 1, modifiers: ['m2', 'm1'], course: 1 }] },
  };
  const order = (placed_at: string, quantity = 1): Order =>
    ({
      placed_at,
      lines: [{ variant_id: 'a', quantity, course: 1, modifiers: [{ id: 'm1' }, { id: 'm2' }] }],
    }) as unknown as Order;

  it('is known by its lines and its time', () => {
    const same = order('2026-11-29T10:00:01Z');
    expect(arrivedAs(pending, [order('2026-11-29T10:00:02Z', 2), same])).toBe(same);
  });

  it('is not an equal one of before', () => {
    expect(arrivedAs(pending, [order('2026-11-29T09:59:50Z')])).toBeNull();
  });

  it('may be as much older as the clocks may differ', () => {
    expect(arrivedAs(pending, [order('2026-11-29T09:59:57Z')])).not.toBeNull();
    expect(arrivedAs(pending, [order('2026-11-29T09:59:56.999Z')])).toBeNull();
  });

  describe('with the same lines', () => {
    const sent = (...lines: NewLine[]) => ({ ...pending, body: { ...body(1), lines } });
    const stored = (...lines: object[]): Order => ({ placed_at: '2026-11-29T10:00:01Z', lines }) as unknown as Order;
    const naan = { variant_id: 'a', quantity: 1 };
    const dal = { variant_id: 'b', quantity: 2 };
    const first = { course: 1, modifiers: [] };

    it('in any order, and without what goes without saying', () => {
      const order = stored({ ...dal, ...first }, { ...naan, ...first });
      expect(arrivedAs(sent(naan, dal), [order])).toBe(order);
    });

    it('and not with another choice, or in another course', () => {
      const chosen = sent({ ...naan, modifiers: ['hot'] });
      expect(arrivedAs(chosen, [stored({ ...naan, course: 1, modifiers: [{ id: 'mild' }] })])).toBeNull();
      expect(arrivedAs(chosen, [stored({ ...naan, ...first })])).toBeNull();
      expect(arrivedAs(sent({ ...naan, course: 2 }), [stored({ ...naan, ...first })])).toBeNull();
    });
  });
});
