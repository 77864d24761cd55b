import { type Api, ApiError, builds, GuestSession, Live, toasts, type Change, type Followed } from '$lib';
import { allPages } from '$lib/api/pages';
import { coalesce } from '$lib/coalesce';
import { ofBills, ofParty, tell, type Allergen } from '$lib/ordering/allergies';
import { count, price, requestLines, type CartLine } from '$lib/ordering/cart';
import { CartChanged, CartStore } from '$lib/ordering/cart-store.svelte';
import { MenuSource } from '$lib/ordering/menu-source.svelte';
import { isFinished, newestFirst } from '$lib/ordering/progress';
import { SharedValue } from '$lib/shared-value.svelte';
import type { Bill, Menu, Order, OrderType, QuoteRequest, Visit } from '$lib/types';
import { CheckoutStore } from './checkout-store.svelte';
import { GuestNotifications } from './notifications';
import { emptyGuest, noAllergies, type StoredAllergies, type StoredGuest } from './stored-guest';

const START_AGAIN_MS = 3000;
const WAITING_MS = 3000;
const NO_ANSWER = 'We could not find out whether your last order arrived. Please ask a waiter before you order again.';

/** One guest's visit: who they are, the menu, the cart and the bills, kept over reloads and cuts, and by all tabs. */
export class GuestStore {
  readonly session: GuestSession;
  readonly cart: CartStore;
  readonly stored: SharedValue<StoredGuest>;
  private readonly allergies = new SharedValue<StoredAllergies>('rasoi.order.allergies', { empty: noAllergies });
  readonly checkout: CheckoutStore;
  live = $state.raw<Live | null>(null);
  /** The visit's bills, the newest first: one for the orders that are paid later, one for each that is prepaid. */
  bills = $state.raw<Bill[]>([]);
  /** What this phone may do at its table, and who waits to be let in by it. */
  seat = $state.raw<Visit>({ session_id: '', state: 'seated', sitting_id: null, table: null, waiting: [] });
  /** Why the visit could not begin. */
  private startFault = $state.raw<unknown>(null);
  /** Why the last sending was refused, where that was found out without the guest. */
  refusal = $state.raw<unknown>(null);

  private readonly notifications: GuestNotifications;
  private readonly menuSource: MenuSource;
  private menuFollowed: Followed | null = null;
  private visit: Followed | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private askAgain: ReturnType<typeof setTimeout> | undefined;
  private readonly reload = coalesce(() => void this.visit?.prove(), 120, 1000);

  readonly priced = $derived.by(() => (this.menu ? price(this.cart.lines, this.menu) : []));
  readonly count = $derived.by(() => count(this.cart.lines));
  readonly orders = $derived(newestFirst(this.bills.flatMap((bill) => bill.orders)));
  /** The bill that further orders are added to. */
  readonly openBill = $derived(
    this.bills.find((bill) => bill.status === 'open' && bill.payment === 'pay_later') ?? null,
  );
  readonly mayOrder = $derived(this.seat.state === 'seated' || this.seat.state === 'takeaway');
  /** What the whole party must not eat: told on this phone, or with an order of the visit. */
  readonly party: Allergen[] = $derived.by(() => ofParty(this.told, this.known));
  readonly running = $derived(this.orders.filter((order) => !isFinished(order)));

  /**
   * `onOrdered`: a sending turned out to stand, in this tab or in another.
   * `showsOrder`: the order and its bill are on the screen, so that no message need repeat them.
   */
  constructor(
    tableCode: string | null,
    outletId: number | undefined,
    onOrdered: () => void,
    showsOrder: () => boolean,
  ) {
    this.session = new GuestSession(tableCode, outletId);
    const place = this.session.place;
    this.menuSource = new MenuSource(this.session.api);
    this.stored = new SharedValue(`rasoi.order.guest.${place}`, {
      empty: emptyGuest,
      onRemote: () => this.reloadSoon(),
    });
    this.cart = new CartStore({
      key: `rasoi.order.cart.${place}`,
      sender: () => this.session.info?.session_id ?? '',
      post: ({ body, key }) => this.api.post('/api/orders', { body, key }),
      onArrived: () => {
        this.reloadSoon();
        onOrdered();
      },
      onRefused: (error) => (this.refusal = error),
    });
    this.checkout = new CheckoutStore(this);
    this.notifications = new GuestNotifications(this.session.api, showsOrder, () => this.sessionId);
    builds.busy = () => this.cart.pending !== null || this.checkout.state !== 'idle';
  }

