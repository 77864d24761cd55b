/** A place on the board, in reading order; without an id it is a gap that keeps others where they are. */
export interface Place {
  id: string | null;
  span: number;
  rush: boolean;
}

/** What wants a place; the list is in board order. */
export interface Card {
  id: string;
  span: number;
  rush: boolean;
}

export interface Grid {
  columns: number;
  rows: number;
}

export interface Cell {
  place: Place;
  column: number;
  row: number;
  page: number;
}

/**
 * The next places. Tickets keep theirs, and its size; one that left leaves a gap; new ones come last,
 * or into their time order when they are recalled or rushed. Only `closeGaps` closes gaps and fits sizes.
 */
export function arrange(before: Place[], cards: Card[], closeGaps: boolean): Place[] {
  const byId = new Map(cards.map((card) => [card.id, card]));
  const places = before.map((place) => updated(place, byId));
  const placed = new Set(places.map((place) => place.id));
  const rank = new Map(cards.map((card, index) => [card.id, index]));
  dropTrailingGaps(places);
  for (const card of cards) {
    if (!placed.has(card.id)) insert(places, card, rank);
  }
  return closeGaps ? withoutGaps(places, byId) : places;
}

function updated(place: Place, byId: Map<string, Card>): Place {
  const card = place.id === null ? undefined : byId.get(place.id);
  if (!card || (card.rush && !place.rush)) return { id: null, span: place.span, rush: false };
  return { id: card.id, span: place.span, rush: card.rush };
}

function withoutGaps(places: Place[], byId: Map<string, Card>): Place[] {
  return places.flatMap((place) => {
    const card = place.id === null ? undefined : byId.get(place.id);
    return card ? [{ id: card.id, span: card.span, rush: card.rush }] : [];
  });
}

function insert(places: Place[], card: Card, rank: Map<string, number>): void {
  const own = rank.get(card.id) ?? 0;
  const later = places.findIndex((place) => place.id !== null && (rank.get(place.id) ?? 0) > own);
  const place = { id: card.id, span: card.span, rush: card.rush };
  if (later === -1) {
    places.push(place);
    return;
  }
  let first = later;
  while (first > 0 && places[first - 1]?.id === null) first--;
  const gap = places.slice(first, later).findIndex((candidate) => candidate.span >= card.span);
  if (gap === -1) {
    places.splice(later, 0, place);
    return;
  }
  const rest = (places[first + gap]?.span ?? card.span) - card.span;
  const filler = rest > 0 ? [{ id: null, span: rest, rush: false }] : [];
  places.splice(first + gap, 1, place, ...filler);
}

function dropTrailingGaps(places: Place[]): void {
  while (places.length > 0 && places[places.length - 1]?.id === null) places.pop();
}

/** Where each place stands: rows from the left, a long one never broken over two rows. */
export function cells(places: Place[], grid: Grid): Cell[] {
  let column = 0;
  let row = 0;
  return places.map((place) => {
    const span = Math.min(place.span, grid.columns);
    if (column + span > grid.columns) {
      column = 0;
      row += 1;
    }
    const cell = { place, column, row: row % grid.rows, page: Math.floor(row / grid.rows) };
    column += span;
    return cell;
  });
}

/** Splits lines of known heights into columns of a given height, in order. */
export function pack(heights: number[], room: number, most: number): number[][] {
  const columns: number[][] = [[]];
  let used = 0;
  heights.forEach((height, index) => {
    const current = columns[columns.length - 1] as number[];
    if (used + height > room && current.length > 0 && columns.length < most) {
      columns.push([index]);
      used = height;
    } else {
      current.push(index);
      used += height;
    }
  });
  return columns;
}
