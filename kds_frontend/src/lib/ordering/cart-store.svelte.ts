import { ApiError } from '$lib/api/error';
import { clock } from '$lib/clock.svelte';
import { newId } from '$lib/ids';
import { SharedValue } from '$lib/shared-value.svelte';
import type { StorageArea } from '$lib/storage.svelte';
import type { NewOrder, Order } from '$lib/types';
import { onWake } from '$lib/wake';
import type { Told } from './allergies';
import type { CartLine } from './cart';
import { arrivedAs, emptyCart, outcomeOf, finishSending, startSending, type Cart, type PendingOrder } from './sending';

/** An unanswered order is asked for again by itself as long as this; then only when a person says so. */
export const ASK_FOR_MS = 5 * 60_000;
const WAITS_MS = [1000, 2000, 4000, 8000, 15_000];

export interface CartOptions {
  /** The name in the device's storage. */
  key: string;
  /** The session or person that sends. */
  sender: () => string;
  post: (pending: PendingOrder) => Promise<Order>;
  /** A sending without an answer turned out to stand; null when another tab knows the order. */
  onArrived: (order: Order | null) => void;
  /** A sending without an answer turned out to be refused. */
  onRefused: (error: unknown) => void;
  storage?: StorageArea;
}

/** The cart changed or went while it was looked at. */
export class CartChanged extends Error {
  constructor() {
    super('This cart was changed or sent in another tab. Please look at it again.');
  }
}

/** One cart, shared by all tabs of this device, and its sending: once, and never without finding out. */
export class CartStore {
  /** This tab sends the cart and waits for the answer. */
  sending = $state(false);

  readonly lines: CartLine[] = $derived.by(() => this.shared.value.lines);
  readonly held: number[] = $derived.by(() => this.shared.value.held);
  readonly pending: PendingOrder | null = $derived.by(() => this.shared.value.pending);

  private readonly shared: SharedValue<Cart>;
  private asking = false;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopWaking: (() => void) | undefined;

  constructor(private readonly options: CartOptions) {
    this.shared = new SharedValue<Cart>(options.key, {
      empty: () => emptyCart(newId()),
      ...(options.storage ? { storage: options.storage } : {}),
      onRemote: (now, before) => this.onRemote(now, before),
    });
    if (typeof window === 'undefined') return;
    this.stopWaking = onWake(() => void this.resolve());
  }

  get note(): string {
    return this.shared.value.note;
  }

  set note(note: string) {
    this.change((cart) => ({ ...cart, note }));
  }

  get told(): Told {
    return this.shared.value.told;
  }

  set told(told: Told) {
    this.change((cart) => ({ ...cart, told }));
  }

  get name(): string {
    return this.shared.value.name;
  }

  set name(name: string) {
    this.change((cart) => ({ ...cart, name }));
  }

  /** Changes the lines from what they are now, in whichever tab that was. */
  edit(make: (lines: CartLine[]) => CartLine[]): void {
    this.change((cart) => ({ ...cart, lines: make(cart.lines) }));
  }

  hold(course: number, held: boolean): void {
    this.change((cart) => {
      const others = cart.held.filter((known) => known !== course);
      return { ...cart, held: held ? [...others, course] : others };
    });
  }

  /** Sends what `compose` makes of the cart; what has no answer yet goes again as it was. */
  async send(compose: (cart: Cart) => NewOrder | Promise<NewOrder>): Promise<Order> {
    this.sending = true;
    try {
      const cart = this.shared.refresh();
      if (cart.pending) return await this.post(cart.pending);
      const version = this.shared.version;
      const body = cart.lines.length ? await compose(cart) : null;
      const now = this.shared.refresh();
      if (now.pending && now.id === cart.id) return await this.post(now.pending); // another tab was quicker
      if (!body || this.shared.version !== version) throw new CartChanged();
      const sent = this.shared.change((cart) => startSending(cart, body, this.options.sender(), clock.server()));
      return await this.post(sent.pending as PendingOrder);
    } finally {
      this.sending = false;
    }
  }

  /** Finds out what became of a sending without an answer. */
  async resolve(): Promise<void> {
    const { pending } = this.shared.refresh();
    if (!pending || this.sending || this.asking || !this.mine(pending)) return;
    if (clock.server() - pending.since > ASK_FOR_MS) return;
    this.asking = true;
    try {
      this.options.onArrived(await this.post(pending));
    } catch (error) {
      if (!this.pending) this.options.onRefused(error);
    } finally {
      this.asking = false;
    }
  }

  /** Whether this tab's session is the one whose tries the server takes as one. */
  mine(pending: PendingOrder): boolean {
    return pending.sender === this.options.sender();
  }

  /** The server's own list may tell that the sending arrived. */
  compare(orders: Order[]): void {
    const { pending } = this;
    const order = pending ? arrivedAs(pending, orders) : null;
    if (!pending || !order) return;
    this.shared.change((cart) => finishSending(cart, pending.key, 'placed', newId()));
    this.options.onArrived(order);
  }

  /** Gives up on a sending of an earlier session, whose answer nobody can ask for any more. */
  release(): void {
    const { pending } = this;
    if (pending) this.shared.change((cart) => finishSending(cart, pending.key, 'used', newId()));
  }

  close(): void {
    clearTimeout(this.timer);
    this.shared.close();
    this.stopWaking?.();
  }

  private change(make: (cart: Cart) => Cart): void {
    this.shared.change((cart) => (cart.pending ? cart : make(cart)));
  }

  private async post(pending: PendingOrder): Promise<Order> {
    try {
      const order = await this.options.post(pending);
      this.failures = 0;
      this.shared.change((cart) => finishSending(cart, pending.key, 'placed', newId()));
      return order;
    } catch (error) {
      const outcome = outcomeOf(error);
      if (outcome === 'unknown') this.askLater(error);
      else this.shared.change((cart) => finishSending(cart, pending.key, outcome, newId()));
      throw error;
    }
  }

  private askLater(error: unknown): void {
    clearTimeout(this.timer);
    if (error instanceof ApiError && error.status === 401) return; // another session can't ask
    const wait = WAITS_MS[Math.min(this.failures++, WAITS_MS.length - 1)];
    this.timer = setTimeout(() => void this.resolve(), wait);
  }

  /** Another tab finished what was under way: as placed when the cart is a new one now. */
  private onRemote(now: Cart, before: Cart): void {
    if (before.pending && !now.pending && now.id !== before.id && now.lines.length === 0) this.options.onArrived(null);
    else if (now.pending && !before.pending) this.askLater(null);
  }
}
