import { ApiError, builds, GuestSession, idempotencyKey, Live, type Change } from '$lib';
import type { AvailabilityChange, Bill, Menu, NewOrder, Order, QuoteRequest } from '$lib/types';
import * as cart from '$lib/ordering/cart';
import { withAvailability } from '$lib/ordering/menu';
import { readGuest, writeGuest, type SignedPayment, type StoredGuest } from './storage';
import { GuestNotifications } from './notifications';
import { prepare, isFinalRefusal, type PendingOrder } from '$lib/ordering/sending';
import { CheckoutStore } from './checkout-store.svelte';
import { isFinished, mergeOrders } from '$lib/ordering/progress';

/** One guest's visit: who they are, the menu, the cart and the bill, kept over reloads and cuts. */
export class GuestStore {
  readonly session: GuestSession;
  readonly checkout: CheckoutStore;
  live = $state.raw<Live | null>(null);
  menu = $state.raw<Menu | null>(null);
  bill = $state.raw<Bill | null>(null);
  mine = $state.raw<Order[]>([]);
  lines = $state.raw<cart.CartLine[]>([]);
  note = $state('');
  name = $state('');
  pending = $state.raw<PendingOrder | null>(null);
  fault = $state.raw<unknown>(null);
  signed: SignedPayment | null = null;

  private readonly storageKey: string;
  private readonly notifications: GuestNotifications;
  private billId: string | null = null;
  private payments: string[] = [];
  private stops = new Map<string, () => void>();
  private billTimer: ReturnType<typeof setTimeout> | undefined;
  private menuTimer: ReturnType<typeof setTimeout> | undefined;

  readonly priced = $derived(this.menu ? cart.price(this.lines, this.menu) : []);
  readonly count = $derived(cart.count(this.lines));
  /** Everything on the bill, and what is still on its way from an earlier, settled one. */
  readonly orders = $derived(mergeOrders(this.bill?.orders ?? [], this.mine));
  readonly running = $derived(this.orders.filter((order) => !isFinished(order)));

  constructor(tableCode: string | null) {
    this.session = new GuestSession(tableCode);
    this.storageKey = `rasoi.order.visit.${tableCode ?? 'takeaway'}`;
    const stored = readGuest(localStorage, this.storageKey);
    Object.assign(this, {
      lines: stored.lines,
      note: stored.note,
      name: stored.name,
      pending: stored.pending,
      signed: stored.signed,
    });
    this.billId = stored.billId;
    this.payments = stored.payments;
    this.checkout = new CheckoutStore(this);
    this.notifications = new GuestNotifications(this.session.api);
    builds.busy = () => this.pending !== null || this.checkout.state !== 'idle';
  }

  get api() {
    return this.session.api;
  }

  get type() {
    return this.session.info?.type ?? 'dine_in';
  }

  get openBill(): Bill | null {
    return this.bill?.status === 'open' ? this.bill : null;
  }

  /** Takes the visit up. True when an order that had no answer before the reload is now known to be in. */
  async start(): Promise<boolean> {
    this.fault = null;
    try {
      await this.session.start();
      await this.loadMenu();
      await this.refreshBill();
      this.listen();
      if (this.signed) void this.checkout.confirm(this.signed);
      return this.pending
        ? await this.send(this.pending).then(
            () => true,
            () => false,
          )
        : false;
    } catch (error) {
      if (error instanceof ApiError && error.status === 401 && !this.session.signedIn) return this.startAgain();
      this.fault = error;
      return false;
    }
  }

  /** A visit that ended: a new session by the same code, the cart kept. */
  async startAgain(): Promise<boolean> {
    this.forgetBill();
    this.live?.close();
    this.stops.clear();
    this.live = null;
    this.session.end();
    return this.start();
  }

  setLines(lines: cart.CartLine[]): void {
    if (this.pending) return;
    this.lines = lines;
    this.keep();
  }

  keep(): void {
    const { lines, note, name, pending, billId, payments, signed } = this;
    const stored: StoredGuest = { lines, note, name, pending, billId, payments, signed };
    writeGuest(localStorage, this.storageKey, stored);
  }

  keepPayment(id: string): void {
    this.payments = [...this.payments.filter((known) => known !== id), id].slice(-10);
    this.keep();
  }

  keepSigned(signed: SignedPayment | null): void {
    this.signed = signed;
    this.keep();
  }

  quoteRequest(): QuoteRequest {
    const request = { type: this.type, lines: cart.requestLines(this.lines) };
    return this.openBill ? { ...request, bill_id: this.openBill.id } : request;
  }

