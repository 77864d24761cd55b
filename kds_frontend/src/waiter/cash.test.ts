import { describe, expect, it } from 'vitest';
import { breakdown, press, tender, tenders } from './cash';

describe('cash', () => {
  it('offers exact and the next notes', () => {
    expect(tenders(74300)).toEqual([74300, 75000, 80000, 100000]);
    expect(tenders(126000)).toEqual([126000, 130000, 140000, 150000, 200000]);
    expect(tenders(50000)[0]).toBe(50000);
  });
  it('tells change and shortage', () => {
    expect(tender(74300, 80000)).toEqual({ enough: true, change: 5700 });
    expect(tender(74300, 70000)).toEqual({ enough: false, short: 4300 });
  });
  it('types on the pad', () => {
    let typed = '';
    for (const key of ['0', '5', '0', '.', '.', '2', '5', '9']) typed = press(typed, key);
    expect(typed).toBe('50.25');
    expect(press(typed, 'back')).toBe('50.2');
    expect(press(typed, 'clear')).toBe('');
  });
  it('breaks the change into notes that sum to it', () => {
    const parts = breakdown(87800);
    expect(parts.reduce((sum, part) => sum + part.note * part.count, 0)).toBe(87800);
    expect(parts[0]).toEqual({ note: 50000, count: 1 });
  });
});
