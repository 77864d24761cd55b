import { describe, expect, it } from 'vitest';
import { breakdown, press, tender, tenders, toTake } from './cash';

describe('cash', () => {
  it('offers exact and the next notes', () => {
    expect(tenders(74300)).toEqual([74300, 75000, 80000, 100000]);
    expect(tenders(126000)).toEqual([126000, 130000, 140000, 150000, 200000]);
    expect(tenders(50000)[0]).toBe(50000);
    expect(tenders(123450)).toEqual([123450, 124000, 125000, 130000, 140000]);
  });
  it('takes what is due, else what brings back an order that ran out of time', () => {
    expect(toTake({ due_paise: 6300, counter_due_paise: 0 })).toBe(6300);
    expect(toTake({ due_paise: 0, counter_due_paise: 31200 })).toBe(31200);
    expect(toTake({ due_paise: -100, counter_due_paise: 0 })).toBe(0);
  });
  it('tells change and shortage', () => {
    expect(tender(74300, 80000)).toEqual({ enough: true, change: 5700 });
    expect(tender(74300, 70000)).toEqual({ enough: false, short: 4300 });
    expect(tender(74300, 74300)).toEqual({ enough: true, change: 0 });
  });
  it('types on the pad', () => {
    let typed = '';
    for (const key of ['0', '5', '0', '.', '.', '2', '5', '9']) typed = press(typed, key);
    expect(typed).toBe('50.25');
    expect(press(typed, 'back')).toBe('50.2');
    expect(press(typed, 'clear')).toBe('');
  });
  it('takes one point, and none before a digit', () => {
    expect(press('50.2', '.')).toBe('50.2');
    expect(press('', '.')).toBe('');
    expect(press('0', '.')).toBe('0.');
    expect(press('0', '7')).toBe('7');
  });
  it('breaks the change into notes that sum to it', () => {
    const parts = breakdown(87800);
    expect(parts.reduce((sum, part) => sum + part.note * part.count, 0)).toBe(87800);
    expect(parts).toEqual([
      { note: 50000, count: 1 },
      { note: 20000, count: 1 },
      { note: 10000, count: 1 },
      { note: 5000, count: 1 },
      { note: 2000, count: 1 },
      { note: 500, count: 1 },
      { note: 200, count: 1 },
      { note: 100, count: 1 },
    ]);
    expect(breakdown(0)).toEqual([]);
  });
});
