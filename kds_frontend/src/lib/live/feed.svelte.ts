import { ApiError } from '../api/error';
import { boardHash } from '../board-hash';
import type { BoardStep, Ticket } from '../types';
import { builds } from './build.svelte';
import { Follower, type Change, type Snapshot } from './follower';
import type { Followed, Live } from './live.svelte';

/** So many of a screen's own actions may be on their way back to it. */
const OWN_ACTIONS = 200;
/** With fewer than this of a list that goes on, the rest is fetched. */
const FEWEST = 150;

/** A list of tickets as the server tells it: a station's board, or the pass. */
export interface TicketList {
  build: string;
  sequence: number;
  /** Of all tickets, also of those that are not told. */
  hash: number;
  tickets: Ticket[];
  /** So many stand behind them. */
  more: number;
  /** The sequence of each subject of the channel. */
  subjects: Record<string, number>;
}

export interface FeedOptions<L extends TicketList> {
  channel: string;
  /** Reads the list; null where its hash is still `hash`. */
  load: (hash: number | null) => Promise<L | null>;
  isVisible: (ticket: Ticket) => boolean;
  /** The order in which the server tells them. */
  compare: (a: Ticket, b: Ticket) => number;
  /** A change's hash is of all that is shown here, not of one station among others. */
  hashed: boolean;
  /** A ticket came, changed or went (`after` null) by somebody else's doing; not for the first list. */
  onTicket?: (before: Ticket | undefined, after: Ticket | null) => void;
}

/** Tickets held equal to the server's: HTTP first, then change by change, compared by sequence and hash. */
export class TicketFeed<L extends TicketList> {
  /** The list without its tickets; null until it is known. */
  head = $state.raw<Omit<L, 'tickets'> | null>(null);
  tickets = $state.raw<ReadonlyMap<string, Ticket>>(new Map());
  /** Why there is nothing to show, or nothing to believe. */
  fault = $state<unknown>(null);

  private readonly follower: Follower<L, BoardStep>;
  private readonly followed: Followed;
  private versions = new Map<string, number>();
  /** The hash of those that stand behind the tickets here; null where it is to be read again. */
  private rest: number | null = 0;
  private ownActions: string[] = [];

  constructor(
    live: Live,
    private readonly options: FeedOptions<L>,
  ) {
    this.follower = new Follower({
      load: (whole) => this.load(whole),
      reset: (list) => this.reset(list),
      apply: (change) => this.apply(change),
    });
    this.followed = live.follow([options.channel], {
      prove: () => this.prove(),
      onChange: (change) => this.follower.receive(change as Change<BoardStep>),
    });
  }

  close(): void {
    this.followed.stop();
  }

  /** Compares with the server now. */
  refresh(): void {
    void this.followed.prove();
  }

  /** What this screen does itself is no news to it. */
  own(actionId: string): void {
    this.ownActions = [...this.ownActions.slice(1 - OWN_ACTIONS), actionId];
  }

  /** Takes a ticket as an action's answer tells it. */
  take(ticket: Ticket): void {
    this.put(ticket, true);
  }

  private async prove(): Promise<void> {
    try {
      await this.follower.prove();
      this.fault = null;
    } catch (error) {
      if (!this.head || (error instanceof ApiError && !error.temporary)) this.fault = error;
      throw error;
    }
  }

  private async load(whole: boolean): Promise<Snapshot<L>> {
    const list = await this.options.load(whole ? this.hash : null);
    return list ? { state: list, versions: list.subjects } : { state: null, versions: this.known };
  }

  /** Of everything, as far as it is known here. */
  private get hash(): number | null {
    return this.rest === null ? null : (boardHash(this.tickets.values()) + this.rest) >>> 0;
  }

  private get known(): Record<string, number> {
    return this.head?.subjects ?? {};
  }

  private reset(list: L): void {
    builds.onServerBuild(list.build);
    const { head, tickets: before } = this;
    const { tickets, ...rest } = list;
    this.head = rest;
    this.versions = new Map(tickets.map((ticket) => [ticket.id, ticket.version]));
    this.tickets = new Map(tickets.map((ticket) => [ticket.id, ticket]));
    this.rest = list.more && (list.hash - boardHash(tickets)) >>> 0;
    if (!head) return;
    for (const ticket of tickets) this.options.onTicket?.(before.get(ticket.id), ticket);
    for (const [id, ticket] of before) if (!this.tickets.has(id)) this.options.onTicket?.(ticket, null);
  }

  private apply({ subject, version, data }: Change<BoardStep>): boolean {
    const { ticket, sequence, hash, action_id } = data;
    const subjects = { ...this.known, [subject]: version };
    if (this.head) this.head = { ...this.head, subjects, ...(this.options.hashed ? { sequence, hash } : {}) };
    const more = this.head?.more ?? 0;
    if (more && !this.versions.has(ticket.id)) return this.passBehind(ticket, hash);
    this.put(ticket, action_id !== null && this.ownActions.includes(action_id));
    if (more && this.tickets.size < FEWEST) return false;
    return !this.options.hashed || this.rest === null || this.hash === hash;
  }

  /** A change of a ticket that stands behind those here; false where it comes before one of them now. */
  private passBehind(ticket: Ticket, hash: number): boolean {
    const { isVisible, compare, hashed } = this.options;
    if (isVisible(ticket) && [...this.tickets.values()].some((each) => compare(ticket, each) <= 0)) return false;
    const isNew = ticket.version === 1 && isVisible(ticket);
    if (isNew && this.head) this.head = { ...this.head, more: this.head.more + 1 };
    this.rest = isNew && hashed && this.rest !== null ? (hash - boardHash(this.tickets.values())) >>> 0 : null;
    return true;
  }

  private put(ticket: Ticket, ours: boolean): void {
    if (ticket.version < (this.versions.get(ticket.id) ?? 0)) return;
    const { isVisible, onTicket } = this.options;
    const before = this.tickets.get(ticket.id);
    const next = new Map(this.tickets);
    if (isVisible(ticket)) next.set(ticket.id, ticket);
    else next.delete(ticket.id);
    this.versions.set(ticket.id, ticket.version);
    this.tickets = next;
    const after = isVisible(ticket) ? ticket : null;
    if (!ours || !after) onTicket?.(before, after);
  }
}
