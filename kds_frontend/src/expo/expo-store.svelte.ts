import { SvelteMap } from 'svelte/reactivity';
import {
  actionRefusal,
  ActionQueue,
  builds,
  explain,
  newId,
  toasts,
  type KitchenAction,
  type KitchenActionName,
  type KitchenActionResult,
  type Live,
  type StaffSession,
  type Ticket,
} from '$lib';
import { followPass, type PassFeed } from '$lib/pass/feed';
import { compareOrders, passOrders, type PassOrder } from '$lib/pass/orders';
import { nameOf } from '$lib/pass/words';
import { deviceStorage } from '$lib/storage.svelte';
import { withPending } from './pending';

/** How long a card stays in its place after it was handed over, with the way back on it. */
export const UNDO_MS = 8000;

/** An order that was handed over here: what Undo on its card takes back. */
interface HandedOver {
  order: PassOrder;
  tickets: Set<string>;
  actionId: string;
}

/** What is new at the pass, and rings. */
export type PassNews = 'whole' | 'cancelled';

/** The pass of one outlet: its orders, what was tapped here and is not answered yet, and what can be taken back. */
export class ExpoStore {
  waiting = $state(0);
  readonly feed: PassFeed;
  /** By order: what was handed over a moment ago. */
  readonly handedOver = new SvelteMap<string, HandedOver>();
  private pending = $state.raw<KitchenAction[]>([]);
  private readonly queue: ActionQueue<KitchenAction, KitchenActionResult>;
  private wholeBefore: Set<string> | null = null;

  /** What stands at the pass as it will be once the waiting actions are applied. */
  readonly orders = $derived.by(() => passOrders(withPending(this.feed.tickets, this.pending).values()));
  /** The cards in their places: also those that were just handed over. */
  readonly cards = $derived.by(() => {
    const here = new Set(this.orders.map((order) => order.id));
    const gone = [...this.handedOver.values()].map((each) => each.order).filter((order) => !here.has(order.id));
    return [...this.orders, ...gone].sort(compareOrders);
  });

  constructor(
    private readonly session: StaffSession,
    live: Live,
    private readonly onNews: (news: PassNews) => void,
  ) {
    this.feed = followPass(
      session,
      live,
      (before, after) => this.onTicket(before, after),
      () => void this.queue.flush(),
    );
    this.queue = new ActionQueue<KitchenAction, KitchenActionResult>({
      name: 'rasoi.expo.queue',
      storage: deviceStorage,
      send: async (actions) => (await session.api.post('/api/kitchen/actions', { body: { actions } })).results,
      onResult: (action, result) => this.onResult(action, result),
      onRefused: (_, error) => toasts.bad(explain(error)),
      onChange: () => this.readQueue(),
    });
    this.readQueue();
    builds.busy = () => this.queue.size > 0;
    $effect(() => this.ringWhole());
  }

  close(): void {
    this.feed.close();
    this.queue.close();
  }

  /** Whether the person at this screen decides about cancelling what is ready. */
  get decides(): boolean {
    return this.session.person?.role !== 'kitchen';
  }

  /** Orders on which this screen is expected to do something about a cancellation. */
  get toAnswer(): number {
    return this.orders.filter((order) => order.cancelled || (order.cancel === 'floor' && this.decides)).length;
  }

  act(action: KitchenActionName, order: PassOrder, reason?: string): string {
    return this.send({ action, order_id: order.id, ...(reason ? { reason } : {}) });
  }

  /** All that is ready goes; the card stays a moment with the way back. */
  handOver(order: PassOrder): void {
    if (order.readyTickets.length === 0) return;
    const actionId = this.act('hand_over', order);
    this.handedOver.set(order.id, { order, actionId, tickets: new Set(order.readyTickets) });
    setTimeout(() => this.forget(order.id, actionId), UNDO_MS);
  }

  undo(orderId: string): void {
    const act = this.handedOver.get(orderId);
    if (!act) return;
    this.handedOver.delete(orderId);
    for (const ticket_id of act.tickets) this.send({ action: 'unserve', ticket_id });
  }

  undoLast(): void {
    const last = [...this.handedOver.keys()].at(-1);
    if (last) this.undo(last);
  }

  private forget(orderId: string, actionId: string): void {
    if (this.handedOver.get(orderId)?.actionId === actionId) this.handedOver.delete(orderId);
  }

  private send(action: Omit<KitchenAction, 'action_id'>): string {
    const action_id = newId();
    this.queue.add({ action_id, ...action });
    return action_id;
  }

  private onTicket(before: Ticket | undefined, after: Ticket | null): void {
    const asks = (ticket: Ticket | null | undefined): boolean => ticket?.cancel_decider === 'floor';
    const voided = before && after && before.state !== 'voided' && after.state === 'voided';
    if (voided || (asks(after) && !asks(before))) this.onNews('cancelled');
    // what became ready under the finger went with the rest
    const act = before && this.handedOver.get(before.order_id);
    if (act && !after && before.items.some((item) => item.state === 'ready')) act.tickets.add(before.id);
  }

  /** Rings for what has become whole since the last look; a first list is no news. */
  private ringWhole(): void {
    if (!this.feed.head) return;
    const whole = new Set(this.orders.filter((order) => order.whole).map((order) => order.id));
    const { wholeBefore } = this;
    if (wholeBefore && [...whole].some((id) => !wholeBefore.has(id))) this.onNews('whole');
    this.wholeBefore = whole;
  }

  private onResult(action: KitchenAction, result: KitchenActionResult): void {
    const words = actionRefusal(result);
    if (!words) return;
    toasts.show(result.ticket ? `${nameOf(result.ticket)}: ${words}` : words, 'warn');
    if (action.action === 'hand_over' && action.order_id) this.forget(action.order_id, action.action_id);
    this.feed.refresh();
  }

  private readQueue(): void {
    this.pending = this.queue.actions;
    this.waiting = this.queue.size;
  }
}
