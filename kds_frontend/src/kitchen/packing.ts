/**
 * Where tickets stand on the board: columns of natural heights, read down each column, then right, page by page.
 * Pure: heights are measured elsewhere, in whole pixels.
 */

/** What a ticket needs. Its parts (the note, then the lines) are never broken. */
export interface Card {
  id: string;
  /** The head with all that stays beside it. */
  head: number;
  /** The short head under which it goes on elsewhere. */
  again: number;
  parts: number[];
}

export interface Grid {
  columns: number;
  /** Of a column, without the gap under its last ticket. */
  height: number;
  gap: number;
  /** The row that ends a ticket: how much of it is not on this page. */
  foot: number;
}

export interface Box {
  page: number;
  column: number;
  top: number;
  /** What is kept for it, with the gap below. */
  height: number;
}

/** The parts `from` to `to` (exclusive) of a ticket in one box. */
export interface Piece extends Box {
  from: number;
  to: number;
}

export interface Placed {
  id: string;
  pieces: Piece[];
}

/** What has no place yet: a card's parts from `from` on. */
interface Waiting {
  card: Card;
  from: number;
}

/** The whole board laid out anew, in the order of the cards. */
export function settle(cards: Card[], grid: Grid): Placed[] {
  return merged(
    cards,
    [],
    flow(
      cards.map((card) => ({ card, from: 0 })),
      0,
      grid,
    ),
  );
}

/**
 * The next places, without moving what stands on the pages up to `page`: one that left leaves a hole, which is filled
 * from the front of what waits; one that came back gets its old place, as `left` remembers it.
 */
export function arrange(
  before: Placed[],
  cards: Card[],
  grid: Grid,
  page: number,
  left: ReadonlyMap<string, Box[]> = new Map(),
): Placed[] {
  const byId = new Map(cards.map((card) => [card.id, card]));
  const stand = standing(before, byId, page, left);
  const settled = settle(cards, grid);
  if (keeps(settled, stand, page)) return settled;
  const placed = refit(stand, byId, grid);
  fillHoles(placed, cards, grid, page);
  return merged(cards, placed, flow(waitingFor(placed, cards), page + 1, grid));
}

/** Whether two layouts look alike. */
export function alike(some: Placed[], others: Placed[]): boolean {
  const text = (placed: Placed[]): string =>
    JSON.stringify(placed.map(({ id, pieces }) => [id, pieces.map((p) => [p.page, p.column, p.top, p.from, p.to])]));
  return text(some) === text(others);
}

/** The boxes of tickets that are gone, added to those remembered. */
export function remember(
  left: ReadonlyMap<string, Box[]>,
  before: Placed[],
  after: { has(id: string): boolean },
): Map<string, Box[]> {
  const next = new Map([...left].filter(([id]) => !after.has(id)));
  for (const { id, pieces } of before) if (!after.has(id)) next.set(id, pieces);
  return next;
}

/** How many of its parts are not on a page. */
export function missing(card: Card, placed: Placed, page: number): number {
  const here = placed.pieces.filter((piece) => piece.page === page);
  return card.parts.length - here.reduce((sum, { from, to }) => sum + to - from, 0);
}

function standing(
  before: Placed[],
  byId: Map<string, Card>,
  page: number,
  left: ReadonlyMap<string, Box[]>,
): Map<string, Box[]> {
  const stand = new Map<string, Box[]>();
  for (const { id, pieces } of before) {
    const boxes = pieces.filter((piece) => piece.page <= page);
    if (byId.has(id) && boxes.length > 0) stand.set(id, boxes);
  }
  for (const [id, old] of left) {
    const boxes = old.filter((box) => box.page <= page);
    if (!byId.has(id) || stand.has(id) || boxes.length === 0) continue;
    for (const [other, own] of stand) if (overlap(own, boxes)) stand.delete(other);
    stand.set(id, boxes);
  }
  return stand;
}

function overlap(some: Box[], others: Box[]): boolean {
  return some.some((a) =>
    others.some(
      (b) => a.page === b.page && a.column === b.column && a.top < b.top + b.height && b.top < a.top + a.height,
    ),
  );
}

/** Whether a layout has all that stands where it stands. */
function keeps(layout: Placed[], stand: Map<string, Box[]>, page: number): boolean {
  const places = (boxes: Box[]): string => boxes.map((box) => `${box.page}/${box.column}/${box.top}`).join();
  const found = new Map(layout.map(({ id, pieces }) => [id, places(pieces.filter((piece) => piece.page <= page))]));
  return [...stand].every(([id, boxes]) => found.get(id) === places(boxes));
}

