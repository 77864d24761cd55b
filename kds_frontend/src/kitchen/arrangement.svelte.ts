import { untrack } from 'svelte';
import type { Ticket } from '$lib';
import type { Layout } from './layout.svelte';
import { arrange, cells, pack, type Place } from './places';
import { hasMarks } from './tickets';

/** How long after the last touch the board may close its gaps, and how long a moved ticket ignores taps. */
const IDLE_MS = 5000;
const IGNORE_TAPS_MS = 600;
const SMALLER = 0.72;
const MAX_HEIGHTS = 400;
/** A line's height before it is measured, in pixels of a 1080p wall screen. */
const GUESSED_LINE = 64;

/** What the arrangement asks of the board's store. */
interface Shown {
  readonly shown: Ticket[];
  readonly alerts: { has(id: string): boolean };
}

/** Which ticket stands where, and over how many columns and pages. To be made within a component. */
export class Arrangement {
  /** Heights of each ticket's note and lines, by `measureKey`. */
  private heights = $state.raw(new Map<string, number[]>());
  private places = $state.raw<Place[]>([]);
  page = $state(0);
  /** Heights of a ticket's earlier version, good enough until the new one is measured. */
  private readonly lastHeights = new Map<string, number[]>();
  private readonly movedAt = new Map<string, number>();
  private touchedAt = 0;

  private readonly cells = $derived.by(() => cells(this.places, this.layout.grid));
  readonly pages = $derived(Math.max(1, ...this.cells.filter((cell) => cell.place.id).map((cell) => cell.page + 1)));
  readonly onPage = $derived(this.cells.filter((cell) => cell.page === this.page));
  private readonly cards = $derived.by(() =>
    this.store.shown
      .filter((ticket) => this.lastHeights.has(ticket.id) || this.heights.has(this.measureKey(ticket)))
      .map((ticket) => ({ id: ticket.id, span: this.divide(ticket).columns.length, rush: ticket.rush })),
  );
  readonly unmeasured = $derived.by(() =>
    this.store.shown.filter((ticket) => !this.heights.has(this.measureKey(ticket))),
  );

  constructor(
    private readonly store: Shown,
    private readonly layout: Layout,
  ) {
    $effect(() => {
      void this.cards;
      untrack(() => this.rearrange(false));
    });
    // Another size of the window or the letters is a new board.
    $effect(() => {
      void [layout.cardWidth, layout.u, layout.grid.rows];
      untrack(() => this.startOver());
    });
    $effect(() => {
      if (this.page >= this.pages) this.page = this.pages - 1;
    });
    $effect(() => {
      const timer = setInterval(() => this.closeGapsWhenIdle(), 1000);
      return () => clearInterval(timer);
    });
  }

  measureKey(ticket: Ticket): string {
    const { cardWidth, u } = this.layout;
    return `${ticket.id}:${ticket.version}:${ticket.items.length}:${Math.round(cardWidth)}:${u}`;
  }

  measured(found: { key: string; id: string; heights: number[] }[]): void {
    const next = new Map([...this.heights].slice(-MAX_HEIGHTS));
    for (const { key, id, heights } of found) {
      next.set(key, heights);
      this.lastHeights.set(id, heights);
    }
    this.heights = next;
  }

  /** How a ticket's lines are divided into columns; where a column is still too long, all lines get smaller. */
  divide(ticket: Ticket, most = this.layout.grid.columns): { columns: number[][]; scale: number } {
    const known = this.heights.get(this.measureKey(ticket)) ?? this.lastHeights.get(ticket.id) ?? [];
    const [note = 0, ...lines] =
      known.length === ticket.items.length + 1 ? known : [0, ...ticket.items.map(() => GUESSED_LINE * this.layout.u)];
    const heights = lines.map((height, index) => (index === 0 ? height + note : height));
    const marks = this.store.alerts.has(ticket.id) || hasMarks(ticket);
    const room = this.layout.lines(ticket.other_stations.length > 0, marks);
    const columns = pack(heights, room, most);
    const tallest = Math.max(...columns.map((column) => column.reduce((sum, index) => sum + (heights[index] ?? 0), 0)));
    if (tallest <= room) return { columns, scale: 1 };
    return { columns: pack(heights, room / SMALLER, most), scale: SMALLER };
  }

  touched(): void {
    this.touchedAt = Date.now();
  }

  /** Whether a ticket has only just come under the finger. */
  justMoved(id: string): boolean {
    return Date.now() - (this.movedAt.get(id) ?? 0) < IGNORE_TAPS_MS;
  }

  turn(by: 1 | -1): void {
    this.rearrange(true);
    this.page = Math.min(this.pages - 1, Math.max(0, this.page + by));
  }

  private startOver(): void {
    this.places = [];
    this.lastHeights.clear();
    this.heights = new Map();
  }

  private rearrange(closeGaps: boolean): void {
    const before = new Map(this.cells.map((cell) => [cell.place.id, `${cell.page}/${cell.row}/${cell.column}`]));
    this.places = arrange(this.places, this.cards, closeGaps);
    for (const { place, page, row, column } of this.cells) {
      if (place.id && before.get(place.id) !== `${page}/${row}/${column}`) this.movedAt.set(place.id, Date.now());
    }
  }

  private closeGapsWhenIdle(): void {
    const gaps = this.places.some((place) => place.id === null);
    const overflow = this.cells.some((cell) => cell.page > 0 && cell.place.id);
    if (gaps && overflow && Date.now() - this.touchedAt > IDLE_MS) this.rearrange(true);
  }
}
