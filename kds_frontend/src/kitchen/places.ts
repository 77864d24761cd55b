/** A place on the board, in reading order; without an id it is a gap that keeps others where they are. */
export interface Place {
  id: string | null;
  span: number;
  rush: boolean;
}

/** What wants a place; the list is in board order. */
export interface Claim {
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
 * or into their time order when they are recalled or rushed. Only `tidy` closes gaps and fits sizes.
 */
export function arrange(before: Place[], claims: Claim[], tidy: boolean): Place[] {
  const wanted = new Map(claims.map((claim) => [claim.id, claim]));
  const places = before.map((place) => stay(place, wanted));
  const held = new Set(places.map((place) => place.id));
  const rank = new Map(claims.map((claim, index) => [claim.id, index]));
  trim(places);
  for (const claim of claims) {
    if (!held.has(claim.id)) settle(places, claim, rank);
  }
  return tidy ? fitted(places, wanted) : places;
}

function stay(place: Place, wanted: Map<string, Claim>): Place {
  const claim = place.id === null ? undefined : wanted.get(place.id);
  if (!claim || (claim.rush && !place.rush)) return { id: null, span: place.span, rush: false };
  return { id: claim.id, span: place.span, rush: claim.rush };
}

function fitted(places: Place[], wanted: Map<string, Claim>): Place[] {
  return places.flatMap((place) => {
    const claim = place.id === null ? undefined : wanted.get(place.id);
    return claim ? [{ id: claim.id, span: claim.span, rush: claim.rush }] : [];
  });
}

function settle(places: Place[], claim: Claim, rank: Map<string, number>): void {
  const own = rank.get(claim.id) ?? 0;
  const later = places.findIndex((place) => place.id !== null && (rank.get(place.id) ?? 0) > own);
  const place = { id: claim.id, span: claim.span, rush: claim.rush };
  if (later === -1) {
    places.push(place);
    return;
  }
  let first = later;
  while (first > 0 && places[first - 1]?.id === null) first--;
  const gap = places.slice(first, later).findIndex((candidate) => candidate.span >= claim.span);
  if (gap === -1) {
    places.splice(later, 0, place);
    return;
  }
  const rest = (places[first + gap]?.span ?? claim.span) - claim.span;
  const filler = rest > 0 ? [{ id: null, span: rest, rush: false }] : [];
  places.splice(first + gap, 1, place, ...filler);
}

function trim(places: Place[]): void {
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
