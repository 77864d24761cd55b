// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError, toasts } from '$lib';
import { deviceStorage } from '$lib/storage.svelte';
import type { Bill, NewOrder, Order, Quote, Table } from '$lib/types';

// jsdom measures nothing, and has no media to match.
vi.hoisted(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: () => undefined }));
});
const { default: SittingPanel } = await import('./SittingPanel.svelte');
const { default: TakeOrder } = await import('./TakeOrder.svelte');
const { WaiterStore } = await import('./waiter-store.svelte');

const ORDER = { id: 'o7', number: 7, bill_id: 'b7' } as Order;
const TABLE = { id: 't1', name: 'Table 1', seats: 4, bills: [], sitting: { id: 's1', covers: 2, waiting: [] } };

/** A tablet whose server answers when the test says so. */
function tablet() {
  const store = new WaiterStore();
  const sent: NewOrder[] = [];
  const read: string[] = [];
  let answer: (order: Order) => void = () => undefined;
  let refuse: () => void = () => undefined;
  let done: () => void = () => undefined;
  let bills: (found: Bill) => void = () => undefined;
  store.quote = () => Promise.resolve({ totals: { total_paise: 100 } } as Quote);
  store.place = (body) => {
    sent.push(body);
    return new Promise((resolve, reject) => {
      answer = resolve;
      refuse = () => reject(new ApiError(409, 'item-unavailable', 'Gone', 'Naan is gone.'));
    });
  };
  vi.spyOn(store.api, 'post').mockImplementation(
    () => new Promise((resolve) => (done = () => resolve(undefined as never))),
  );
  vi.spyOn(store.api, 'get').mockImplementation(((_: string, given: { params: { path: { bill_id: string } } }) => {
    read.push(given.params.path.bill_id);
    return new Promise((resolve) => (bills = resolve as typeof bills));
  }) as never);
  store.tables = [TABLE as unknown as Table];
  return {
    store,
    sent,
    read,
    answer: () => answer(ORDER),
    refuse: () => refuse(),
    done: () => done(),
    bills: (found: Bill) => bills(found),
  };
}

async function settle(): Promise<void> {
  for (let n = 0; n < 5; n += 1) await new Promise((resolve) => setTimeout(resolve, 0));
}

beforeEach(() => {
  cleanup();
  deviceStorage.removeItem('rasoi.waiter.draft.t1');
  history.replaceState(null, '', '/');
  toasts.items = [];
});

describe('an order that is answered late', () => {
  async function sending(billId: string | null = null) {
    const here = tablet();
    here.store.go({ kind: 'order', tableId: 't1', billId }, true);
    render(TakeOrder, { store: here.store, tableId: 't1' });
    here.store.drafts.of('t1').add({ ...dish(), course: 1 } as never);
    await settle();
    await fireEvent.click(screen.getByTestId('send-order'));
    await settle();
    return here;
  }

  const dish = () => ({
    item_id: 'naan',
    name: 'Naan',
    variant_id: 'v',
    modifiers: [],
    quantity: 1,
    allergies: [],
    note: '',
  });

  it('opens its bill where the waiter has stayed', async () => {
    const { store, answer } = await sending();
    answer();
    await settle();
    expect(store.view).toEqual({ kind: 'bill', tableId: 't1', billId: 'b7' });
  });

  it.each([{ kind: 'tables' } as const, { kind: 'order', tableId: 't2', billId: null } as const])(
    'takes nobody out of the view that they went to: %o',
    async (elsewhere) => {
      const { store, answer } = await sending();
      store.go(elsewhere, true);
      cleanup();
      answer();
      await settle();
      expect(store.view).toEqual(elsewhere);
      expect(toasts.items.map(({ text }) => text)).toEqual(['Order 7 for Table 1 was sent.']);
    },
  );

  const billOf = (id: string, allergies: string[]) =>
    ({ id, status: 'open', orders: [{ id: `o-${id}`, status: 'confirmed', allergies }] }) as unknown as Bill;

  it('is told of where it is refused after its view was left', async () => {
    const { store, refuse } = await sending();
    store.go({ kind: 'tables' }, true);
    cleanup();
    refuse();
    await vi.waitFor(() => expect(toasts.items.map(({ text }) => text)).toHaveLength(1));
    expect(toasts.items[0]?.text).toContain('The order for Table 1 was not taken.');
  });

  it('goes with the allergies of its own party, whichever table is in view by then', async () => {
    const { store, sent, read, bills } = await sending('b7');
    store.go({ kind: 'tables' }, true);
    store.bills = [billOf('b9', ['egg'])];
    bills(billOf('b7', ['nuts']));
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    expect(read).toContain('b7');
    expect(sent[0]?.allergies).toEqual(['nuts']);
  });
});

describe('a table that is cleared', () => {
  async function clearing() {
    const here = tablet();
    here.store.go({ kind: 'bill', tableId: 't1', billId: null }, true);
    render(SittingPanel, { store: here.store, table: TABLE as unknown as Table });
    await fireEvent.click(screen.getByTestId('clear-table'));
    return here;
  }

  it('leads back to the floor', async () => {
    const { store, done } = await clearing();
    done();
    await vi.waitFor(() => expect(store.view).toEqual({ kind: 'tables' }));
  });

  it('takes nobody out of the view that they went to', async () => {
    const { store, done } = await clearing();
    const elsewhere = { kind: 'order', tableId: 't2', billId: null } as const;
    store.go(elsewhere, true);
    done();
    await settle();
    await settle();
    expect(store.view).toEqual(elsewhere);
  });
});
