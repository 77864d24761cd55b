import { SvelteMap } from 'svelte/reactivity';
import {
  ActionQueue,
  ApiError,
  builds,
  Follower,
  newId,
  toasts,
  type Board,
  type BoardStep,
  type Change,
  type KitchenAction,
  type KitchenActionName,
  type KitchenActionResult,
  type Live,
  type StaffSession,
  type Ticket,
} from '$lib';
import { boardHash } from './hash';
import type { Bell } from './sounds.svelte';
import { displayNumber, compare, alertFor, isVoided, isVisible, withActions, type AlertKind } from './tickets';

const READY = 'ready' as const;

/** Why the server left an action out; what is so already needs no words. */
const REASONS: Record<string, string> = {
  unknown: 'That ticket is no longer here',
  'not-possible-now': 'Someone else was quicker: that ticket has moved on',
  'no-cancellation-asked': 'The request to cancel is gone',
};

/** One station's board: the server's tickets, the cook's unsent taps on top, and its alerts. */
export class BoardStore {
  board = $state<Omit<Board, 'tickets'> | null>(null);
  fault = $state<unknown>(null);
  waiting = $state(0);
  /** What each ticket alerts the cook to, until it was answered. */
  readonly alerts = new SvelteMap<string, AlertKind>();
  /** Bumped on this screen, latest last: what undo brings back. */
  readonly bumped: { ticket: Ticket; itemId?: string }[] = [];

  private tickets = $state.raw(new Map<string, Ticket>());
  private pending = $state.raw<KitchenAction[]>([]);
  /** Brought back by this screen, until the server's answer is here. */
  private recalled = $state.raw(new Map<string, Ticket>());
  private readonly ownActions = new Set<string>();
  private versions = new Map<string, number>();
  private readonly follower: Follower<Board, BoardStep>;
  private readonly queue: ActionQueue<KitchenAction, KitchenActionResult>;
  private readonly unfollow: () => void;
  private readonly boardPath: { params: { path: { station: string } } };

  /** The tickets on the board as the cook sees them, in board order. */
  readonly shown = $derived(
    [...withActions(new Map([...this.recalled, ...this.tickets]), this.pending).values()]
      .filter(isVisible)
      .sort(compare),
  );

  constructor(
    private readonly session: StaffSession,
    private readonly live: Live,
    private readonly bell: Bell,
    readonly station: string,
  ) {
    this.boardPath = { params: { path: { station } } };
    this.follower = new Follower({
      load: () => this.load(),
      reset: (board) => this.reset(board),
      apply: (change) => this.apply(change),
    });
    this.queue = new ActionQueue<KitchenAction, KitchenActionResult>({
      name: 'rasoi.kitchen.queue',
      storage: localStorage,
      send: (actions) => this.send(actions),
      onResult: (action, result) => this.handleResult(action, result),
      onRefused: (_, error) => toasts.bad(error.detail),
      onChange: () => this.refreshPending(),
    });
    this.refreshPending();
    builds.busy = () => this.queue.size > 0;
    this.unfollow = live.follow(`kitchen:${session.outlet?.id ?? 1}:${station}`, {
      onChange: (change) => this.follower.receive(change as Change<BoardStep>),
      onJoin: () => this.refresh(),
      onCheck: () => this.compareWithServer(),
      onRefused: (reason) => (this.fault = new Error(`This station can’t be shown: ${reason}`)),
    });
  }

  close(): void {
    this.unfollow();
    this.queue.close();
    this.bell.stop();
  }

  act(action: KitchenActionName, on: { ticket: Ticket; itemId?: string }): void {
    const { ticket, itemId } = on;
    const wholeOrder =
      action === 'rush' || action === 'unrush' || action === 'accept_cancel' || action === 'refuse_cancel';
    this.alerts.delete(ticket.id);
    if (action === 'bump') this.bumped.push(on);
    const action_id = newId();
    this.ownActions.add(action_id);
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
    if (!this.tickets.has(ticket.id)) {
      const items = ticket.items.map((item) => ({ ...item, state: isVoided(item) ? item.state : READY }));
      this.recalled = new Map(this.recalled).set(ticket.id, { ...ticket, items });
    }
    this.act('recall', { ticket, ...(itemId ? { itemId } : {}) });
  }

