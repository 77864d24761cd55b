import { untrack } from 'svelte';
import type { Ticket } from '$lib';
import { tabStorage } from '$lib/storage.svelte';
import type { Layout } from './layout.svelte';
import { alike, arrange, missing, remember, settle, type Box, type Card, type Piece, type Placed } from './packing';
import { partsOf } from './tickets';

/** How long after the last touch, and the last change, the board may move tickets. */
const IDLE_MS = 5000;
const MOST_KNOWN = 600;

/** What was measured of a ticket, in whole pixels. */
export interface Measured {
  head: number;
  again: number;
  parts: number[];
}

/** What the arrangement asks of the board's store. */
interface Shown {
  readonly shown: Ticket[];
  readonly alerts: { has(id: string): boolean };
}

/** A piece of a ticket on the page that is shown. */
export interface Shape {
  key: string;
  ticket: Ticket;
  piece: Piece;
  /** The first piece of its ticket. */
  first: boolean;
  /** The last piece of its ticket on this page: it carries the question, and says what is elsewhere. */
  last: boolean;
  /** How many parts of the ticket are not on this page. */
  more: number;
  /** The height of the head, which its flags do not change. */
  head: number;
}

/** Which ticket stands where, and on which page. To be made within a component. */
export class Arrangement {
  page = $state(0);
  /** The page that a reload comes back to, once there is as much to show. */
  private wanted: number;
  private known = $state.raw(new Map<string, Measured>());
  /** Details that a line too tall for any column leaves out: 1 its note, 2 its choices too. By the part's key. */
  private folds = $state.raw(new Map<string, number>());
  private placed = $state.raw<Placed[]>([]);
  private left: ReadonlyMap<string, Box[]> = new Map();
  /** The last heights of each ticket, good enough until its new version is measured. */
  private readonly lastKnown = new Map<string, Measured>();
  private readonly returning = new Set<string>();
  private touchedAt = 0;
  private unsettledSince: number | null = null;

  readonly unmeasured = $derived.by(() =>
    this.store.shown.filter((ticket) => !this.known.has(this.measureKey(ticket))),
  );
  private readonly cards = $derived.by(() => this.store.shown.flatMap((ticket) => this.cardOf(ticket) ?? []));
  readonly pages = $derived(1 + Math.max(0, ...this.placed.flatMap(({ pieces }) => pieces.map((piece) => piece.page))));
  readonly onPage = $derived.by(() => this.shapes());
  /** How far down the page reaches: a phone's one page is as long as it must be. */
  readonly length = $derived(Math.max(0, ...this.onPage.map(({ piece }) => piece.top + piece.height)));
  /** Tickets with news before this page, on it, and after it. */
  readonly news = $derived.by(() => this.newsByPage());

  constructor(
    private readonly store: Shown,
    private readonly layout: Layout,
    private readonly kept: string,
  ) {
    this.wanted = Number(tabStorage.getItem(kept)) || 0;
    $effect(() => {
      void this.cards;
      untrack(() => this.rearrange());
    });
    // Another size of the window or the letters is a new board.
    $effect(() => {
      void [layout.grid.columnWidth, layout.grid.u, layout.grid.height];
      untrack(() => this.startOver());
    });
    $effect(() => {
      if (this.page >= this.pages) this.page = this.pages - 1;
    });
    $effect(() => {
      if (this.wanted === 0 || this.pages <= this.wanted) return;
      this.page = this.wanted;
      this.wanted = 0;
    });
    $effect(() => {
      const timer = setInterval(() => this.settleWhenIdle(), 500);
      return () => clearInterval(timer);
    });
  }

  measureKey(ticket: Ticket): string {
    const { columnWidth, u } = this.layout.grid;
    const folds = partsOf(ticket).map((_, index) => this.foldOf(ticket, index));
    return `${ticket.id}:${ticket.version}:${ticket.items.length}:${columnWidth}:${u}:${folds.join('')}`;
  }

  foldOf(ticket: Ticket, part: number): number {
    return this.folds.get(`${ticket.id}/${part}`) ?? 0;
  }

