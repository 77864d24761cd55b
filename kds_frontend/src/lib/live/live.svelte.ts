import { io, type Socket } from 'socket.io-client';
import { untrack } from 'svelte';
import type { Credentials } from '../api/client';
import { steady } from '../steady';
import { onWake } from '../wake';
import { builds } from './build.svelte';
import { Tracked, type Source } from './channel';
import type { Change } from './follower';
import { stateOf, type LiveState } from './trust';

/** A socket that is back this soon was never missed: as when it takes a fresh token. */
const BRIEFLY_MS = 1500;
/** A socket that is not there after so long is begun anew, also where the server has taken the connection and says nothing. */
const CONNECT_WITHIN_MS = 15_000;
/** A channel that the server can't give just now is asked for again after so long, then twice as long, up to the last. */
const JOIN_AGAIN_MS = 1000;
const JOIN_AGAIN_AT_MOST_MS = 30_000;

/** A source as its screen holds it. */
export interface Followed {
  /** Compares with the server now; ends when that was tried, well or not. */
  prove(): Promise<void>;
  /** The end of the comparison that is running: after `follow` the first. */
  idle(): Promise<void>;
  /** Follows these channels, and none of the others that were followed before. */
  follow(channels: Iterable<string>): void;
  stop(): void;
}

export interface LiveOptions {
  /** The session was ended on the server. */
  onRevoked?: () => void;
}

interface ServerEvents {
  hello: (message: { build: string }) => void;
  change: (change: Change) => void;
  /** Several of one channel, in order. */
  changes: (changes: Change[]) => void;
  expired: () => void;
  revoked: () => void;
}

interface ClientEvents {
  join: (message: { channel: string }, ack: (reply: { ok: boolean; reason?: string }) => void) => void;
  leave: (message: { channel: string }) => void;
}

/**
 * What a screen knows of the server, and whether it may say so. HTTP is the truth: each source is proven by it at the start
 * and again and again; the socket only tells sooner. Without a socket the screen polls.
 */
export class Live {
  state = $state<LiveState>('connecting');
  /** Seconds since all that is shown was last known to be the server's. */
  age = $state(0);

  private readonly socket: Socket<ServerEvents, ClientEvents>;
  private readonly sources = new Set<Tracked>();
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly stopWaking: () => void;
  private readonly startedAt = steady();
  private lostAt = steady();
  private begunAt = steady();
  /** When the socket last carried everything, and when the screen was last right. */
  private followedAt = steady();
  private rightAt = steady();
  private retry: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

  constructor(
    private readonly credentials: Credentials,
    private readonly options: LiveOptions = {},
  ) {
    this.socket = io({
      path: '/socket.io',
      transports: ['websocket'],
      reconnectionDelay: 400,
      reconnectionDelayMax: 4000,
      timeout: 5000,
      auth: (respond) => respond({ token: credentials.token, build: builds.own }),
    });
    this.listen();
    this.timer = setInterval(() => this.tick(), 1000);
    this.stopWaking = onWake(() => this.wake());
    window.addEventListener('offline', this.onOffline);
  }

  /** Holds a source equal to the server's state, told of changes by these channels, until it is stopped. */
  follow(channels: Iterable<string>, source: Source): Followed {
    const tracked = new Tracked(source, () => this.update());
    this.sources.add(tracked);
    untrack(() => {
      void tracked.prove();
      this.setChannels(tracked, channels);
    });
    return {
      prove: () => tracked.prove(),
      idle: () => tracked.idle(),
      follow: (wanted) => this.setChannels(tracked, wanted),
      stop: () => untrack(() => this.drop(tracked)),
    };
  }

  close(): void {
    this.closed = true;
    clearInterval(this.timer);
    clearTimeout(this.retry);
    this.stopWaking();
    window.removeEventListener('offline', this.onOffline);
    this.sources.forEach((tracked) => tracked.close());
    this.sources.clear();
    this.socket.disconnect();
  }

  private listen(): void {
    this.socket.on('connect', () => {
      for (const tracked of this.sources) for (const channel of tracked.joined.keys()) this.join(tracked, channel);
    });
    this.socket.on('hello', ({ build }) => builds.onServerBuild(build));
    this.socket.on('change', (change) => this.receive(change));
    this.socket.on('changes', (changes) => changes.forEach((change) => this.receive(change)));
    this.socket.on('expired', () => void this.renewAndConnect());
    this.socket.on('revoked', () => this.options.onRevoked?.());
    this.socket.on('disconnect', (reason) => {
      this.onLost();
      if (reason === 'io server disconnect') void this.renewAndConnect();
    });
    this.socket.on('connect_error', () => {
      if (!this.socket.active) void this.renewAndConnect();
    });
  }

