import { describe, expect, it } from 'vitest';
import { businessDay, daysUpTo, quantity } from '../src/manage/labels';

describe('days', () => {
  it('turns at the cutoff in the outlet’s own timezone', () => {
    const at = (time: string): string => businessDay(Date.parse(time), 'Asia/Kolkata', 240);
    expect(at('2026-11-20T22:29:00Z')).toBe('2026-11-20');
    expect(at('2026-11-20T22:31:00Z')).toBe('2026-11-21');
  });

  it('lists days over a month’s end', () => {
    expect(daysUpTo('2026-03-02', 3)).toEqual(['2026-02-28', '2026-03-01', '2026-03-02']);
  });
});

describe('quantity', () => {
  it('speaks in the unit that a person would', () => {
    expect(quantity(8_500_000, 'g')).toBe('8.5 kg');
    expect(quantity(250_000, 'ml')).toBe('250 ml');
    expect(quantity(-300_000, 'g')).toBe('-300 g');
    expect(quantity(12_000, 'pcs')).toBe('12 pcs');
  });
});
