import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '../src/lib/api/error';
import { ActionQueue } from '../src/lib/live/queue';

class MemoryStorage {
  private readonly items = new Map<string, string>();
  get length(): number {
    return this.items.size;
  }
  key(index: number): string | null {
    return [...this.items.keys()][index] ?? null;
  }
  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }
  removeItem(key: string): void {
    this.items.delete(key);
  }
}

interface Tap {
  action_id: string;
}

const offline = (): ApiError => ApiError.offline(new TypeError('failed'));
const refused = (status: number): ApiError => new ApiError(status, 'x', 'No', 'No');

/** A queue over a server that applies each id once. */
function setting(storage = new MemoryStorage()) {
  const server = { fault: null as ((ids: string[]) => ApiError | null) | null, applied: [] as string[], calls: 0 };
  const results: string[] = [];
  const dropped: string[] = [];
  const queue = new ActionQueue<Tap, string>({
    name: 'q',
    storage,
    batch: 3,
    send: (taps) => {
      server.calls++;
      const ids = taps.map((tap) => tap.action_id);
      const fault = server.fault?.(ids);
      if (fault) return Promise.reject(fault);
      ids.filter((id) => !server.applied.includes(id)).forEach((id) => server.applied.push(id));
      return Promise.resolve(ids);
    },
    onResult: (_, result) => results.push(result),
    onRefused: (tap) => dropped.push(tap.action_id),
  });
  return { queue, server, results, dropped, storage };
}

describe('queue', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const taps = (queue: ActionQueue<Tap, string>, ...ids: string[]): void =>
    ids.forEach((action_id) => queue.add({ action_id }));

  it('sends in order and empties', async () => {
    const { queue, server, results } = setting();
    taps(queue, 'a', 'b', 'c', 'd');
    await queue.flush();
    expect(server.applied).toEqual(['a', 'b', 'c', 'd']);
    expect(results).toEqual(['a', 'b', 'c', 'd']);
    expect(queue.size).toBe(0);
  });

  it('keeps taps through a cut and replays them once, in order', async () => {
    const { queue, server } = setting();
    server.fault = offline;
    taps(queue, 'a', 'b');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(queue.size).toBe(2);
    server.fault = null;
    await vi.advanceTimersByTimeAsync(6000);
    expect(server.applied).toEqual(['a', 'b']);
    expect(queue.size).toBe(0);
  });

  it('survives a reload of the screen', async () => {
    const first = setting();
    first.server.fault = offline;
    taps(first.queue, 'a', 'b', 'c');
    await vi.advanceTimersByTimeAsync(10);
    first.queue.close();
    const second = setting(first.storage);
    expect(second.queue.actions.map((tap) => tap.action_id)).toEqual(['a', 'b', 'c']);
    await second.queue.flush();
    expect(second.server.applied).toEqual(['a', 'b', 'c']);
    expect(first.storage.length).toBe(0);
  });

  it('sends again after an answer was lost, and the server applies it once', async () => {
    const { queue, server } = setting();
    let lost = true;
    server.fault = (ids) => {
      if (!lost) return null;
      lost = false;
      server.applied.push(...ids);
      return offline();
    };
    taps(queue, 'a');
    await vi.advanceTimersByTimeAsync(2000);
    expect(server.calls).toBe(2);
    expect(server.applied).toEqual(['a']);
  });

  it('drops only the action that the server refuses for good', async () => {
    const { queue, server, dropped } = setting();
    server.fault = (ids) => (ids.includes('bad') ? refused(422) : null);
    taps(queue, 'a', 'bad', 'c');
    await vi.advanceTimersByTimeAsync(100);
    expect(dropped).toEqual(['bad']);
    expect(server.applied).toEqual(['a', 'c']);
  });

  it('waits for a sign-in instead of losing taps', async () => {
    const { queue, server, dropped } = setting();
    server.fault = () => refused(401);
    taps(queue, 'a');
    await vi.advanceTimersByTimeAsync(3000);
    expect(queue.size).toBe(1);
    server.fault = null;
    await vi.advanceTimersByTimeAsync(6000);
    expect(server.applied).toEqual(['a']);
    expect(dropped).toEqual([]);
  });
});
