/** How tokens share a wall: pure. */

/** How long one page of tokens is shown, in ms. */
export const TURN_MS = 8000;

export interface Room {
  width: number;
  height: number;
  /** A token's letters, and the gap between tokens, in px. */
  letter: number;
  gap: number;
}

/** A token's size in px: as wide as the longest of the list. */
export function cell(names: string[], letter: number): { width: number; height: number } {
  const longest = Math.max(2, ...names.map((name) => name.length));
  return { width: (longest * 0.66 + 0.5) * letter, height: 1.2 * letter };
}

/** How many tokens of the list fit at once; at least one. */
export function fits(names: string[], { width, height, letter, gap }: Room): { columns: number; rows: number } {
  const size = cell(names, letter);
  return {
    columns: Math.max(1, Math.floor((width + gap) / (size.width + gap))),
    rows: Math.max(1, Math.floor((height + gap) / (size.height + gap))),
  };
}

/** The page that is shown after `turns` turns, and how many there are. */
export function pageOf<T>(all: T[], size: number, turns: number): { shown: T[]; page: number; pages: number } {
  const pages = Math.max(1, Math.ceil(all.length / size));
  const page = turns % pages;
  return { shown: all.slice(page * size, (page + 1) * size), page, pages };
}
