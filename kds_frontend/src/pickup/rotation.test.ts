import { describe, expect, it } from 'vitest';
import { cell, fits, pageOf } from './rotation';

describe('tokens on a wall', () => {
  it('are as wide as the longest of them', () => {
    expect(cell(['T1'], 100).width).toBe(cell([], 100).width);
    expect(cell(['T1', 'T1234'], 100).width).toBeGreaterThan(cell(['T1', 'T12'], 100).width);
  });

  it('fill the room, and never more', () => {
    const room = { width: 1000, height: 500, letter: 100, gap: 10 };
    const { columns, rows } = fits(['T12'], room);
    const { width, height } = cell(['T12'], 100);
    expect(columns * width + (columns - 1) * 10).toBeLessThanOrEqual(1000);
    expect((columns + 1) * width + columns * 10).toBeGreaterThan(1000);
    expect(rows * height + (rows - 1) * 10).toBeLessThanOrEqual(500);
    expect((rows + 1) * height + rows * 10).toBeGreaterThan(500);
  });

  it('are at least one, however small the room', () => {
    expect(fits(['T12'], { width: 0, height: 0, letter: 100, gap: 10 })).toEqual({ columns: 1, rows: 1 });
  });

  it('take turns, each shown once a round', () => {
    const all = ['a', 'b', 'c', 'd', 'e'];
    const turns = [0, 1, 2, 3].map((turn) => pageOf(all, 2, turn));
    expect(turns.map((turn) => turn.shown)).toEqual([['a', 'b'], ['c', 'd'], ['e'], ['a', 'b']]);
    expect(turns.map((turn) => [turn.page, turn.pages])).toEqual([
      [0, 3],
      [1, 3],
      [2, 3],
      [0, 3],
    ]);
    expect(pageOf(all, 9, 7)).toEqual({ shown: all, page: 0, pages: 1 });
    expect(pageOf([], 9, 7)).toEqual({ shown: [], page: 0, pages: 1 });
  });
});
