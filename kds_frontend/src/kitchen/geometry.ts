/** Sizes of the board in a window: pure, in CSS pixels. */
import type { Grid } from './packing';

export const DENSITIES = ['small', 'medium', 'large'] as const;
export type Density = (typeof DENSITIES)[number];

/** How large letters are, beside those of the medium setting. */
const LETTERS: Record<Density, number> = { small: 0.85, medium: 1, large: 1.1 };

/** In pixels of a 1080p wall screen; they grow with `u`. */
const COLUMN = 340;
const RAIL = 176;
const BAR = 48;
const GAP = 6;
const FOOT = 44;
/** A finger's width, whatever the screen. */
const TOUCH = 44;
/** Narrower windows are one column that scrolls. */
const PHONE = 760;
/** Narrower bars, in their own pixels, need a second row for a question, news and pages. */
const ONE_ROW = 1100;
/** Wider windows have room for the all-day counts beside five columns. */
const WITH_RAIL = 1700;

export interface Geometry extends Grid {
  /** One pixel of a 1080p wall screen at the medium setting: what all letters are multiples of. */
  u: number;
  /** The same without the cook's own setting: for bars and buttons. */
  bar: number;
  barRows: 1 | 2;
  /** The height of the bar. */
  top: number;
  columnWidth: number;
  /** The width of the all-day counts, 0 where they are not shown. */
  rail: number;
  list: boolean;
}

export interface Choices {
  density: Density;
  /** Whether the all-day counts stand beside the tickets; null: where there is room. */
  rail: boolean | null;
}

/**
 * How large a pixel of the 1080p design is. On larger screens it grows with them; on smaller ones letters shrink less
 * than the screen does (by the third root), since they hang no farther away: 36 px for a dish at 1366 × 768.
 */
export function scale(width: number, height: number): number {
  const [long, short] = width > height ? [width, height] : [height, width];
  const fit = Math.min(long / 1920, short / 1080);
  return fit >= 1 ? Math.min(fit, 2.4) : Math.max(0.75, Math.cbrt(fit));
}

export function geometry(width: number, height: number, { density, rail }: Choices): Geometry {
  const bar = scale(width, height);
  const u = bar * LETTERS[density];
  const list = width < PHONE;
  const barRows = list || width / bar >= ONE_ROW ? 1 : 2;
  const top = barRows * Math.round(Math.max(BAR * bar, TOUCH));
  const gap = Math.round(GAP * bar);
  const railed = !list && (rail ?? (width > height && width / bar >= WITH_RAIL));
  const railWidth = railed ? Math.round(RAIL * u) : 0;
  const room = width - railWidth - gap;
  const columns = list ? 1 : Math.max(1, Math.round(room / (COLUMN * u + gap)));
  return {
    u,
    bar,
    barRows,
    top,
    gap,
    list,
    columns,
    rail: railWidth,
    columnWidth: Math.floor(room / columns) - gap,
    height: list ? Infinity : Math.floor(height - top - 2 * gap),
    foot: Math.round(Math.max(FOOT * bar, TOUCH)),
  };
}
