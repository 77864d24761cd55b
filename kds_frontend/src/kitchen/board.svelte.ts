import {
  actionRefusal,
  ActionQueue,
  newId,
  TicketFeed,
  toasts,
  builds,
  type Board,
  type KitchenAction,
  type KitchenActionName,
  type KitchenActionResult,
  type Live,
  type StaffSession,
  type Ticket,
} from '$lib';
import type { AlertKind, Bell } from '$lib/bell.svelte';
import { deviceStorage } from '$lib/storage.svelte';
import { compare, isVoided, isVisible, newsOf, withActions } from './tickets';

const READY = 'ready' as const;

/** One station's board: the server's tickets, the cook's unsent taps on top, and its alerts. */
export class BoardStore {
  waiting = $state(0);

  private pending = $state.raw<KitchenAction[]>([]);
  /** Brought back by this screen, until the server's answer is here. */
  private recalled = $state.raw(new Map<string, Ticket>());
  private readonly feed: TicketFeed<Board>;
  private readonly queue: ActionQueue<KitchenAction, KitchenActionResult>;
  /** Its view has gone, and what is derived here with it: an answer may still be on its way. */
  private closed = false;

  /** The tickets on the board as the cook sees them, in board order. */
  readonly shown = $derived.by(() =>
    [...withActions(new Map([...this.recalled, ...this.feed.tickets]), this.pending).values()]
      .filter(isVisible)
      .sort(compare),
  );

  /** What no cook of this station has seen yet, on any of its screens. */
  readonly alerts: ReadonlyMap<string, AlertKind> = $derived.by(
    () =>
      new Map(
        this.shown.flatMap((ticket) => {
          const news = newsOf(ticket);
          return news ? [[ticket.id, news] as const] : [];
        }),
      ),
  );

  constructor(
    private readonly session: StaffSession,
    live: Live,
    private readonly bell: Bell,
    readonly station: string,
  ) {
    this.feed = new TicketFeed<Board>(live, {
      channel: `kitchen:${session.outlet?.id ?? 0}:${station}`,
      load: (hash) => this.load(hash),
      isVisible,
      compare,
      hashed: true,
      onTicket: (before, after) => this.onTicket(before, after),
    });
    this.queue = new ActionQueue<KitchenAction, KitchenActionResult>({
      name: 'rasoi.kitchen.queue',
      storage: deviceStorage,
      send: (actions) => this.send(actions),
      onResult: (action, result) => this.handleResult(action, result),
      onRefused: (_, error) => toasts.bad(error.detail),
      onChange: () => this.refreshPending(),
    });
    this.refreshPending();
    builds.busy = () => this.queue.size > 0;
  }

  get board(): Omit<Board, 'tickets'> | null {
    return this.feed.head;
  }

  /** Why the board can't be shown. */
  get fault(): unknown {
    return this.feed.fault;
  }

  close(): void {
    this.closed = true;
    this.feed.close();
    this.queue.close();
    this.bell.stop();
  }

  act(action: KitchenActionName, on: { ticket: Ticket; itemId?: string }): void {
    const { ticket, itemId } = on;
    const wholeOrder =
      action === 'rush' || action === 'unrush' || action === 'accept_cancel' || action === 'refuse_cancel';
    const action_id = newId();
    this.feed.own(action_id);
    this.queue.add({
      action_id,
      action,
      station: this.station,
      ...(wholeOrder ? { order_id: ticket.order_id } : { ticket_id: ticket.id }),
      ...(itemId ? { item_id: itemId } : {}),
    });
  }

  /** Brings a ticket back from recall or undo, at once even without network. */
  recall(ticket: Ticket, itemId?: string): void {
    if (!this.feed.tickets.has(ticket.id)) {
      const items = ticket.items.map((item) => ({ ...item, state: isVoided(item) ? item.state : READY }));
      this.recalled = new Map(this.recalled).set(ticket.id, { ...ticket, items });
    }
    this.act('recall', { ticket, ...(itemId ? { itemId } : {}) });
  }

  /** The cook has seen what is new of these. */
  see(tickets: Ticket[]): void {
    for (const ticket of tickets) this.act('see', { ticket });
  }

  retry(): void {
    this.feed.refresh();
  }

  private async load(hash: number | null): Promise<Board | null> {
    const path = { params: { path: { station: this.station } } };
    const { api } = this.session;
    const board =
      hash === null
        ? await api.get('/api/kitchen/boards/{station}', path)
        : (await api.changed('/api/kitchen/boards/{station}', `"${hash}"`, path)).data;
    if (board && !this.feed.head) this.ring(board.tickets.map(newsOf));
    void this.queue.flush(); // the server answers
    return board;
  }

  private onTicket(before: Ticket | undefined, after: Ticket | null): void {
    if (this.closed) return;
    const news = after && newsOf(after);
    if (news && (!before || newsOf(before) !== news)) this.ring([news]);
    this.hush();
  }

  private ring(news: (AlertKind | null)[]): void {
    const kind = news.find((each) => each === 'cancelled') ?? news.find((each) => each !== null);
    if (kind) this.bell.ring(kind);
  }

  private hush(): void {
    if (this.alerts.size === 0) this.bell.stop();
  }

  private async send(actions: KitchenAction[]): Promise<KitchenActionResult[]> {
    const reply = await this.session.api.post('/api/kitchen/actions', {
      body: { actions },
    });
    const byId = new Map(reply.results.map((result) => [result.action_id, result]));
    return actions.map(
      (action) =>
        byId.get(action.action_id) ?? {
          action_id: action.action_id,
          applied: false,
          reason: null,
          detail: null,
          ticket: null,
        },
    );
  }

  private handleResult(action: KitchenAction, result: KitchenActionResult): void {
    const { ticket } = result;
    if (action.action === 'recall') this.dropRecalled(action.ticket_id);
    if (ticket) this.feed.take(ticket);
    const reason = actionRefusal(result);
    if (reason) toasts.show(reason, 'warn');
    if (!result.applied && !ticket) this.feed.refresh();
  }

  private dropRecalled(id: string | null | undefined): void {
    this.recalled = new Map([...this.recalled].filter(([known]) => known !== id));
  }

  private refreshPending(): void {
    this.pending = this.queue.actions;
    this.waiting = this.queue.size;
    if (this.waiting > 0 && !this.closed) this.hush();
  }
}