/** Puts standing tickets into their boxes again, which never shrink, and grow where a ticket has grown and room is free. */
function refit(stand: Map<string, Box[]>, byId: Map<string, Card>, grid: Grid): Placed[] {
  const placed: Placed[] = [];
  for (const [id, boxes] of stand) {
    const card = byId.get(id) as Card;
    const taken = [...stand.values()].flat();
    const grown = boxes.map((box) => ({ ...box, height: freeFrom(box, taken, grid) }));
    const same = into(card, boxes, grid);
    const pieces = ends(same) < card.parts.length ? into(card, grown, grid) : same;
    if (pieces.length === 0) {
      stand.delete(id);
      continue;
    }
    const kept = pieces.map((piece) => ({ ...piece, height: Math.max(piece.height, heightAt(boxes, piece)) }));
    stand.set(id, kept);
    placed.push({ id, pieces: kept });
  }
  return placed;
}

/** A ticket's parts in its own boxes, page by page. */
function into(card: Card, boxes: Box[], grid: Grid): Piece[] {
  const pieces: Piece[] = [];
  for (const page of new Set(boxes.map((box) => box.page))) {
    const from = ends(pieces);
    const here = boxes.filter((box) => box.page === page);
    pieces.push(...fit({ card, from }, from, here, grid));
  }
  return pieces;
}

function heightAt(boxes: Box[], piece: Piece): number {
  const old = boxes.find((box) => box.page === piece.page && box.column === piece.column && box.top === piece.top);
  return old?.height ?? 0;
}

/** From a box's top down to what stands below it. */
function freeFrom(box: Box, taken: Box[], grid: Grid): number {
  const below = taken.filter((t) => t.page === box.page && t.column === box.column && t.top > box.top);
  return Math.min(grid.height + grid.gap, ...below.map((t) => t.top)) - box.top;
}

function fillHoles(placed: Placed[], cards: Card[], grid: Grid, page: number): void {
  for (const { card } of waitingFor(placed, cards)) {
    const own = placed.find(({ id }) => id === card.id) ?? { id: card.id, pieces: [] };
    let on = own.pieces[own.pieces.length - 1]?.page ?? 0;
    while (on <= page && ends(own.pieces) < card.parts.length) {
      const from = ends(own.pieces);
      const first = own.pieces.find((piece) => piece.page === on)?.from ?? from;
      const taken = placed.flatMap(({ pieces }) => pieces);
      const pieces = fit({ card, from }, first, holes(taken, on, grid), grid);
      if (pieces.length > 0 && own.pieces.length === 0) placed.push(own);
      own.pieces.push(...pieces);
      // a hole that was too small for one part may hold the next
      if (pieces.length === 0) on += 1;
    }
  }
}

function waitingFor(placed: Placed[], cards: Card[]): Waiting[] {
  const byId = new Map(placed.map((each) => [each.id, each]));
  return cards.flatMap((card) => {
    const own = byId.get(card.id);
    const from = ends(own?.pieces ?? []);
    return own && from >= card.parts.length ? [] : [{ card, from }];
  });
}

/** The first part that none of the pieces has. */
function ends(pieces: Piece[]): number {
  return pieces[pieces.length - 1]?.to ?? 0;
}

/** The free stretches of a page, in reading order. */
function holes(taken: Box[], page: number, grid: Grid): Box[] {
  const found: Box[] = [];
  for (let column = 0; column < grid.columns; column++) {
    let top = 0;
    const down = taken.filter((box) => box.page === page && box.column === column).sort((a, b) => a.top - b.top);
    for (const box of [...down, { top: grid.height + grid.gap, height: 0 }]) {
      if (box.top > top) found.push({ page, column, top, height: box.top - top });
      top = Math.max(top, box.top + box.height);
    }
  }
  return found;
}

/**
 * Puts a ticket into boxes of one page as far as it goes, from the first box on that it can begin in, with room for the
 * row that ends it. `first` is the first of its parts on this page. None fits: no pieces.
 */
function fit(waiting: Waiting, first: number, room: Box[], grid: Grid): Piece[] {
  for (let start = 0; start < room.length; start++) {
    const pieces = fitInto(waiting, first, room.slice(start), grid);
    if (pieces.length > 0) return pieces;
  }
  return [];
}

