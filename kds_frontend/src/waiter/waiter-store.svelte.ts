import {
  actionRefusal,
  ActionQueue,
  ApiError,
  builds,
  explain,
  Live,
  newId,
  StaffSession,
  toasts,
  type Change,
  type Followed,
} from '$lib';
import type {
  Bill,
  FloorTicket,
  KitchenAction,
  KitchenActionName,
  KitchenActionResult,
  ListedOrder,
  Menu,
  MenuItem,
  Order,
  NewOrder,
  Quote,
  QuoteRequest,
  RefundTask,
  Table,
  Ticket,
} from '$lib/types';
import { allPages } from '$lib/api/pages';
import type { components } from '$lib/api/schema';
import { MenuSource } from '$lib/ordering/menu-source.svelte';
import { coalesce } from '$lib/coalesce';
import { deviceStorage } from '$lib/storage.svelte';
import type { DraftContext } from './draft-order.svelte';
import { Drafts } from './drafts.svelte';
import { withTicket, type ReadyGroup } from './floor';
import { hashOf, viewOf, type View } from './view';

type Schemas = components['schemas'];
type Extra = Record<string, string>;
/** Refusals that a manager's PIN can lift. */
const NOT_FOR_THIS_ROLE = ['not-permitted', 'above-limit'];
const IDLE_MS = 250;
/** However much happens, a call or a ready dish shows within this. */
const AT_MOST_MS = 1000;

/** One act that a manager's PIN can let through: `subject` is the id that it is done to. */
export type Act = Pick<Schemas['NewLift'], 'permission' | 'subject' | 'amount_paise'>;

/** An act that was refused, until somebody's PIN has lifted it, or nobody's does. */
export interface Asked {
  act: Act;
  because: ApiError;
  settle: (token: string | null) => void;
}

/** A message to staff, as the floor's channel carries it. */
type Told = Record<'kind' | 'title' | 'text', string>;

/** What one waiter's tablet knows and does: the floor, the ready food, the open bill. */
export class WaiterStore implements DraftContext {
  readonly session = new StaffSession('waiter');
  readonly drafts = new Drafts(this);
  live = $state.raw<Live | null>(null);
  tables = $state.raw<Table[] | null>(null);
  takeaways = $state.raw<ListedOrder[]>([]);
  /** Orders that ran out of time today, whose guests may still pay in cash, with what they can't have any more. */
  late = $state.raw<ListedOrder[]>([]);
  /** Bills of parties that left without paying. */
  walkOuts = $state.raw<Bill[]>([]);
  /** The bills of the table in view, or the one bill in view. */
  bills = $state.raw<Bill[]>([]);
  /** Money that a guest is to get back in cash. */
  toHandOut = $state.raw<RefundTask[]>([]);
  view = $state.raw<View>(viewOf(location.hash));
  fault = $state.raw<unknown>(null);
  /** What waits for a manager's PIN. */
  asked = $state.raw<Asked | null>(null);
  /** Actions that wait for the network. */
  waiting = $state.raw<KitchenAction[]>([]);

  private tickets = $state.raw<Ticket[]>([]);
  private floor: Followed | null = null;
  private menuFollowed: Followed | null = null;
  private readonly menuSource = new MenuSource(this.session.api);
  private readonly reload = coalesce(() => void this.floor?.prove(), IDLE_MS, AT_MOST_MS);
  private readonly queue: ActionQueue<KitchenAction, KitchenActionResult>;

  /** What waits for the floor, less what was served or decided here and is not answered yet. */
  readonly ready = $derived.by(() => {
    const tapped = new Set(
      this.waiting
        .filter(({ action }) => action === 'serve' || action.endsWith('_cancel'))
        .map((action) => action.ticket_id ?? action.order_id),
    );
    return this.tickets.filter((ticket) => !tapped.has(ticket.id) && !tapped.has(ticket.order_id));
  });

