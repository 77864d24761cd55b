import { io, type Socket } from 'socket.io-client';
import type { Credentials } from '../api/client';
import type { Change } from './follower';
import { builds } from './build.svelte';

export type LiveState = 'connecting' | 'live' | 'reconnecting' | 'stale';

/** Silence after which a screen must not be trusted. */
export const STALE_AFTER_S = 7;
const CHECK_EVERY_MS = 15_000;

export interface Feed {
  /** Every change of the channel, in the order of arrival. */
  onChange: (change: Change<never>) => void;
  /** After each (re)join: fetch the snapshot. */
  onJoin: () => void | Promise<void>;
  /** Every 15 s while live: compare with the server. */
  onCheck?: () => void | Promise<void>;
  /** The server refused the channel. */
  onRefused?: (reason: string) => void;
}

export interface LiveOptions {
  /** How often to ask for a sign of life, in ms; 0 relies on the socket's own ping. */
  pulseMs?: number;
  /** The session was ended on the server. */
  onRevoked?: () => void;
}

interface ServerEvents {
  hello: (message: { build: string }) => void;
  change: (change: Change<never>) => void;
  expired: () => void;
  revoked: () => void;
}

interface ClientEvents {
  join: (message: { channel: string }, ack: (reply: { ok: boolean; reason?: string }) => void) => void;
  leave: (message: { channel: string }) => void;
}

/** The one socket of a screen: joins channels, survives cuts, knows how old its knowledge is. */
export class Live {
  state = $state<LiveState>('connecting');
  /** Seconds since the server was last heard. */
  silence = $state(0);

  private readonly socket: Socket<ServerEvents, ClientEvents>;
  private readonly feeds = new Map<string, Feed>();
  private readonly joined = new Set<string>();
  private readonly timers: ReturnType<typeof setInterval>[] = [];
  private heardAt = Date.now();
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
      timeout: 6000,
      auth: (give) => give({ token: credentials.token, build: builds.own }),
    });
    this.listen();
    this.timers.push(setInterval(() => this.tick(), 1000));
    this.timers.push(setInterval(() => this.check(), CHECK_EVERY_MS));
    if (options.pulseMs) this.timers.push(setInterval(() => this.pulse(), options.pulseMs));
  }

  /** Follows a channel until the returned function is called. */
  follow(channel: string, feed: Feed): () => void {
    this.feeds.set(channel, feed);
    if (this.socket.connected) this.join(channel, feed);
    return () => {
      this.feeds.delete(channel);
      this.joined.delete(channel);
      if (this.socket.connected) this.socket.emit('leave', { channel });
    };
  }

  close(): void {
    this.closed = true;
    this.timers.forEach(clearInterval);
    clearTimeout(this.retry);
    window.removeEventListener('offline', this.onOffline);
    window.removeEventListener('online', this.onOnline);
    this.socket.disconnect();
  }

  private listen(): void {
    this.socket.on('connect', () => this.onConnect());
    this.socket.on('hello', ({ build }) => builds.seen(build));
    this.socket.on('change', (change) => {
      this.heard();
      this.feeds.get(change.channel)?.onChange(change);
    });
    this.socket.on('expired', () => void this.renewAndConnect());
    this.socket.on('revoked', () => this.options.onRevoked?.());
    this.socket.on('disconnect', (reason) => {
      this.lose();
      if (reason === 'io server disconnect') void this.renewAndConnect();
    });
    this.socket.on('connect_error', () => {
      this.lose();
      if (!this.socket.active) void this.renewAndConnect();
    });
    this.socket.io.on('ping', () => this.heard());
    window.addEventListener('offline', this.onOffline);
    window.addEventListener('online', this.onOnline);
  }

  private readonly onOffline = (): void => this.lose();
  private readonly onOnline = (): void => {
    if (!this.socket.connected) this.socket.connect();
  };

  private onConnect(): void {
    this.heard();
    this.joined.clear();
    if (this.feeds.size === 0) this.state = 'live';
    for (const [channel, feed] of this.feeds) this.join(channel, feed);
  }

  private join(channel: string, feed: Feed): void {
    this.socket.timeout(6000).emit('join', { channel }, (failed, reply) => {
      if (this.feeds.get(channel) !== feed) return;
      if (failed) return this.restart();
      this.heard();
      if (!reply.ok) return feed.onRefused?.(reply.reason ?? 'refused');
      this.joined.add(channel);
      void Promise.resolve(feed.onJoin()).then(
        () => this.settle(),
        () => this.socket.connected && setTimeout(() => this.join(channel, feed), 2000),
      );
    });
  }

  private settle(): void {
    if (this.socket.connected) this.state = 'live';
  }

  /** Asks for a sign of life by joining again what is joined already. */
  private pulse(): void {
    const channel = this.joined.values().next().value;
    if (!this.socket.connected || channel === undefined) return;
    this.socket.timeout(STALE_AFTER_S * 1000).emit('join', { channel }, (failed) => {
      if (!failed) this.heard();
      else if (this.socket.connected && this.silence >= STALE_AFTER_S) this.restart();
    });
  }

  private check(): void {
    if (this.state !== 'live') return;
    for (const feed of this.feeds.values()) void feed.onCheck?.();
  }

  private restart(): void {
    this.lose();
    this.socket.disconnect().connect();
  }

  private heard(): void {
    this.heardAt = Date.now();
    this.silence = 0;
    if (this.state === 'stale' && this.socket.connected && this.joined.size === this.feeds.size) {
      this.state = 'live';
    }
  }

  private lose(): void {
    if (this.state === 'live') this.state = 'reconnecting';
  }

  private tick(): void {
    this.silence = Math.floor((Date.now() - this.heardAt) / 1000);
    const trusting = this.options.pulseMs || !this.socket.connected;
    if (trusting && this.silence >= STALE_AFTER_S) this.state = 'stale';
  }

  private async renewAndConnect(): Promise<void> {
    clearTimeout(this.retry);
    const fresh = await this.credentials.refresh();
    if (this.closed || !this.credentials.token) return;
    this.retry = setTimeout(() => this.socket.connect(), fresh ? 100 : 2000);
  }
}