  /** Sends the cart with the total that the guest saw; what was sent and not answered goes first. */
  async place(expected: number): Promise<Order> {
    const note = this.note.trim();
    const name = this.name.trim();
    const body: NewOrder = {
      ...this.quoteRequest(),
      expected_total_paise: expected,
      ...(note ? { note } : {}),
      ...(name && this.type === 'takeaway' ? { customer_name: name } : {}),
    };
    return this.send(prepare(this.pending, body, idempotencyKey, Date.now()));
  }

  async send(pending: PendingOrder): Promise<Order> {
    this.pending = pending;
    this.keep();
    try {
      const order = await this.api.post('/api/orders', { body: pending.body, key: pending.key });
      this.pending = null;
      this.lines = [];
      this.note = '';
      this.billId = order.bill_id;
      this.keep();
      await this.refreshBill();
      return order;
    } catch (error) {
      if (error instanceof ApiError && isFinalRefusal(error.status, error.slug)) this.settle(error);
      throw error;
    }
  }

  async cancel(order: Order): Promise<void> {
    await this.api.post('/api/orders/{order_id}/cancel', { params: { path: { order_id: order.id } }, body: {} });
    await this.refreshBill();
  }

  async call(reason: 'cash' | 'help'): Promise<void> {
    if (!this.bill) return;
    this.bill = await this.api.post('/api/bills/{bill_id}/attention', {
      params: { path: { bill_id: this.bill.id } },
      body: { reason },
    });
  }

  async loadMenu(): Promise<void> {
    this.menu = await this.api.get('/api/menu');
  }

  /** The visit's orders and its bill as they are now; a bill of another visit is forgotten. */
  async refreshBill(): Promise<void> {
    clearTimeout(this.billTimer);
    try {
      this.mine = (await this.api.get('/api/orders', { params: { query: { limit: 20 } } })).items;
      this.billId ??= this.mine[0]?.bill_id ?? null;
      if (this.billId)
        this.bill = await this.api.get('/api/bills/{bill_id}', { params: { path: { bill_id: this.billId } } });
      this.follow();
      if (this.payments.length) await this.checkout.load(this.payments);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) this.forgetBill();
      else if (!(error instanceof ApiError && error.temporary)) throw error;
    }
  }

  /** Nothing of this bill belongs to the visit any more. */
  forgetBill(): void {
    this.billId = null;
    this.bill = null;
    this.mine = [];
    this.payments = [];
    this.keep();
    this.follow();
  }

  private settle(error: ApiError): void {
    this.pending = null;
    if (error.slug === 'unknown-bill') this.forgetBill();
    this.keep();
  }

  private listen(): void {
    const outlet = this.session.info?.outlet.id;
    if (this.live || outlet === undefined) return;
    this.live = new Live(this.session, { onRevoked: () => void this.startAgain() });
    this.live.follow(`menu:${outlet}`, {
      onJoin: () => this.loadMenu(),
      onChange: (change) => this.onMenu(change as Change<Partial<AvailabilityChange>>),
    });
    this.follow();
  }

  /** Follows the bill and its running orders, and nothing that is over. */
  private follow(): void {
    if (!this.live) return;
    const wanted = new Set(this.running.map((order) => `order:${order.id}`));
    if (this.billId) wanted.add(`bill:${this.billId}`);
    for (const [channel, stop] of this.stops) {
      if (wanted.has(channel)) continue;
      stop();
      this.stops.delete(channel);
    }
    for (const channel of wanted) {
      if (this.stops.has(channel)) continue;
      const feed = { onJoin: () => this.soon(), onChange: (change: Change) => this.onBill(change) };
      this.stops.set(channel, this.live.follow(channel, feed));
    }
  }

  private onBill(change: Change): void {
    const { notification } = change.data as { notification?: unknown };
    if (notification) this.notifications.show(notification);
    this.soon();
  }

  private soon(): void {
    clearTimeout(this.billTimer);
    this.billTimer = setTimeout(() => void this.refreshBill(), 120);
  }

  private onMenu(change: Change<Partial<AvailabilityChange>>): void {
    const { item_id, available, remaining } = change.data;
    if (this.menu && item_id && available !== undefined) {
      this.menu = withAvailability(this.menu, { item_id, available, remaining });
      return;
    }
    clearTimeout(this.menuTimer);
    this.menuTimer = setTimeout(() => void this.loadMenu().catch(() => undefined), Math.random() * 1500);
  }
}