  get api(): Api {
    return this.session.api;
  }

  get menu(): Menu | null {
    return this.menuSource.menu;
  }

  get fault(): unknown {
    return this.startFault ?? this.menuSource.fault;
  }

  get name(): string {
    return this.cart.name;
  }

  /** The outlet's: all times are told in it, wherever the phone believes to be. */
  get timezone(): string | undefined {
    return this.session.info?.outlet.timezone;
  }

  get type(): OrderType {
    return this.session.info?.type ?? 'dine_in';
  }

  /** What the party must not eat from now on. */
  tellParty(wanted: readonly Allergen[]): void {
    const { known, told, sessionId } = this;
    this.allergies.change(() => ({ ...tell(told, wanted, known), visit: sessionId }));
  }

  private get known(): Allergen[] {
    return ofBills(this.bills);
  }

  private get sessionId(): string | null {
    return this.session.info?.session_id ?? null;
  }

  private get told(): StoredAllergies {
    const told = this.allergies.value;
    return told.visit === this.sessionId ? told : { ...told, declined: [] };
  }

  /** Takes the visit up, with what had no answer before a reload. */
  async start(): Promise<void> {
    clearTimeout(this.retry);
    this.startFault = null;
    try {
      await this.session.start();
    } catch (error) {
      this.startFault = error;
      if (error instanceof ApiError && error.temporary)
        this.retry = setTimeout(() => void this.start(), START_AGAIN_MS);
      return;
    }
    this.listen();
    await this.menuFollowed?.idle();
    if (!this.session.signedIn) return this.startAgain();
    const { signed } = this.stored.value;
    if (signed) void this.checkout.confirm(signed);
    await this.cart.resolve().catch(() => undefined);
  }

  /** A visit that ended: a new session by the same code, the cart kept. */
  async startAgain(): Promise<void> {
    this.forgetBills();
    this.live?.close();
    this.live = this.visit = this.menuFollowed = null;
    this.session.end();
    await this.start();
  }

  async answerJoiner(sessionId: string, verb: 'admit' | 'refuse'): Promise<void> {
    const params = { path: { session_id: sessionId } };
    if (verb === 'admit') await this.api.post('/api/sessions/{session_id}/admit', { params });
    else await this.api.post('/api/sessions/{session_id}/refuse', { params });
    await this.refreshBill();
  }

  /** The session was ended: with the visit, whose bills stay to be read, or for another reason. */
  private async revoked(): Promise<void> {
    this.live?.close();
    this.live = this.visit = this.menuFollowed = null;
    await this.loadVisit().catch(() => undefined);
    if (this.mayOrder) await this.startAgain();
  }

  edit(make: (lines: CartLine[]) => CartLine[]): void {
    this.cart.edit(make);
  }

  quoteRequest(lines = this.cart.lines): QuoteRequest {
    const request = { type: this.type, lines: requestLines(lines) };
    return this.openBill ? { ...request, bill_id: this.openBill.id } : request;
  }

  /** Sends the cart with the total that the guest saw; what was sent and not answered goes first. */
  async place(expected: number): Promise<Order> {
    this.refusal = null;
    const order = await this.cart.send((cart) => {
      const [note, name] = [cart.note.trim(), cart.name.trim()];
      return {
        ...this.quoteRequest(cart.lines),
        expected_total_paise: expected,
        ...(this.party.length ? { allergies: this.party } : {}),
        ...(note ? { note } : {}),
        ...(name && this.type === 'takeaway' ? { customer_name: name } : {}),
      };
    });
    await this.refreshBill();
    return order;
  }