  constructor() {
    this.queue = new ActionQueue<KitchenAction, KitchenActionResult>({
      name: 'rasoi.waiter.actions',
      storage: deviceStorage,
      send: (actions) => this.sendActions(actions),
      onResult: (action, result) => this.onResult(action, result),
      onRefused: (action, error) => void this.onActionRefused(action, error),
      onChange: () => (this.waiting = this.queue.actions),
    });
    this.waiting = this.queue.actions;
    builds.busy = () => this.queue.size > 0 || this.drafts.unanswered;
    window.addEventListener('hashchange', () => this.show(viewOf(location.hash)));
  }

  get api() {
    return this.session.api;
  }

  get menu(): Menu | null {
    return this.menuSource.menu;
  }

  get outlet(): number {
    return this.session.outlet?.id ?? 0;
  }

  /** The bill that a further order is added to. */
  get openBill(): Bill | null {
    return this.bills.find((bill) => bill.status === 'open' && bill.payment === 'pay_later') ?? null;
  }

  get table(): Table | null {
    const { view } = this;
    const id = view.kind === 'bill' || view.kind === 'order' ? view.tableId : null;
    return this.tables?.find((table) => table.id === id) ?? null;
  }

  start(): void {
    if (this.live) return;
    this.live = new Live(this.session, { onRevoked: () => this.ended() });
    this.floor = this.live.follow([`floor:${this.outlet}`], {
      prove: () => this.load(),
      onChange: (change) => this.onFloor(change as Change<FloorTicket>),
    });
    this.menuFollowed = this.live.follow([`menu:${this.outlet}`], this.menuSource);
    void this.queue.flush();
    this.drafts.resolve();
  }

  async leave(): Promise<void> {
    this.close();
    await this.session.logout();
  }

  private ended(): void {
    this.close();
    this.session.ended();
  }

  private close(): void {
    this.stop();
    this.go({ kind: 'tables' }, true);
  }

  stop(): void {
    this.asked?.settle(null);
    this.live?.close();
    this.live = this.floor = this.menuFollowed = null;
    this.tables = null;
    this.bills = [];
  }

