import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  alike,
  arrange,
  missing,
  remember,
  settle,
  type Box,
  type Card,
  type Grid,
  type Placed,
} from '../src/kitchen/packing';

const GRID: Grid = { columns: 3, height: 300, gap: 10, foot: 40 };
const card = (id: string, ...parts: number[]): Card => ({ id, head: 60, again: 30, parts });
const shown = (placed: Placed[]): string[] =>
  placed.flatMap(({ id, pieces }) => pieces.map((p) => `${id}${p.from}-${p.to} ${p.page}/${p.column}/${p.top}`));

describe('settled', () => {
  it('reads down each column, then right, each ticket as high as it is', () => {
    const cards = [card('a', 50, 50), card('b', 40), card('c', 90), card('d', 50)];
    expect(shown(settle(cards, GRID))).toEqual(['a0-2 0/0/0', 'b0-1 0/0/170', 'c0-1 0/1/0', 'd0-1 0/1/160']);
  });

  it('goes on in the next column under a short head', () => {
    const cards = [card('a', 100, 70), card('b', 50, 50, 50)];
    expect(shown(settle(cards, GRID))).toEqual(['a0-2 0/0/0', 'b0-3 0/1/0']);
    expect(shown(settle([card('a', 60), card('b', 50, 50, 50)], GRID))).toEqual([
      'a0-1 0/0/0',
      'b0-2 0/0/130',
      'b2-3 0/1/0',
    ]);
  });

  it('leaves room to say how much stands on another page', () => {
    const grid = { ...GRID, columns: 1 };
    // 60 + 4 × 60 is just the height; with one part more, two go on
    expect(shown(settle([card('a', 60, 60, 60, 60)], grid))).toEqual(['a0-4 0/0/0']);
    const cards = [card('a', 60, 60, 60, 60, 60)];
    const [a] = settle(cards, grid);
    expect(shown([a as Placed])).toEqual(['a0-3 0/0/0', 'a3-5 1/0/0']);
    expect([0, 1].map((page) => missing(cards[0] as Card, a as Placed, page))).toEqual([2, 3]);
  });

  it('cuts off what no column can hold, rather than lose it', () => {
    expect(shown(settle([card('a', 900), card('b', 50)], GRID))).toEqual(['a0-1 0/0/0', 'b0-1 0/1/0']);
  });
});

describe('what stands', () => {
  const six = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((id) => card(id, 80));
  const without = (...ids: string[]): Card[] => six.filter(({ id }) => !ids.includes(id));
  const first = settle(six, GRID);

  it('stays where it is, and the front of what waits fills the hole at once', () => {
    expect(shown(first).slice(-2)).toEqual(['g0-1 1/0/0', 'h0-1 1/0/150']);
    const next = arrange(first, without('b'), GRID, 0);
    expect(shown(next)).toEqual([
      'a0-1 0/0/0',
      'c0-1 0/1/0',
      'd0-1 0/1/150',
      'e0-1 0/2/0',
      'f0-1 0/2/150',
      'g0-1 0/0/150',
      'h0-1 1/0/0',
    ]);
    expect(alike(next, settle(without('b'), GRID))).toBe(false);
  });

  it('gets its old place back, and who filled it waits again', () => {
    const next = arrange(first, without('b'), GRID, 0);
    const left = remember(new Map(), first, { has: (id) => id !== 'b' });
    expect(alike(arrange(next, six, GRID, 0, left), first)).toBe(true);
  });

  it('grows into free room, else says that there is more, and moves nothing', () => {
    const grown = without('b').map((each) => (each.id === 'a' ? card('a', 80, 60) : each));
    const alone = grown.filter(({ id }) => id !== 'g' && id !== 'h');
    expect(shown(arrange(first, alone, GRID, 0))[0]).toBe('a0-2 0/0/0');
    const tight = six.map((each) => (each.id === 'a' ? card('a', 40, 40, 60) : each));
    const placed = arrange(first, tight, GRID, 0);
    expect(shown(placed).filter((text) => text.startsWith('a'))).toEqual(['a0-1 0/0/0', 'a1-3 1/0/0']);
    expect(shown(placed)).toContain('b0-1 0/0/150');
  });

  it('leaves out a hole that only its first line fits into, when what follows would not fit with the row that ends it', () => {
    const grid = { columns: 2, height: 400, gap: 8, foot: 64 };
    const now = [card('b', 250), card('c', 120), card('e', 20, 120, 70)];
    const before: Placed[] = [
      { id: 'b', pieces: [{ page: 0, column: 0, top: 88, height: 320, from: 0, to: 1 }] },
      { id: 'c', pieces: [{ page: 0, column: 1, top: 0, height: 188, from: 0, to: 1 }] },
    ];
    expect(shown(arrange(before, now, grid, 0))).toEqual(['b0-1 0/0/88', 'c0-1 0/1/0', 'e0-1 0/1/188', 'e1-3 1/0/0']);
  });

  it('does not keep pages that are not in sight', () => {
    const next = arrange(first, without('g'), GRID, 0);
    expect(shown(next).slice(-1)).toEqual(['h0-1 1/0/0']);
  });
});