  /** What an error of a sending asks of this store, before it is explained to the guest. */
  async afterRefusal(error: unknown): Promise<void> {
    if (error instanceof CartChanged) await this.refreshBill();
    if (!(error instanceof ApiError)) return;
    if (['scan-again', 'not-admitted', 'unknown-bill'].includes(error.slug)) await this.refreshBill();
    if (error.status === 409 || error.status === 422) await this.loadMenu();
  }

  async cancel(order: Order): Promise<void> {
    await this.api.post('/api/orders/{order_id}/cancel', { params: { path: { order_id: order.id } }, body: {} });
    await this.refreshBill();
  }

  async call(reason: 'cash' | 'help', about: Bill): Promise<void> {
    const params = { path: { bill_id: about.id } };
    const called = await this.api.post('/api/bills/{bill_id}/attention', { params, body: { reason } });
    this.bills = this.bills.map((bill) => (bill.id === called.id ? called : bill));
  }

  async loadMenu(): Promise<void> {
    await this.menuFollowed?.prove();
  }

  /** Looks at once what became of the visit's orders and its bill. */
  async refreshBill(): Promise<void> {
    this.reload.stop();
    await this.visit?.prove();
  }

  /** What the phone may do, and the visit's bills with their orders, as they are now. */
  private async loadVisit(): Promise<void> {
    clearTimeout(this.askAgain);
    if (this.type === 'dine_in') this.seat = await this.api.get('/api/sessions/current');
    const { table } = this.seat;
    if (this.mayOrder && table && table.id !== this.session.info?.table?.id) await this.session.refresh(); // it was moved
    if (this.seat.state === 'waiting') this.askAgain = setTimeout(() => this.reloadSoon(), WAITING_MS);
    this.bills = await allPages((cursor) => this.api.get('/api/bills', { params: { query: { cursor } } }));
    this.follow();
    const { payments } = this.stored.refresh();
    if (payments.length) await this.checkout.load(payments);
    this.compareSending();
  }

  /** Nothing of these bills belongs to the visit any more. */
  private forgetBills(): void {
    this.stored.change((guest) => ({ ...guest, payments: [] }));
    this.bills = [];
    this.follow();
  }

  /** What is known of the orders may end a sending, also one of an earlier session of this table. */
  private compareSending(): void {
    this.cart.compare(this.orders);
    const { pending } = this.cart;
    if (!pending || this.cart.mine(pending)) return;
    this.cart.release();
    toasts.show(NO_ANSWER, 'warn');
  }

  private listen(): void {
    const outlet = this.session.info?.outlet.id;
    if (this.live || outlet === undefined) return;
    this.live = new Live(this.session, { onRevoked: () => void this.revoked() });
    this.menuFollowed = this.live.follow([`menu:${outlet}`], this.menuSource);
    this.visit = this.live.follow([], {
      prove: () => this.loadVisit(),
      onChange: (change) => this.onBill(change),
    });
  }

  /** Follows the table's party, the open bills and the running orders, and nothing that is over. */
  private follow(): void {
    const { state, sitting_id } = this.seat;
    const table = sitting_id ? [`sitting:${sitting_id}`] : [];
    if (!this.mayOrder) return this.visit?.follow(state === 'waiting' ? table : []);
    const channels = this.running.map((order) => `order:${order.id}`);
    const open = this.bills.filter((bill) => bill.status === 'open');
    this.visit?.follow([...table, ...open.map((bill) => `bill:${bill.id}`), ...channels]);
  }

  private onBill(change: Change): void {
    const { notification } = change.data as { notification?: unknown };
    if (notification) this.notifications.show(notification);
    this.reloadSoon();
  }

  private reloadSoon(): void {
    this.reload.schedule();
  }
}