  undo(): void {
    const last = this.bumped.pop();
    if (!last) return;
    this.recall(last.ticket, last.itemId);
    toasts.show(`${displayNumber(last.ticket)} is back`);
  }

  /** The cook has seen what is new. */
  clearAlerts(): void {
    this.alerts.clear();
    this.bell.stop();
  }

  async retry(): Promise<void> {
    this.fault = null;
    await this.refresh().catch(() => undefined);
  }

  private async refresh(): Promise<void> {
    try {
      await this.follower.resync();
      this.fault = null;
    } catch (error) {
      if (!this.board || (error instanceof ApiError && !error.temporary)) this.fault = error;
      throw error;
    }
    void this.queue.flush();
  }

  private async load(): Promise<{ state: Board; versions: Record<string, number> }> {
    const board = await this.session.api.get('/api/kitchen/boards/{station}', this.boardPath);
    const subject = `${board.outlet_id}:${board.station.code}`;
    return { state: board, versions: { [subject]: board.sequence, ...board.subjects } };
  }

  private reset(board: Board): void {
    builds.onServerBuild(board.build);
    const first = this.board === null;
    const before = this.tickets;
    const { tickets, ...rest } = board;
    this.board = rest;
    this.versions = new Map(tickets.map((ticket) => [ticket.id, ticket.version]));
    this.tickets = new Map(tickets.map((ticket) => [ticket.id, ticket]));
    if (!first) for (const ticket of tickets) this.alert(before.get(ticket.id), ticket);
    this.dropOldAlerts();
  }

  private apply(change: Change<BoardStep>): void {
    const { ticket, sequence, hash, action_id } = change.data;
    if (this.board) this.board = { ...this.board, sequence, hash };
    if (ticket.version >= (this.versions.get(ticket.id) ?? 0))
      this.put(ticket, action_id !== null && this.ownActions.has(action_id));
    if (boardHash(this.tickets.values()) !== hash) void this.follower.resync().catch(() => undefined);
  }

  private put(ticket: Ticket, ours: boolean): void {
    this.versions.set(ticket.id, ticket.version);
    const before = this.tickets.get(ticket.id);
    const next = new Map(this.tickets);
    if (isVisible(ticket)) next.set(ticket.id, ticket);
    else next.delete(ticket.id);
    this.tickets = next;
    if (isVisible(ticket) && !ours) this.alert(before, ticket);
    this.dropOldAlerts();
  }

  private alert(before: Ticket | undefined, ticket: Ticket): void {
    const kind = alertFor(before, ticket);
    if (!kind) return;
    this.alerts.set(ticket.id, kind);
    this.bell.ring(kind);
  }

  private dropOldAlerts(): void {
    for (const id of this.alerts.keys()) if (!this.tickets.has(id)) this.alerts.delete(id);
    if (this.alerts.size === 0) this.bell.stop();
  }

  private async compareWithServer(): Promise<void> {
    const own = boardHash(this.tickets.values());
    const other = await this.session.api
      .changed('/api/kitchen/boards/{station}', `"${own}"`, this.boardPath)
      .catch(() => null);
    if (other) await this.follower.resync().catch(() => undefined);
  }

  private async send(actions: KitchenAction[]): Promise<KitchenActionResult[]> {
    const reply = await this.session.api.post('/api/kitchen/actions', {
      body: { actions },
    });
    const byId = new Map(reply.results.map((result) => [result.action_id, result]));
    return actions.map(
      (action) =>
        byId.get(action.action_id) ?? { action_id: action.action_id, applied: false, reason: null, ticket: null },
    );
  }

  private handleResult(action: KitchenAction, result: KitchenActionResult): void {
    const { ticket } = result;
    if (action.action === 'recall') this.dropRecalled(action.ticket_id);
    if (ticket && ticket.version >= (this.versions.get(ticket.id) ?? 0)) this.put(ticket, true);
    const reason = result.applied ? undefined : REASONS[result.reason ?? ''];
    if (reason) toasts.show(reason, 'warn');
    if (!result.applied && !ticket) void this.follower.resync().catch(() => undefined);
  }

  private dropRecalled(id: string | null | undefined): void {
    this.recalled = new Map([...this.recalled].filter(([known]) => known !== id));
  }

  private refreshPending(): void {
    this.pending = this.queue.actions;
    this.waiting = this.queue.size;
  }
}