  /** Goes to a view; the browser's Back returns, unless the new view takes the old one's place. */
  go(view: View, instead = false): void {
    const hash = hashOf(view);
    if (!instead && hash !== location.hash.replace(/^#/, '')) {
      location.hash = hash;
      return;
    }
    history.replaceState(null, '', `${location.pathname}${location.search}${hash && `#${hash}`}`);
    this.show(view);
  }

  /** Whether a table is still in view: an answer that comes late takes nobody out of another view. */
  at(kind: 'bill' | 'order', tableId: string | null): boolean {
    return this.view.kind === kind && this.view.tableId === tableId;
  }

  openTable(table: Table): void {
    this.go({ kind: table.sitting ? 'bill' : 'order', tableId: table.id, billId: table.bill?.id ?? null });
  }

  openOrder(order: Pick<Order, 'bill_id'>, tableId: string | null = null, instead = false): void {
    this.go({ kind: 'bill', tableId, billId: order.bill_id }, instead);
  }

  sender(): string {
    return this.session.person?.id ?? '';
  }

  quote(request: QuoteRequest): Promise<Quote> {
    return this.api.post('/api/orders/quote', { body: request });
  }

  place(body: NewOrder, key: string): Promise<Order> {
    return this.api.post('/api/orders', { body, key });
  }

  async recentOrders(tableId: string | null): Promise<Order[]> {
    const status = 'live' as const;
    const query = tableId ? { table_id: tableId, status } : { type: 'takeaway' as const, status };
    return (await this.api.get('/api/orders', { params: { query } })).items;
  }

  onArrived(tableId: string | null, order: Order | null): void {
    const where = this.nameOf(tableId);
    toasts.good(order ? `Order ${order.number} for ${where} was sent.` : `The order for ${where} was sent.`);
    if (this.at('order', tableId)) {
      if (order) this.openOrder(order, tableId, true);
      else this.go({ kind: tableId ? 'tables' : 'takeaway' }, true);
    }
    this.reloadSoon(0);
  }

  onRefused(tableId: string | null, error: unknown): void {
    toasts.bad(`The order for ${this.nameOf(tableId)} was not taken. ${explain(error)}`);
    void this.loadMenu();
  }

  /** Queued: sent once, also when the network is away just now. */
  act(action: KitchenActionName, tickets: string[]): void {
    for (const ticket_id of tickets) this.queue.add({ action_id: newId(), action, ticket_id });
  }

  /** With the way back while the bill is open: a paid one is closed. */
  serve(group: ReadyGroup): void {
    const tickets = group.tickets.map((ticket) => ticket.id);
    this.act('serve', tickets);
    if (group.tickets.some((ticket) => !ticket.paid))
      toasts.undo(`${group.label}: served`, () => this.act('unserve', tickets));
  }

  /** The floor's answer to a wish to cancel what is ready. */
  answer(group: ReadyGroup, accept: boolean, reason: string): void {
    const action = accept ? 'accept_cancel' : 'refuse_cancel';
    this.queue.add({ action_id: newId(), action, order_id: group.order_id, reason });
  }

  private allOrders(which: { type?: 'takeaway'; status: 'live' | 'counter' }): Promise<ListedOrder[]> {
    return allPages((cursor) => this.api.get('/api/orders', { params: { query: { ...which, cursor, limit: 200 } } }));
  }

  /** The floor as the server tells it now, with the bill that is open. */
  private async load(): Promise<void> {
    try {
      const [tables, ready, takeaways, late, walkOuts] = await Promise.all([
        this.api.get('/api/tables'),
        allPages((cursor) => this.api.get('/api/kitchen/ready', { params: { query: { cursor } } })),
        this.allOrders({ type: 'takeaway', status: 'live' }),
        this.allOrders({ status: 'counter' }),
        allPages((cursor) => {
          const query = { walked_out: true, status: 'open', cursor, limit: 200 } as const;
          return this.api.get('/api/bills', { params: { query } });
        }),
      ]);
      this.tables = tables.items;
      this.tickets = ready;
      this.takeaways = takeaways;
      this.late = late;
      this.walkOuts = walkOuts;
      this.fault = null;
      await Promise.all([this.loadBills(), this.loadRefunds()]);
    } catch (error) {
      this.fault = error;
      throw error;
    }
  }

  async loadMenu(): Promise<void> {
    await this.menuFollowed?.prove();
  }

  /** Without them the floor is shown all the same. */
  private async loadRefunds(): Promise<void> {
    const query = { status: 'to_hand_out' as const };
    const found = await this.api.get('/api/payments/refund-tasks', { params: { query } }).catch(() => null);
    if (found) this.toHandOut = found.items;
  }

  /** The bills in view as they are now; those of a view that was left meanwhile are returned, and not shown. */
  async loadBills(): Promise<Bill[]> {
    const { view } = this;
    if (view.kind !== 'bill' && view.kind !== 'order') return [];
    try {
      const open = this.table?.bills.map((bill) => bill.id) ?? [];
      const late = this.late.filter((order) => view.tableId && order.table?.id === view.tableId);
      const ids = new Set([...(view.billId ? [view.billId] : []), ...open, ...late.map((order) => order.bill_id)]);
      if (ids.size === 0) for (const id of await this.settledBills(view)) ids.add(id);
      const fresh = await Promise.all(
        [...ids].map((id) => this.api.get('/api/bills/{bill_id}', { params: { path: { bill_id: id } } })),
      );
      const { sitting } = this.table ?? {};
      const theirs = fresh.filter((bill) => bill.id === view.billId || !sitting || bill.sitting_id === sitting.id);
      if (this.view === view) this.bills = theirs;
      return theirs;
    } catch (error) {
      if (this.view !== view || (error instanceof ApiError && error.temporary)) throw error;
      this.fault = error;
      return [];
    }
  }

  /** A table that paid before its food came: the bills of what is still on the way. */
  private async settledBills(view: { kind: string; tableId: string | null }): Promise<string[]> {
    if (view.kind !== 'bill' || !view.tableId) return [];
    const query = { table_id: view.tableId, status: 'live' as const };
    const found = await this.api.get('/api/orders', { params: { query } });
    return found.items.map((order) => order.bill_id);
  }

  /** One of the bill's or order's plain actions; refreshes what it changed. An `act` that is refused to this waiter's role
   * is tried once more with a manager's PIN. */
  async run(work: (approval: Extra) => Promise<unknown>, done?: string, act?: Act): Promise<boolean> {
    try {
      if (act) await this.withPin(act, work);
      else await work({});
      if (done) toasts.good(done);
      return true;
    } catch (error) {
      toasts.bad(explain(error));
      return false;
    } finally {
      this.reloadSoon(0);
    }
  }

  private async withPin<T>(act: Act, work: (approval: Extra) => Promise<T>): Promise<T> {
    try {
      return await work({});
    } catch (error) {
      if (!(error instanceof ApiError) || !NOT_FOR_THIS_ROLE.includes(error.slug)) throw error;
      const token = await this.askManager(act, error);
      if (token === null) throw error;
      return work({ 'Manager-Approval': token });
    }
  }

  private async askManager(act: Act, because: ApiError): Promise<string | null> {
    this.asked?.settle(null);
    try {
      return await new Promise<string | null>((settle) => (this.asked = { act, because, settle }));
    } finally {
      this.asked = null;
    }
  }

  async setAvailable(item: MenuItem, available: boolean): Promise<void> {
    await this.run(
      async () => {
        await this.api.put('/api/menu/items/{item_id}/availability', {
          params: { path: { item_id: item.id } },
          body: { available },
        });
        this.menuSource.setAvailable(item.id, available, item.remaining);
      },
      available ? `${item.name} is on the menu again.` : `${item.name} is 86ed everywhere.`,
    );
  }

  reloadSoon(wait = IDLE_MS): void {
    if (wait > 0) return this.reload.schedule();
    this.reload.stop();
    void this.floor?.prove();
  }

  private nameOf(tableId: string | null): string {
    return tableId ? (this.tables?.find((table) => table.id === tableId)?.name ?? 'a table') : 'takeaway';
  }

  private show(view: View): void {
    this.view = view;
    this.bills = [];
    void this.loadBills().catch(() => this.floor?.prove());
  }

  private onFloor(change: Change<Partial<FloorTicket> & { notification?: Told }>): void {
    const { ticket, notification } = change.data;
    if (ticket) this.tickets = withTicket(this.tickets, ticket);
    if (notification?.kind === 'handed_over' && change.version === 1)
      toasts.good(`${notification.title}. ${notification.text}`);
    this.reloadSoon();
  }

  private async sendActions(actions: KitchenAction[]): Promise<KitchenActionResult[]> {
    const { results } = await this.api.post('/api/kitchen/actions', { body: { actions } });
    return results;
  }

  /** A cancellation of what is made is the one queued action that a PIN can let through. */
  private async onActionRefused(action: KitchenAction, error: ApiError): Promise<void> {
    if (action.action !== 'accept_cancel' || !action.order_id) return toasts.bad(explain(error));
    const act: Act = { permission: 'cancel_made', subject: action.order_id, amount_paise: 0 };
    await this.run(
      async (headers) => {
        if (!headers['Manager-Approval']) throw error; // it was tried
        const body = { actions: [action] };
        const { results } = await this.api.post('/api/kitchen/actions', { headers, body });
        for (const result of results) this.onResult(action, result);
      },
      undefined,
      act,
    );
  }

  private onResult(action: KitchenAction, result: KitchenActionResult): void {
    if (result.ticket) this.tickets = withTicket(this.tickets, result.ticket);
    const refusal = actionRefusal(result);
    if (refusal) toasts.show(refusal, 'warn');
    else if (result.applied && action.action === 'fire') toasts.good('Fired: the kitchen has it now.');
    this.reloadSoon();
  }
}