  private receive(change: Change): void {
    for (const tracked of this.sources) if (tracked.joined.has(change.channel)) tracked.receive(change);
  }

  private setChannels(tracked: Tracked, wanted: Iterable<string>): void {
    const names = new Set(wanted);
    for (const channel of tracked.joined.keys()) if (!names.has(channel)) this.leave(tracked, channel);
    for (const channel of names) {
      if (tracked.joined.has(channel)) continue;
      tracked.joined.set(channel, Infinity);
      if (this.socket.connected) this.join(tracked, channel);
    }
  }

  /** A channel that the server refuses stays polled; one that it can't give just now is asked for again. */
  private join(tracked: Tracked, channel: string, againMs = JOIN_AGAIN_MS): void {
    const { id } = this.socket;
    this.socket.timeout(5000).emit('join', { channel }, (failed, reply) => {
      if (this.socket.id !== id || tracked.joined.get(channel) !== Infinity) return;
      if (failed) return this.reconnect();
      if (!reply.ok) {
        if (reply.reason === 'not now') this.joinAgain(tracked, channel, againMs);
        return;
      }
      tracked.joined.set(channel, steady());
      void tracked.prove();
    });
  }

  /** After a while, on this same connection: a new one asks for all its channels by itself. */
  private joinAgain(tracked: Tracked, channel: string, afterMs: number): void {
    const { id } = this.socket;
    setTimeout(() => {
      if (this.closed || !this.socket.connected || this.socket.id !== id) return;
      if (tracked.joined.get(channel) !== Infinity) return;
      this.join(tracked, channel, Math.min(2 * afterMs, JOIN_AGAIN_AT_MOST_MS));
    }, afterMs);
  }

  private leave(tracked: Tracked, channel: string): void {
    tracked.joined.delete(channel);
    if (this.socket.connected) this.socket.emit('leave', { channel });
  }

  private drop(tracked: Tracked): void {
    tracked.close();
    if (!this.sources.delete(tracked)) return;
    this.setChannels(tracked, []);
    this.update();
  }

  /** Nobody tells of changes any more: what is shown has to be asked for. */
  private onLost(): void {
    this.lostAt = steady();
    this.sources.forEach((tracked) => tracked.lost());
    this.update();
  }

  private readonly onOffline = (): void => {
    this.sources.forEach((tracked) => (tracked.failed = true));
    this.update();
  };

  /** What was known before a sleep is not believed after it. */
  private wake(): void {
    this.update();
    if (this.state !== 'live') this.rightAt = steady();
    this.sources.forEach((tracked) => void tracked.prove());
    if (!this.socket.connected) this.reconnect();
    this.update();
  }

  private reconnect(): void {
    this.begunAt = steady();
    if (!this.closed) this.socket.disconnect().connect();
  }

  private tick(): void {
    const now = steady();
    if (!this.socket.connected && now - Math.max(this.lostAt, this.begunAt) > CONNECT_WITHIN_MS) this.reconnect();
    for (const tracked of this.sources) if (tracked.isDue(now, this.socket.connected)) void tracked.prove();
    this.update();
  }

  private update(): void {
    if (this.closed) return;
    const now = steady();
    const sources = [...this.sources];
    const provenAt = Math.min(now, ...sources.map((tracked) => tracked.provenAt));
    const proven = provenAt > -Infinity;
    const followed = this.socket.connected && sources.every((tracked) => tracked.followed);
    if (followed) this.followedAt = now;
    this.state = stateOf({
      proven,
      failed: sources.some((tracked) => tracked.failed),
      ageMs: now - provenAt,
      followed,
      briefly: now - this.followedAt < BRIEFLY_MS,
      before: this.state,
      polled: sources.length > 0 && provenAt > this.lostAt,
      unsureMs: now - this.rightAt,
    });
    if (this.state === 'live' || this.state === 'polling') this.rightAt = now;
    this.age = Math.floor((now - (proven ? provenAt : this.startedAt)) / 1000);
  }

  private async renewAndConnect(): Promise<void> {
    clearTimeout(this.retry);
    const fresh = await this.credentials.refresh();
    if (this.closed || !this.credentials.token) return;
    this.retry = setTimeout(() => this.socket.connect(), fresh ? 100 : 2000);
  }
}
