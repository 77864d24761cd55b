import { deviceStorage } from '$lib/storage.svelte';
import type { Grid } from './places';

const CARD = 372;
const ROW = 440;
const RAIL = 300;
const BAR = 64;
const GAP = 12;
/** Head, foot and borders of a card, which its lines can't use. */
const FRAME = 190;
const STRIP = 42;
/** A second line of the head, where marks do not fit beside the table's name. */
const MARKS = 38;

/** How the board divides the window; `u` is one pixel of a 1080p wall screen. */
export class Layout {
  width = $state(1920);
  height = $state(1080);
  /** The cook's own size, kept on this device. */
  zoom = $state(Number(deviceStorage.getItem('rasoi.kitchen.zoom')) || 1);

  readonly list = $derived(this.width < 720);
  readonly u = $derived(
    Math.min(2.4, Math.max(0.58, Math.min(this.width / 1920, Math.max(this.height / 1080, 0.6))) * this.zoom),
  );
  readonly rail = $derived(this.list ? 0 : RAIL * this.u);
  readonly room = $derived({
    width: this.width - this.rail - 2 * GAP * this.u,
    height: this.height - Math.max(BAR * this.u, 48) - 2 * GAP * this.u,
  });
  readonly grid: Grid = $derived(
    this.list
      ? { columns: 1, rows: Number.MAX_SAFE_INTEGER }
      : {
          columns: Math.max(1, Math.floor((this.room.width + GAP * this.u) / ((CARD + GAP) * this.u))),
          rows: Math.max(1, Math.floor((this.room.height + GAP * this.u) / ((ROW + GAP) * this.u))),
        },
  );
  readonly cardWidth = $derived((this.room.width - (this.grid.columns - 1) * GAP * this.u) / this.grid.columns);
  readonly cardHeight = $derived(
    this.list ? Infinity : (this.room.height - (this.grid.rows - 1) * GAP * this.u) / this.grid.rows,
  );

  /** The height left for a card's lines. */
  lines(strip: boolean, marks: boolean): number {
    if (this.list) return Infinity;
    return this.cardHeight - (FRAME + (strip ? STRIP : 0) + (marks ? MARKS : 0)) * this.u;
  }

  resize(by: number): void {
    this.zoom = Math.min(1.6, Math.max(0.7, Math.round((this.zoom + by) * 10) / 10));
    deviceStorage.setItem('rasoi.kitchen.zoom', String(this.zoom));
  }
}
