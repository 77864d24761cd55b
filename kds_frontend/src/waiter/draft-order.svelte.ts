import { ofParty, type Allergen } from '$lib/ordering/allergies';
import { add, count, price, requestLines, type CartLine, type Choice } from '$lib/ordering/cart';
import { CartStore } from '$lib/ordering/cart-store.svelte';
import type { Cart } from '$lib/ordering/sending';
import type { StorageArea } from '$lib/storage.svelte';
import type { Menu, NewOrder, Order, Quote, QuoteRequest } from '$lib/types';

/** What an order that is being written down needs of the waiter's screen around it. */
export interface DraftContext {
  readonly menu: Menu | null;
  /** The person who sends. */
  sender(): string;
  quote(request: QuoteRequest): Promise<Quote>;
  place(body: NewOrder, key: string): Promise<Order>;
  /** The orders of a table, or of the counter, that are on their way. */
  recentOrders(tableId: string | null): Promise<Order[]>;
  /** An order without an answer turned out to stand, or to be refused. */
  onArrived(tableId: string | null, order: Order | null): void;
  onRefused(tableId: string | null, error: unknown): void;
}

const PREFIX = 'rasoi.waiter.draft.';
const TAKEAWAY = 'takeaway';

/** What a waiter has written down for one table and not sent yet; kept on the tablet until it is. */
export class DraftOrder {
  readonly cart: CartStore;
  course = $state(1);

  constructor(
    private readonly waiter: DraftContext,
    private readonly tableId: string | null,
    storage?: StorageArea,
  ) {
    this.cart = new CartStore({
      key: `${PREFIX}${tableId ?? TAKEAWAY}`,
      sender: () => waiter.sender(),
      post: ({ body, key }) => waiter.place(body, key),
      onArrived: (order) => waiter.onArrived(tableId, order),
      onRefused: (error) => waiter.onRefused(tableId, error),
      ...(storage ? { storage } : {}),
    });
  }

  /** The tables with something written down on this tablet; null stands for takeaway. */
  static stored(storage: Pick<StorageArea, 'key' | 'length'>): (string | null)[] {
    const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '');
    return keys
      .filter((key) => key.startsWith(PREFIX))
      .map((key) => key.slice(PREFIX.length))
      .map((id) => (id === TAKEAWAY ? null : id));
  }

  readonly courses = $derived.by(() =>
    [...new Set([1, ...this.cart.lines.map((line) => line.course), this.course])].sort((a, b) => a - b),
  );
  readonly count = $derived.by(() => count(this.cart.lines));
  readonly priced = $derived.by(() => (this.waiter.menu ? price(this.cart.lines, this.waiter.menu) : []));
  readonly fault = $derived(this.priced.find((entry) => entry.fault) ?? null);

  edit(make: (lines: CartLine[]) => CartLine[]): void {
    this.cart.edit(make);
  }

  /** Later courses are held unless the waiter says otherwise. */
  add(choice: Choice): void {
    const { course } = this;
    if (course > 1 && !this.cart.lines.some((line) => line.course === course)) this.cart.hold(course, true);
    this.edit((lines) => add(lines, { ...choice, course }));
  }

  /**
   * Asks for the price, then sends only what is new; an unanswered sending is repeated unchanged.
   * `known` is what the bill says of the party's allergies.
   */
  async send(billId: string | null, known: readonly Allergen[] = []): Promise<Order> {
    await this.takeOver();
    const order = await this.cart.send((cart) => this.compose(cart, billId, known));
    this.cart.name = '';
    this.course = 1;
    return order;
  }

  /** What another person sent is looked for among the orders: for this one its key would be new. */
  private async takeOver(): Promise<void> {
    const { pending } = this.cart;
    if (!pending || this.cart.mine(pending)) return;
    this.cart.compare(await this.waiter.recentOrders(this.tableId));
    this.cart.release();
  }

  private async compose(cart: Cart, billId: string | null, known: readonly Allergen[]): Promise<NewOrder> {
    const request = {
      type: this.tableId ? ('dine_in' as const) : ('takeaway' as const),
      lines: requestLines(cart.lines),
      ...(billId ? { bill_id: billId } : {}),
    };
    const quote = await this.waiter.quote(request);
    const used = new Set(cart.lines.map((line) => line.course));
    const held = cart.held.filter((course) => used.has(course));
    const allergies = ofParty(cart.told, known);
    const [note, name] = [cart.note.trim(), cart.name.trim()];
    return {
      ...request,
      expected_total_paise: quote.totals.total_paise,
      ...(this.tableId ? { table_id: this.tableId } : {}),
      ...(held.length ? { held_courses: held } : {}),
      ...(allergies.length ? { allergies } : {}),
      ...(note ? { note } : {}),
      ...(name && !this.tableId ? { customer_name: name } : {}),
    };
  }
}
