import { describe, expect, it } from 'vitest';
import { arrange, cells, pack, type Card, type Place } from '../src/kitchen/places';

const cards = (text: string): Card[] =>
  text
    .split(' ')
    .filter(Boolean)
    .map((word) => ({
      id: word[0] ?? '',
      span: Number(word[1] ?? 1),
      rush: word.endsWith('!'),
    }));
const show = (places: Place[]): string =>
  places.map((place) => `${place.id ?? '_'}${place.span > 1 ? place.span : ''}`).join(' ');
const steps = (...boards: string[]): string =>
  show(boards.reduce<Place[]>((places, board) => arrange(places, cards(board), false), []));

describe('arrange', () => {
  it('places tickets oldest first and new ones at the end', () => {
    expect(steps('a b c', 'a b c d')).toBe('a b c d');
  });

  it('leaves a gap where a ticket was bumped, so that nothing moves', () => {
    expect(steps('a b c', 'a c')).toBe('a _ c');
    expect(steps('a b2 c', 'a c')).toBe('a _2 c');
  });

  it('puts new tickets behind the last, not into a gap before older ones', () => {
    expect(steps('a b c', 'a c', 'a c d')).toBe('a _ c d');
  });

  it('uses the free end again, and starts afresh when empty', () => {
    expect(steps('a b', 'a', 'a c')).toBe('a c');
    expect(steps('a b', '', 'c')).toBe('c');
  });

  it('brings a recalled ticket back into its gap', () => {
    expect(steps('a b c', 'a c', 'a b c')).toBe('a b c');
    expect(steps('a b3 c', 'a c', 'a b c')).toBe('a b _2 c');
  });

  it('makes room in time order when the gap is gone', () => {
    expect(steps('a c', 'a b c')).toBe('a b c');
  });

  it('moves a rushed ticket to the front and leaves its place free', () => {
    expect(steps('a b c', 'c! a b')).toBe('c a b');
    expect(steps('a b c d', 'c! a b d')).toBe('c a b _ d');
  });

  it('keeps the size of a place when its ticket changes', () => {
    expect(steps('a2 b', 'a b')).toBe('a2 b');
    expect(steps('a b', 'a2 b')).toBe('a b');
  });

  it('closes gaps and fits sizes only when told to', () => {
    const places = [cards('a b c'), cards('a c')].reduce<Place[]>((old, next) => arrange(old, next, false), []);
    expect(show(arrange(places, cards('a2 c'), true))).toBe('a2 c');
  });
});

describe('cells', () => {
  it('flows in rows and pages, and never breaks a long ticket', () => {
    const places = arrange([], cards('a b2 c2 d e'), false);
    const at = cells(places, { columns: 3, rows: 2 }).map(({ place, column, row, page }) => [
      place.id,
      page,
      row,
      column,
    ]);
    expect(at).toEqual([
      ['a', 0, 0, 0],
      ['b', 0, 0, 1],
      ['c', 0, 1, 0],
      ['d', 0, 1, 2],
      ['e', 1, 0, 0],
    ]);
  });

  it('keeps a ticket within a narrower board', () => {
    expect(cells(arrange([], cards('a4 b'), false), { columns: 2, rows: 1 }).map((cell) => cell.page)).toEqual([0, 1]);
  });
});

describe('pack', () => {
  it('fills columns from the top and keeps the order', () => {
    expect(pack([50, 60, 40, 30], 100, 4)).toEqual([[0], [1, 2], [3]]);
    expect(pack([10, 10], 100, 4)).toEqual([[0, 1]]);
  });

  it('gives one line taller than a column its own, and ends in the last column', () => {
    expect(pack([150, 20], 100, 4)).toEqual([[0], [1]]);
    expect(pack([90, 90, 90], 100, 2)).toEqual([[0], [1, 2]]);
  });
});
