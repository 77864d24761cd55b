import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '$lib/api/error';
import { clock } from '$lib/clock.svelte';
import type { NewOrder, Order } from '$lib/types';
import { TabStorage } from '../../../tests/tabs';
import { add, requestLines } from './cart';
import { ASK_FOR_MS, CartChanged, CartStore } from './cart-store.svelte';
import type { Cart, PendingOrder } from './sending';

const dish = (item: string) => ({
  item_id: item,
  name: item,
  variant_id: `v-${item}`,
  modifiers: [],
  quantity: 1,
  allergies: [],
  note: '',
  course: 1,
});
const compose = (cart: Cart): NewOrder => ({
  type: 'dine_in',
  lines: requestLines(cart.lines),
  expected_total_paise: cart.lines.length * 100,
});
const lost = (): never => {
  throw ApiError.offline(null);
};
const soldOut = (): never => {
  throw new ApiError(409, 'sold-out', 'Sold out', 'Sold out');
};

/** One tab: its cart, what it sent, and what it was told. */
function tab(storage: TabStorage, sender = 'guest') {
  const sent: PendingOrder[] = [];
  const answers: (() => Order)[] = [];
  const arrived: (Order | null)[] = [];
  const refused: unknown[] = [];
  const cart = new CartStore({
    key: 'cart',
    storage,
    sender: () => sender,
    post: async (pending) => {
      sent.push(pending);
      return (answers.shift() ?? (() => ({ id: pending.key }) as Order))();
    },
    onArrived: (order) => arrived.push(order),
    onRefused: (error) => refused.push(error),
  });
  return { cart, sent, answers, arrived, refused };
}

function filled(storage = new TabStorage()) {
  const one = tab(storage);
  one.cart.edit((lines) => add(lines, dish('naan')));
  return { storage, one };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('a cart in two tabs', () => {
  it('has the dishes of both, also of the one that heard nothing', () => {
    const { storage, one } = filled();
    const asleep = tab(storage.anotherTab(true));
    asleep.cart.edit((lines) => add(lines, dish('dal')));
    one.cart.edit((lines) => add(lines, dish('rice')));
    expect(one.cart.lines.map((line) => line.item_id)).toEqual(['naan', 'dal', 'rice']);
  });

  it('is not sent again by a tab that has not heard of its sending', async () => {
    const { storage, one } = filled();
    const asleep = tab(storage.anotherTab(true));
    expect(asleep.cart.lines).toHaveLength(1);
    await one.cart.send(compose);
    await expect(asleep.cart.send(compose)).rejects.toBeInstanceOf(CartChanged);
    expect(asleep.sent).toEqual([]);
  });

  it('goes under one key when both send at the same moment', async () => {
    const { storage, one } = filled();
    const two = tab(storage.anotherTab());
    const [first, second] = [one.cart.send(compose), two.cart.send(compose)];
    await Promise.all([first, second]);
    expect(one.sent[0]?.key).toBe(two.sent[0]?.key);
    expect(one.sent[0]?.body).toEqual(two.sent[0]?.body);
    expect(one.cart.lines).toEqual([]);
  });

  it('tells the other tab that it was ordered', async () => {
    const { storage, one } = filled();
    const two = tab(storage.anotherTab());
    await one.cart.send(compose);
    expect(two.arrived).toEqual([null]);
    expect(two.cart.lines).toEqual([]);
  });

  it('is not sent as it was when it changed while its price was asked', async () => {
    const { storage, one } = filled();
    const two = tab(storage.anotherTab());
    const sending = one.cart.send(async (cart) => {
      two.cart.edit((lines) => add(lines, dish('dal')));
      return compose(cart);
    });
    await expect(sending).rejects.toBeInstanceOf(CartChanged);
    expect(one.sent).toEqual([]);
  });
});

describe('an order without an answer', () => {
  it('goes again under the same key and with the same body, however often', async () => {
    const { one } = filled();
    one.answers.push(lost, lost);
    await expect(one.cart.send(compose)).rejects.toThrow();
    await expect(one.cart.send(compose)).rejects.toThrow();
    one.cart.edit((lines) => add(lines, dish('dal')));
    await one.cart.send(compose);
    expect(one.sent).toHaveLength(3);
    expect(new Set(one.sent.map((pending) => JSON.stringify(pending))).size).toBe(1);
  });

  it('gives the next order another key', async () => {
    const { one } = filled();
    await one.cart.send(compose);
    one.cart.edit((lines) => add(lines, dish('dal')));
    await one.cart.send(compose);
    expect(new Set(one.sent.map((pending) => pending.key)).size).toBe(2);
  });

  it('finds out by itself that it arrived', async () => {
    const { one } = filled();
    one.answers.push(lost, lost);
    await expect(one.cart.send(compose)).rejects.toThrow();
    await vi.advanceTimersByTimeAsync(4000);
    expect(one.arrived).toEqual([{ id: one.sent[0]?.key }]);
    expect([one.cart.pending, one.cart.lines]).toEqual([null, []]);
  });

  it('finds out by itself that it was refused, and gives the cart back', async () => {
    const { one } = filled();
    one.answers.push(lost, soldOut);
    await expect(one.cart.send(compose)).rejects.toThrow();
    await vi.advanceTimersByTimeAsync(1500);
    expect(one.refused).toHaveLength(1);
    expect(one.cart.lines).toHaveLength(1);
    one.cart.edit((lines) => add(lines, dish('dal')));
    expect(one.cart.lines).toHaveLength(2);
  });

  it('is asked for by the tab that is left when the other one is closed', async () => {
    const { storage, one } = filled();
    const two = tab(storage.anotherTab());
    one.answers.push(lost);
    await expect(one.cart.send(compose)).rejects.toThrow();
    one.cart.close();
    await vi.advanceTimersByTimeAsync(1500);
    expect(two.sent.map((pending) => pending.key)).toEqual([one.sent[0]?.key]);
  });

  it('is not sent for the first time long after the guest gave up', async () => {
    const { one } = filled();
    one.answers.push(lost);
    await expect(one.cart.send(compose)).rejects.toThrow();
    vi.setSystemTime(Date.now() + ASK_FOR_MS + 1000);
    await one.cart.resolve();
    expect(one.sent).toHaveLength(1);
    await one.cart.send(compose);
    expect(one.sent).toHaveLength(2);
  });

  it('is never repeated by another person, for whom the key would be new', async () => {
    const { storage, one } = filled();
    one.answers.push(lost);
    await expect(one.cart.send(compose)).rejects.toThrow();
    one.cart.close();
    const next = tab(storage.anotherTab(), 'somebody else');
    await next.cart.resolve();
    expect(next.sent).toEqual([]);
    next.cart.release();
    expect(next.cart.lines).toHaveLength(1);
    await next.cart.send(compose);
    expect(next.sent[0]?.key).not.toBe(one.sent[0]?.key);
  });

  it('is found in the list of orders', async () => {
    const { one } = filled();
    one.answers.push(lost);
    await expect(one.cart.send(compose)).rejects.toThrow();
    const order = {
      placed_at: new Date(clock.server()).toISOString(),
      lines: [{ variant_id: 'v-naan', quantity: 1, course: 1, modifiers: [] }],
    } as unknown as Order;
    one.cart.compare([order]);
    expect([one.arrived, one.cart.lines]).toEqual([[order], []]);
  });
});
