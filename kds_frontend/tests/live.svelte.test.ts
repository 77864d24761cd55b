// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Source } from '../src/lib';
import { Live } from '../src/lib/live/live.svelte';

type Listener = (...args: unknown[]) => void;

/** A socket that a test connects, cuts and fills by hand. */
class Socket {
  connected = false;
  active = true;
  id: string | undefined;
  joins: string[] = [];
  /** Why it refuses to carry a channel. */
  refusal = '';
  private opened = 0;
  private readonly listeners = new Map<string, Listener>();
  on(name: string, run: Listener): void {
    this.listeners.set(name, run);
  }
  timeout(): Socket {
    return this;
  }
  emit(name: string, { channel }: { channel: string }, ack?: Listener): void {
    if (name !== 'join') return;
    this.joins.push(channel);
    ack?.(null, this.refusal ? { ok: false, reason: this.refusal } : { ok: true });
  }
  connect(): void {
    // the test decides when it is there
  }
  disconnect(): Socket {
    return this;
  }
  open(): void {
    this.connected = true;
    this.id = String(++this.opened);
    this.listeners.get('connect')?.();
  }
  cut(): void {
    this.connected = false;
    this.id = undefined;
    this.listeners.get('disconnect')?.('transport close');
  }
  change(version: number): void {
    this.listeners.get('change')?.({ channel: 'floor:1', type: 'x', subject: 's', version, time: '', data: {} });
  }
}

const { socket } = vi.hoisted(() => ({ socket: { current: null as unknown } }));
vi.mock('socket.io-client', () => ({ io: () => socket.current }));

let wire: Socket;
let live: Live;
let server: 'answers' | 'fails' | 'hangs';
let proofs = 0;

const source: Source = {
  prove: () => {
    proofs += 1;
    if (server === 'answers') return Promise.resolve();
    const wait = server === 'hangs' ? 5000 : 10; // a request is given up after 5 s
    return new Promise((_, reject) => setTimeout(() => reject(new Error('no answer')), wait));
  },
};
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

async function open(): Promise<void> {
  wire.open();
  await pass(10);
}

beforeEach(() => {
  vi.useFakeTimers();
  wire = new Socket();
  socket.current = wire;
  server = 'answers';
  proofs = 0;
  live = new Live({ token: 't', refresh: () => Promise.resolve(true) });
});
afterEach(() => {
  live.close();
  vi.useRealTimers();
});

describe('a screen with a socket', () => {
  beforeEach(async () => {
    live.follow(['floor:1'], source);
    await open();
  });

  it('is live, and proves it again and again', async () => {
    expect(live.state).toBe('live');
    const before = proofs;
    await pass(30_000);
    expect(live.state).toBe('live');
    expect(proofs - before).toBeGreaterThanOrEqual(3);
    expect(live.age).toBeLessThan(15);
  });

  it.each(['fails', 'hangs'] as const)(
    'is not live within 15 s while HTTP %s, and again when it answers',
    async (way) => {
      server = way;
      await pass(15_000);
      expect(live.state).not.toBe('live');
      await pass(8000);
      expect(live.state).toBe('stale');
      expect(live.age).toBeGreaterThanOrEqual(15);
      server = 'answers';
      await pass(8000);
      expect(live.state).toBe('live');
    },
  );

  it.each(['fails', 'hangs'] as const)('that comes back after a cut is not live while the snapshot %s', async (way) => {
    server = way;
    wire.cut();
    await pass(3000);
    await open();
    await pass(1000);
    expect(live.state).toBe('reconnecting');
    await pass(10_000);
    expect(live.state).toBe('stale');
  });

  it('does not flicker when the socket is replaced at once', async () => {
    wire.cut();
    await pass(300);
    expect(live.state).toBe('live');
    await open();
    expect(live.state).toBe('live');
  });
});

