import { ApiError, idempotencyKey } from '$lib';
import type { NewOrder, Order } from '$lib/types';
import * as cart from '$lib/ordering/cart';
import { prepare, isFinalRefusal, type PendingOrder } from '$lib/ordering/sending';
import type { WaiterStore } from './waiter-store.svelte';

interface Stored {
  lines: cart.CartLine[];
  held: number[];
  note: string;
  name: string;
  pending: PendingOrder | null;
}

/** What a waiter has written down for one table and not sent yet; kept on the tablet until it is. */
export class DraftOrder {
  lines = $state.raw<cart.CartLine[]>([]);
  held = $state.raw<number[]>([]);
  note = $state('');
  name = $state('');
  course = $state(1);
  pending = $state.raw<PendingOrder | null>(null);
  sending = $state(false);

  private readonly key: string;

  constructor(
    private readonly store: WaiterStore,
    private readonly tableId: string | null,
  ) {
    this.key = `rasoi.waiter.draft.${tableId ?? 'takeaway'}`;
    const { lines = [], held = [], note = '', name = '', pending = null } = this.read();
    Object.assign(this, { lines, held, note, name, pending });
  }

  readonly courses = $derived([...new Set([1, ...this.lines.map((line) => line.course), this.course])].sort());
  readonly count = $derived(cart.count(this.lines));
  readonly priced = $derived.by(() => (this.store.menu ? cart.price(this.lines, this.store.menu) : []));
  readonly fault = $derived(this.priced.find((entry) => entry.fault) ?? null);

  set(lines: cart.CartLine[]): void {
    if (this.pending) return;
    this.lines = lines;
    this.keep();
  }

  add(choice: cart.Choice): void {
    const { course } = this;
    if (course > 1 && !this.lines.some((line) => line.course === course)) this.hold(course, true);
    this.set(cart.add(this.lines, { ...choice, course }));
  }

  hold(course: number, held: boolean): void {
    this.held = held ? [...new Set([...this.held, course])] : this.held.filter((known) => known !== course);
    this.keep();
  }

  keep(): void {
    const { lines, held, note, name, pending } = this;
    localStorage.setItem(this.key, JSON.stringify({ lines, held, note, name, pending } satisfies Stored));
  }

  /** Asks for the price, then sends only what is new; an unanswered sending is repeated unchanged. */
  async send(billId: string | null): Promise<Order> {
    this.sending = true;
    try {
      const pending = this.pending ?? prepare(null, await this.body(billId), idempotencyKey, Date.now());
      this.pending = pending;
      this.keep();
      const order = await this.store.api.post('/api/orders', { body: pending.body, key: pending.key });
      Object.assign(this, { lines: [], held: [], note: '', name: '', pending: null, course: 1 });
      this.keep();
      return order;
    } catch (error) {
      if (error instanceof ApiError && isFinalRefusal(error.status, error.slug)) this.pending = null;
      this.keep();
      throw error;
    } finally {
      this.sending = false;
    }
  }

  private async body(billId: string | null): Promise<NewOrder> {
    const request = {
      type: this.tableId ? ('dine_in' as const) : ('takeaway' as const),
      lines: cart.requestLines(this.lines),
      ...(billId ? { bill_id: billId } : {}),
    };
    const quote = await this.store.api.post('/api/orders/quote', { body: request });
    const used = new Set(this.lines.map((line) => line.course));
    const held = this.held.filter((course) => used.has(course));
    const name = this.name.trim();
    return {
      ...request,
      expected_total_paise: quote.totals.total_paise,
      ...(this.tableId ? { table_id: this.tableId } : {}),
      ...(held.length ? { held_courses: held } : {}),
      ...(this.note.trim() ? { note: this.note.trim() } : {}),
      ...(name && !this.tableId ? { customer_name: name } : {}),
    };
  }

  private read(): Partial<Stored> {
    try {
      return JSON.parse(localStorage.getItem(this.key) ?? '{}') as Partial<Stored>;
    } catch {
      return {};
    }
  }
}