function fitInto({ card, from }: Waiting, first: number, room: Box[], grid: Grid): Piece[] {
  const { parts } = card;
  const taken: { piece: Piece; box: Box; free: number }[] = [];
  let at = from;
  for (const box of room) {
    if (taken.length > 0 && at >= parts.length) break;
    const free = box.height - grid.gap - (at === 0 ? card.head : card.again);
    let to = filled(parts, at, free);
    const endsHere = to === parts.length && to > at;
    if (endsHere && first > 0 && sum(parts, at, to) + grid.foot > free) to -= 1;
    if (to <= at && parts.length > 0) continue;
    taken.push({ piece: { ...box, from: at, to }, box, free });
    at = to;
  }
  const last = taken[taken.length - 1];
  if (!last) return [];
  const { piece, free } = last;
  const foot = first > 0 || piece.to < parts.length ? grid.foot : 0;
  while (foot && piece.to > piece.from && sum(parts, piece.from, piece.to) + foot > free) piece.to -= 1;
  // a box that can't hold the row that ends the ticket is left out
  if (piece.to === piece.from && parts.length > 0) {
    const others = room.filter((box) => box !== last.box);
    return fitInto({ card, from }, first, others, grid);
  }
  return taken.map(({ piece: each }) => {
    const head = each.from === 0 ? card.head : card.again;
    const own = head + sum(parts, each.from, each.to) + (each === piece ? foot : 0);
    return { ...each, height: own + grid.gap };
  });
}

/** How far the parts from `at` on go into a height. */
function filled(parts: number[], at: number, height: number): number {
  let left = height;
  let to = at;
  for (const part of parts.slice(at)) {
    if (part > left) break;
    left -= part;
    to += 1;
  }
  return to;
}

function sum(parts: number[], from: number, to: number): number {
  return parts.slice(from, to).reduce((total, part) => total + part, 0);
}

/** Lays out what waits on fresh pages, each ticket behind the one before it. */
function flow(waiting: Waiting[], firstPage: number, grid: Grid): Placed[] {
  const whole = grid.height + grid.gap;
  let next = { page: firstPage, column: 0, top: 0 };
  const flowed = waiting.map(({ card, from }) => {
    const pieces: Piece[] = [];
    let at = from;
    do {
      const room = restOf(next, grid);
      let got = fit({ card, from: at }, at, room, grid);
      const fresh = next.column === 0 && next.top === 0;
      // one that no column can hold is cut off rather than lost
      if (got.length === 0 && fresh)
        got = [{ ...next, height: whole, from: at, to: Math.min(at + 1, card.parts.length) }];
      const last = got[got.length - 1];
      at = last?.to ?? at;
      pieces.push(...got);
      if (last && at >= card.parts.length) next = { page: last.page, column: last.column, top: last.top + last.height };
      else next = { page: next.page + 1, column: 0, top: 0 };
    } while (at < card.parts.length);
    return { id: card.id, pieces };
  });
  keepRests(
    flowed.flatMap(({ pieces }) => pieces),
    whole,
  );
  return flowed;
}

function restOf(next: { page: number; column: number; top: number }, grid: Grid): Box[] {
  const whole = grid.height + grid.gap;
  const columns = Array.from({ length: grid.columns - next.column }, (_, index) => next.column + index);
  return columns
    .map((column) => ({ page: next.page, column, top: column === next.column ? next.top : 0 }))
    .map((box) => ({ ...box, height: whole - box.top }))
    .filter((box) => box.height > 0);
}

/** What is left at the end of a full column belongs to its last ticket: it is no hole to fill. */
function keepRests(pieces: Piece[], whole: number): void {
  pieces.forEach((piece, index) => {
    const next = pieces[index + 1];
    if (next && (next.page !== piece.page || next.column !== piece.column)) piece.height = whole - piece.top;
  });
}

/** All places of each ticket, in the order of the cards. */
function merged(cards: Card[], ...layers: Placed[][]): Placed[] {
  const pieces = new Map<string, Piece[]>();
  for (const { id, pieces: own } of layers.flat()) pieces.set(id, [...(pieces.get(id) ?? []), ...own]);
  return cards.map(({ id }) => ({ id, pieces: pieces.get(id) ?? [] }));
}