describe('a screen without a socket', () => {
  it('loads at once and polls, and says so; with a socket it is live by itself', async () => {
    live.follow(['floor:1'], source);
    await pass(10);
    expect(proofs).toBe(1);
    await pass(5000);
    expect(live.state).toBe('polling');
    const before = proofs;
    await pass(20_000);
    expect(proofs - before).toBeGreaterThanOrEqual(4);
    expect(live.state).toBe('polling');
    await open();
    expect(live.state).toBe('live');
    wire.cut();
    await pass(6000);
    expect(live.state).toBe('polling');
  });
});

describe('after sleep', () => {
  it('nothing is believed until it is proven again, also with a clock that was set back', async () => {
    live.follow(['floor:1'], source);
    await open();
    server = 'hangs';
    vi.setSystemTime(Date.now() - 3_600_000);
    await pass(15_000);
    expect(live.state).not.toBe('live');
    server = 'answers';
    await pass(8000);
    expect(live.state).toBe('live');

    vi.setSystemTime(Date.now() + 60_000); // the time slept, which performance.now may not have counted
    server = 'hangs';
    document.dispatchEvent(new Event('visibilitychange'));
    expect(live.state).toBe('reconnecting');
    await pass(8000);
    expect(live.state).toBe('stale');
  });

  it('the network’s word counts at once', async () => {
    live.follow(['floor:1'], source);
    await open();
    window.dispatchEvent(new Event('offline'));
    expect(live.state).toBe('reconnecting');
    const before = proofs;
    window.dispatchEvent(new Event('online'));
    await pass(10);
    expect(proofs).toBe(before + 1);
    expect(live.state).toBe('live');
  });
});

describe('a channel that the server refuses', () => {
  beforeEach(async () => {
    wire.refusal = 'not now';
    live.follow(['floor:1'], source);
    await open();
  });

  it('is asked for again with growing pauses where that is for now, and is live once it is given', async () => {
    expect(wire.joins).toHaveLength(1);
    await pass(1000);
    expect(wire.joins).toHaveLength(2);
    await pass(2000);
    expect(wire.joins).toHaveLength(3);
    await pass(4000 + 8000 + 16_000);
    expect([live.state, wire.joins.length]).toEqual(['polling', 6]);
    await pass(120_000);
    expect(wire.joins).toHaveLength(10); // each 30 s
    wire.refusal = '';
    await pass(30_010);
    expect([live.state, wire.joins.length]).toEqual(['live', 11]);
    await pass(120_000);
    expect(wire.joins).toHaveLength(11);
  });

  it('is asked for by the new connection only, after a cut', async () => {
    wire.cut();
    await pass(500);
    wire.open();
    await pass(600); // the old connection's second is over
    expect(wire.joins).toHaveLength(2);
    await pass(500);
    expect(wire.joins).toHaveLength(3);
  });

  it('is not asked for again where nobody follows it any more, or the page is closed', async () => {
    live.follow(['floor:2'], source).stop();
    await pass(1500);
    expect(wire.joins).toEqual(['floor:1', 'floor:2', 'floor:1']);
    live.close();
    await pass(60_000);
    expect(wire.joins).toHaveLength(3);
  });

  it('for good stays polled', async () => {
    wire.refusal = 'not allowed';
    await pass(120_000);
    expect([live.state, wire.joins.length]).toEqual(['polling', 2]);
  });
});

describe('2,400 changes a minute', () => {
  it('are shown in at most four frames a second, none later than 250 ms, all of them', async () => {
    const seen: [at: number, version: number][] = [];
    live.follow(['floor:1'], { ...source, onChange: ({ version }) => void seen.push([performance.now(), version]) });
    await open();
    const sent = new Map<number, number>();
    for (let version = 1; version <= 400; version++) {
      sent.set(version, performance.now());
      wire.change(version);
      await pass(25);
    }
    await pass(250);
    expect(seen.map(([, version]) => version)).toEqual([...sent.keys()]);
    expect(new Set(seen.map(([at]) => at)).size).toBeLessThanOrEqual(42);
    for (const [at, version] of seen) expect(at - (sent.get(version) ?? 0)).toBeLessThanOrEqual(250);
  });
});
