import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { coalesce } from '../src/lib/coalesce';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('many requests as one', () => {
  it('run once, soon after the last', () => {
    const run = vi.fn();
    const { schedule } = coalesce(run, 100, 1000);
    schedule();
    vi.advanceTimersByTime(90);
    schedule();
    vi.advanceTimersByTime(90);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(10);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('are not starved by requests that never rest', () => {
    const run = vi.fn();
    const { schedule } = coalesce(run, 250, 1000);
    for (let passed = 0; passed < 20_000; passed += 100) {
      schedule();
      vi.advanceTimersByTime(100);
    }
    expect(run.mock.calls.length).toBeGreaterThanOrEqual(18);
  });

  it('stop', () => {
    const run = vi.fn();
    const { schedule, stop } = coalesce(run, 100, 1000);
    schedule();
    stop();
    vi.advanceTimersByTime(2000);
    expect(run).not.toHaveBeenCalled();
  });
});
