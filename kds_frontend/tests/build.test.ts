// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { builds } from '../src/lib';

/** A server that says whether it is the demo, or is not there. */
let answers: (boolean | null)[] = [];
let asked = 0;

beforeEach(() => {
  vi.useFakeTimers();
  asked = 0;
  vi.stubGlobal('fetch', () => {
    asked += 1;
    const demo = answers.length > 1 ? answers.shift() : answers[0];
    if (demo === null) return Promise.reject(new TypeError('not there'));
    const body = { build: 'b', razorpay_simulated: true, outlet_name: 'Rasoi', demo };
    return Promise.resolve(new Response(JSON.stringify(body), { headers: { 'Content-Type': 'application/json' } }));
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('what a screen knows of its build', () => {
  it('is asked again until it is known, then only for as long as it is the demo’s', async () => {
    answers = [null, true, true, false];
    void builds.load();
    await vi.advanceTimersByTimeAsync(0);
    expect([asked, builds.info]).toEqual([1, null]);
    void builds.load();
    await vi.advanceTimersByTimeAsync(0);
    expect([asked, builds.info?.demo]).toEqual([2, true]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([asked, builds.info?.demo]).toEqual([3, true]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([asked, builds.info?.demo]).toEqual([4, false]);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(asked).toBe(4);
    await builds.load();
    expect(asked).toBe(4);
  });
});