  measured(found: { ticket: Ticket; heights: Measured }[]): void {
    const next = new Map([...this.known].slice(-MOST_KNOWN));
    const folds = new Map(this.folds);
    for (const { ticket, heights } of found) {
      const key = this.measureKey(ticket);
      const most = this.layout.grid.height - Math.max(heights.head, heights.again) - this.layout.grid.foot;
      const tall = heights.parts.flatMap((height, part) =>
        height > most && this.foldOf(ticket, part) < 2 ? [part] : [],
      );
      for (const part of tall) folds.set(`${ticket.id}/${part}`, this.foldOf(ticket, part) + 1);
      // one that is too tall gets its place once it is folded and measured again
      if (tall.length > 0) continue;
      next.set(key, heights);
      this.lastKnown.set(ticket.id, heights);
    }
    this.known = next;
    this.folds = folds;
  }

  touched(): void {
    this.touchedAt = performance.now();
  }

  turn(by: number): void {
    this.goTo(this.page + by);
  }

  goTo(page: number): void {
    this.settleNow();
    this.page = Math.min(this.pages - 1, Math.max(0, page));
    this.wanted = 0;
    tabStorage.setItem(this.kept, String(this.page));
  }

  /** The page on which a ticket begins. */
  pageOf(id: string): number | null {
    return this.placed.find((each) => each.id === id)?.pieces[0]?.page ?? null;
  }

  /** A ticket is on its way back: into the place that it left, or else into that of its time, whatever moves for it. */
  bringBack(id: string): void {
    this.returning.add(id);
  }

  settleNow(): void {
    this.placed = settle(this.cards, this.layout.grid);
    this.left = new Map();
    this.unsettledSince = null;
  }

  /** Letters of another font have come: everything is measured anew. */
  startOver(): void {
    this.lastKnown.clear();
    this.known = new Map();
    this.folds = new Map();
    this.placed = [];
    this.left = new Map();
  }

  private cardOf(ticket: Ticket): Card | null {
    const heights = this.known.get(this.measureKey(ticket)) ?? this.lastKnown.get(ticket.id);
    if (!heights) return null;
    const parts = partsOf(ticket).map((_, index) => heights.parts[index] ?? this.layout.grid.foot);
    return { id: ticket.id, head: heights.head, again: heights.again, parts };
  }

  private rearrange(): void {
    const { grid } = this.layout;
    const cards = this.cards;
    const ids = new Set(cards.map((card) => card.id));
    const before = this.placed;
    // a new board is laid out once it is known whole
    if (before.length === 0 && this.unmeasured.length > 0) return;
    if (this.hasComeBack(ids)) return this.settleNow();
    this.placed = arrange(before, cards, grid, this.page, this.left);
    this.left = remember(this.left, before, ids);
    if (alike(this.placed, settle(cards, grid))) {
      this.left = new Map();
      this.unsettledSince = null;
    } else this.unsettledSince ??= performance.now();
  }

  /** Whether a ticket that is brought back is here, and the place that it left is not known. */
  private hasComeBack(ids: Set<string>): boolean {
    const back = [...this.returning].filter((id) => ids.has(id));
    for (const id of back) this.returning.delete(id);
    return back.some((id) => !this.left.has(id));
  }

  private settleWhenIdle(): void {
    if (this.unsettledSince === null) return;
    if (performance.now() - Math.max(this.touchedAt, this.unsettledSince) >= IDLE_MS) this.settleNow();
  }

  private shapes(): Shape[] {
    const tickets = new Map(this.store.shown.map((ticket) => [ticket.id, ticket]));
    const cards = new Map(this.cards.map((card) => [card.id, card]));
    const shapes = this.placed.flatMap((placed) => {
      const ticket = tickets.get(placed.id);
      const card = cards.get(placed.id);
      if (!ticket || !card) return [];
      const here = placed.pieces.filter((piece) => piece.page === this.page);
      const more = missing(card, placed, this.page);
      return here.map((piece, index) => {
        const first = piece.from === 0;
        const last = index === here.length - 1;
        const head = first ? card.head : card.again;
        return { key: `${ticket.id}/${piece.from}`, ticket, piece, first, last, more, head };
      });
    });
    return shapes.sort((a, b) => a.piece.column - b.piece.column || a.piece.top - b.piece.top);
  }

  private newsByPage(): { before: number; here: number; after: number } {
    const counts = { before: 0, here: 0, after: 0 };
    for (const { id, pieces } of this.placed) {
      const first = pieces[0];
      if (!first || !this.store.alerts.has(id)) continue;
      counts[first.page < this.page ? 'before' : first.page > this.page ? 'after' : 'here'] += 1;
    }
    return counts;
  }
}