/* ---- any tickets in any grid ---- */

// the highest head, the highest part and the foot go into the lowest column
const heights = fc.integer({ min: 20, max: 250 });
const anyGrid: fc.Arbitrary<Grid> = fc.record({
  columns: fc.integer({ min: 1, max: 6 }),
  height: fc.integer({ min: 400, max: 1400 }),
  gap: fc.integer({ min: 0, max: 12 }),
  foot: fc.integer({ min: 30, max: 60 }),
});
const anyCards = fc
  .array(
    fc.record({
      head: fc.integer({ min: 50, max: 90 }),
      again: fc.integer({ min: 20, max: 40 }),
      parts: fc.array(heights, { minLength: 1, maxLength: 30 }),
    }),
    { minLength: 1, maxLength: 25 },
  )
  .map((cards) => cards.map((each, index): Card => ({ id: `t${index}`, ...each })));
/** A failure is told as it is: shrinking one takes minutes. */
const QUICK = { endOnFailure: true, interruptAfterTimeLimit: 20_000 };
/** Which tickets are there after each change. */
const anyChanges = fc.array(fc.array(fc.boolean(), { minLength: 25, maxLength: 25 }), { minLength: 1, maxLength: 6 });

function boxesOf(placed: Placed[]): (Box & { id: string })[] {
  return placed.flatMap(({ id, pieces }) => pieces.map((piece) => ({ ...piece, id })));
}

function check(cards: Card[], placed: Placed[], grid: Grid): void {
  const whole = grid.height + grid.gap;
  cards.forEach((each, index) => {
    const pieces = placed[index]?.pieces ?? [];
    expect(placed[index]?.id).toBe(each.id);
    // every part once, in order
    expect(pieces.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i))).toEqual(
      each.parts.map((_, part) => part),
    );
    for (const page of new Set(pieces.map((piece) => piece.page))) {
      const here = pieces.filter((piece) => piece.page === page);
      const foot = missing(each, placed[index] as Placed, page) > 0;
      here.forEach((piece, at) => {
        const parts = each.parts.slice(piece.from, piece.to).reduce((sum, part) => sum + part, 0);
        const own =
          (piece.from === 0 ? each.head : each.again) + parts + (foot && at === here.length - 1 ? grid.foot : 0);
        expect(own + grid.gap).toBeLessThanOrEqual(piece.height);
      });
    }
  });
  const boxes = boxesOf(placed);
  for (const box of boxes) {
    expect(box.column).toBeLessThan(grid.columns);
    expect(box.top).toBeGreaterThanOrEqual(0);
    expect(box.top + box.height).toBeLessThanOrEqual(whole);
  }
  const sorted = [...boxes].sort((a, b) => a.page - b.page || a.column - b.column || a.top - b.top);
  sorted.forEach((box, index) => {
    const next = sorted[index + 1];
    if (next && next.page === box.page && next.column === box.column) {
      expect(box.top + box.height).toBeLessThanOrEqual(next.top);
    }
  });
}

