import { describe, expect, it } from 'vitest';
import { geometry, scale, type Choices } from '../src/kitchen/geometry';

const MEDIUM: Choices = { density: 'medium', rail: null };

describe('the board’s sizes', () => {
  it.each([
    [1920, 1080, 1, 5],
    [1366, 768, 0.89, 4],
    [1080, 1920, 1, 3],
    [1024, 600, 0.81, 4],
    [3840, 2160, 2, 5],
  ])('in a window of %i × %i', (width, height, letters, columns) => {
    const { u, columns: found, columnWidth } = geometry(width, height, MEDIUM);
    expect(u).toBeCloseTo(letters, 2);
    expect(found).toBe(columns);
    expect(Math.abs(columnWidth / u - 340)).toBeLessThan(40);
  });

  it('follow the cook’s setting, and are at most ten parts in a hundred larger', () => {
    const columns = (['small', 'medium', 'large'] as const).map(
      (density) => geometry(1920, 1080, { density, rail: null }).columns,
    );
    expect(columns).toEqual([6, 5, 5]);
  });

  it('give the width of the counts to the tickets where they are not wanted', () => {
    const without = geometry(1920, 1080, { density: 'medium', rail: false });
    expect(without.rail).toBe(0);
    expect(without.columns).toBe(6);
    expect(geometry(1366, 768, MEDIUM).rail).toBe(0);
    expect(geometry(1366, 768, { density: 'medium', rail: true }).rail).toBeGreaterThan(0);
  });

  it('are the same upright and lying', () => {
    expect(scale(1920, 1080)).toBe(scale(1080, 1920));
  });

  it('never shrink below what a finger and an eye need', () => {
    const { bar, foot } = geometry(800, 480, MEDIUM);
    expect(bar).toBe(0.75);
    expect(foot).toBe(44);
    expect(geometry(360, 740, MEDIUM).list).toBe(true);
  });
});
