import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '$lib/api/error';
import type { NewOrder, Order, Quote } from '$lib/types';
import { TabStorage } from '../../tests/tabs';
import { tell } from '$lib/ordering/allergies';
import { DraftOrder, type DraftContext } from './draft-order.svelte';

const dish = (item: string, course = 1) => ({
  item_id: item,
  name: item,
  variant_id: `v-${item}`,
  modifiers: [],
  quantity: 1,
  allergies: [],
  note: '',
  course,
});

/** A waiter whose first sendings get these answers, and then orders. */
function waiter(sender = 'ravi', answers: ApiError[] = []) {
  const sent: { body: NewOrder; key: string }[] = [];
  const arrived: (Order | null)[] = [];
  const orders: Order[] = [];
  let quotes = 0;
  const context: DraftContext = {
    menu: null,
    sender: () => sender,
    quote: () => Promise.resolve({ totals: { total_paise: (quotes += 1) } } as unknown as Quote),
    place: (body, key) => {
      sent.push({ body, key });
      const answer = answers.shift();
      return answer ? Promise.reject(answer) : Promise.resolve({ number: 7 } as Order);
    },
    recentOrders: () => Promise.resolve(orders),
    onArrived: (_table, order) => arrived.push(order),
    onRefused: () => undefined,
  };
  return { context, sent, arrived, orders };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("a waiter's order", () => {
  it('has one key and one body for every try of one sending, and another for the next order', async () => {
    const { context, sent } = waiter('ravi', [ApiError.offline(null), ApiError.offline(null)]);
    const draft = new DraftOrder(context, 't1', new TabStorage());
    draft.add(dish('naan'));
    await expect(draft.send(null)).rejects.toThrow();
    await expect(draft.send('b1')).rejects.toThrow();
    await draft.send('b1');
    expect(sent).toHaveLength(3);
    expect(new Set(sent.map((each) => JSON.stringify(each))).size).toBe(1);
    draft.add(dish('dal'));
    await draft.send('b1');
    expect(sent[3]?.key).not.toBe(sent[0]?.key);
  });

  it('finds out by itself, and is there again after a reload', async () => {
    const storage = new TabStorage();
    const { context, sent } = waiter('ravi', [ApiError.offline(null)]);
    const draft = new DraftOrder(context, null, storage);
    draft.add(dish('naan'));
    await expect(draft.send(null)).rejects.toThrow();
    draft.cart.close();
    const next = waiter();
    expect(DraftOrder.stored(storage)).toEqual([null]);
    await new DraftOrder(next.context, null, storage).cart.resolve();
    expect(next.sent).toEqual(sent);
    expect(next.arrived).toHaveLength(1);
  });

  it('is looked for among the orders before another waiter sends it anew', async () => {
    const storage = new TabStorage();
    const { context } = waiter('ravi', [ApiError.offline(null)]);
    const draft = new DraftOrder(context, 't1', storage);
    draft.add(dish('naan'));
    await expect(draft.send(null)).rejects.toThrow();
    draft.cart.close();
    const sana = waiter('sana');
    sana.orders.push({
      placed_at: new Date().toISOString(),
      lines: [{ variant_id: 'v-naan', quantity: 1, course: 1, modifiers: [], allergies: [] }],
    } as unknown as Order);
    const hers = new DraftOrder(sana.context, 't1', storage);
    await expect(hers.send(null)).rejects.toThrow();
    expect([sana.sent, sana.arrived.length, hers.count]).toEqual([[], 1, 0]);
  });

  it('sends the table, the held courses that are used, and notes that say something', async () => {
    const { context, sent } = waiter();
    const draft = new DraftOrder(context, 't1', new TabStorage());
    draft.add(dish('naan'));
    draft.course = 2;
    draft.add(dish('dal'));
    draft.cart.hold(3, true);
    draft.cart.note = '  ';
    await draft.send('b1');
    expect(sent[0]?.body).toEqual({
      type: 'dine_in',
      table_id: 't1',
      bill_id: 'b1',
      expected_total_paise: 1,
      held_courses: [2],
      lines: [
        { variant_id: 'v-naan', quantity: 1, modifiers: [], course: 1 },
        { variant_id: 'v-dal', quantity: 1, modifiers: [], course: 2 },
      ],
    });
    expect([draft.count, draft.course]).toEqual([0, 1]);
  });

  it('says what the party must not eat, with what its bill says already, and begins anew with the next order', async () => {
    const { context, sent } = waiter();
    const draft = new DraftOrder(context, 't1', new TabStorage());
    draft.add({ ...dish('naan'), allergies: ['soya'] });
    draft.cart.told = tell(draft.cart.told, ['egg', 'nuts'], ['milk', 'nuts']);
    await draft.send('b1', ['milk', 'nuts']);
    draft.add(dish('dal'));
    await draft.send('b1', ['milk']);
    draft.add(dish('dal'));
    await draft.send('b1');
    expect(sent.map(({ body }) => body.allergies)).toEqual([['egg', 'nuts'], ['milk'], undefined]);
    expect(sent.map(({ body }) => body.lines[0]?.allergies)).toEqual([['soya'], undefined, undefined]);
  });

  it('is called by a name only to take away', async () => {
    const { context, sent } = waiter();
    const draft = new DraftOrder(context, null, new TabStorage());
    draft.add(dish('naan'));
    draft.cart.name = ' Asha ';
    await draft.send(null);
    expect(sent[0]?.body).toMatchObject({ type: 'takeaway', customer_name: 'Asha' });
    expect(draft.cart.name).toBe('');
  });
});