describe('any tickets', () => {
  it('stand whole, within their columns and apart, and in order', () => {
    fc.assert(
      fc.property(anyCards, anyGrid, (cards, grid) => {
        const placed = settle(cards, grid);
        check(cards, placed, grid);
        const reading = boxesOf(placed).map((box) => box.page * 1e6 + box.column * 1e4 + box.top);
        expect(reading).toEqual([...reading].sort((a, b) => a - b));
      }),
      { numRuns: 200, ...QUICK },
    );
  });

  it('keep their places through any changes, and leave no hole that one of those that wait could fill', () => {
    fc.assert(
      fc.property(anyCards, anyGrid, anyChanges, fc.nat(3), (cards, grid, changes, seen) => {
        let placed = settle(cards, grid);
        let left: Map<string, Box[]> = new Map();
        for (const present of changes) {
          const now = cards.filter((_, index) => present[index]);
          const pages = 1 + Math.max(0, ...boxesOf(placed).map((box) => box.page));
          const page = Math.min(seen, pages - 1);
          const before = placed;
          placed = arrange(before, now, grid, page, left);
          check(now, placed, grid);
          stood(before, placed, left, page);
          filled(now, placed, grid, page);
          left = remember(left, before, new Set(now.map(({ id }) => id)));
        }
      }),
      { numRuns: 150, ...QUICK },
    );
  });

  it('come back to the very place that they left', () => {
    fc.assert(
      fc.property(anyCards, anyGrid, fc.nat(24), (cards, grid, which) => {
        const gone = cards[which % cards.length] as Card;
        const first = settle(cards, grid);
        const rest = cards.filter((each) => each !== gone);
        const left = remember(new Map(), first, new Set(rest.map(({ id }) => id)));
        const back = arrange(arrange(first, rest, grid, 0), cards, grid, 0, left);
        const places = (of: Placed[]): string[] =>
          boxesOf(of)
            .filter((box) => box.page === 0)
            .map((box) => `${box.id} ${box.column}/${box.top}`);
        expect(places(back)).toEqual(expect.arrayContaining(places(first)));
      }),
      { numRuns: 150, ...QUICK },
    );
  });
});

/** Nothing on the pages in sight moved, but for who had to give a place back. */
function stood(before: Placed[], after: Placed[], left: Map<string, Box[]>, page: number): void {
  const now = new Map(after.map((each) => [each.id, boxesOf([each])]));
  for (const each of before) {
    const boxes = boxesOf([each]).filter((box) => box.page <= page);
    const next = now.get(each.id);
    if (!next || boxes.length === 0) continue;
    const evicted = [...left.keys()].some((id) => now.has(id));
    const firstBox = next.find((box) => box.page <= page);
    if (evicted) continue;
    expect(`${firstBox?.page}/${firstBox?.column}/${firstBox?.top}`).toBe(
      `${boxes[0]?.page}/${boxes[0]?.column}/${boxes[0]?.top}`,
    );
  }
}

/** No free stretch of the page in sight holds the head and the next part of one that waits, with the row that ends it. */
function filled(cards: Card[], placed: Placed[], grid: Grid, page: number): void {
  const boxes = boxesOf(placed);
  const settled = alike(placed, settle(cards, grid));
  if (settled) return;
  const waiting = placed.flatMap(({ pieces }, index) => {
    const next = pieces.find((piece) => piece.page > page);
    const own = cards[index] as Card;
    if (!next) return [];
    return [(next.from === 0 ? own.head : own.again) + (own.parts[next.from] ?? 0) + grid.foot + grid.gap];
  });
  const least = Math.min(...waiting);
  for (let column = 0; column < grid.columns; column++) {
    const down = boxes.filter((box) => box.page === page && box.column === column).sort((a, b) => a.top - b.top);
    let top = 0;
    for (const box of [...down, { top: grid.height + grid.gap, height: 0 }]) {
      expect(box.top - top).toBeLessThan(least);
      top = box.top + box.height;
    }
  }
}
