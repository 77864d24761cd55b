import { afterEach, describe, expect, it } from 'vitest';
import { clock } from '$lib/clock.svelte';
import { BusinessDay } from './business-day.svelte';

const opened = async (): Promise<BusinessDay> => {
  const day = new BusinessDay(() => Promise.resolve({ timezone: 'Asia/Kolkata', day_cutoff_minutes: 240 }));
  await day.load();
  return day;
};
const now = clock.now;
afterEach(() => (clock.now = now));

describe("a page's business day", () => {
  it('turns with the cut-off while the page stays open', async () => {
    clock.now = Date.parse('2026-11-28T22:29:59Z'); // 3:59:59 am in the outlet
    const day = await opened();
    expect([day.today, day.shown]).toEqual(['2026-11-28', '2026-11-28']);
    clock.now += 1000;
    expect([day.today, day.shown]).toEqual(['2026-11-29', '2026-11-29']);
  });

  it('stays where somebody put it, and follows again when that is today', async () => {
    clock.now = Date.parse('2026-11-28T12:00:00Z');
    const day = await opened();
    day.choose('2026-11-20');
    clock.now += 86_400_000;
    expect(day.shown).toBe('2026-11-20');
    day.choose('2026-11-29');
    clock.now += 86_400_000;
    expect(day.shown).toBe('2026-11-30');
  });
});
