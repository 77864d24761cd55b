import { io, type Socket } from 'socket.io-client';
import type { Credentials } from '../api/client';
import type { Change } from './follower';
import { builds } from './build.svelte';

export type LiveState = 'connecting' | 'live' | 'reconnecting' | 'stale';

/** Silence after which a screen must not be trusted. */
export const STALE_AFTER_S = 7;
const CHECK_EVERY_MS = 15_000;

/** What a screen does with one channel. */
export interface ChannelHandlers {
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
  /** How often to ask the server for an answer, in ms; 0 relies on the socket's own ping. */
  heartbeatMs?: number;
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

/** The one socket of a screen: joins channels, connects again, and knows since when the server has not answered. */
export class Live {
  state = $state<LiveState>('connecting');
  /** Seconds since the last answer or message of the server. */
  silence = $state(0);

  private readonly socket: Socket<ServerEvents, ClientEvents>;
  private readonly channels = new Map<string, ChannelHandlers>();
  private readonly joined = new Set<string>();
  private readonly timers: ReturnType<typeof setInterval>[] = [];
  private answeredAt = Date.now();
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
      auth: (respond) => respond({ token: credentials.token, build: builds.own }),
    });
    this.listen();
    this.timers.push(setInterval(() => this.tick(), 1000));
    this.timers.push(setInterval(() => this.check(), CHECK_EVERY_MS));
    if (options.heartbeatMs) this.timers.push(setInterval(() => this.sendHeartbeat(), options.heartbeatMs));
  }

  /** Follows a channel until the returned function is called. */
  follow(channel: string, handlers: ChannelHandlers): () => void {
    this.channels.set(channel, handlers);
    if (this.socket.connected) this.join(channel, handlers);
    return () => {
      this.channels.delete(channel);
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
    this.socket.on('hello', ({ build }) => builds.onServerBuild(build));
    this.socket.on('change', (change) => {
      this.recordAnswer();
      this.channels.get(change.channel)?.onChange(change);
    });
    this.socket.on('expired', () => void this.renewAndConnect());
    this.socket.on('revoked', () => this.options.onRevoked?.());
    this.socket.on('disconnect', (reason) => {
      this.markReconnecting();
      if (reason === 'io server disconnect') void this.renewAndConnect();
    });
    this.socket.on('connect_error', () => {
      this.markReconnecting();
      if (!this.socket.active) void this.renewAndConnect();
    });
    this.socket.io.on('ping', () => this.recordAnswer());
    window.addEventListener('offline', this.onOffline);
    window.addEventListener('online', this.onOnline);
  }

  private readonly onOffline = (): void => this.markReconnecting();
  private readonly onOnline = (): void => {
    if (!this.socket.connected) this.socket.connect();
  };

  private onConnect(): void {
    this.recordAnswer();
    this.joined.clear();
    if (this.channels.size === 0) this.state = 'live';
    for (const [channel, handlers] of this.channels) this.join(channel, handlers);
  }

  private join(channel: string, handlers: ChannelHandlers): void {
    this.socket.timeout(6000).emit('join', { channel }, (failed, reply) => {
      if (this.channels.get(channel) !== handlers) return;
      if (failed) return this.restart();
      this.recordAnswer();
      if (!reply.ok) return handlers.onRefused?.(reply.reason ?? 'refused');
      this.joined.add(channel);
      void Promise.resolve(handlers.onJoin()).then(
        () => this.markLive(),
        () => this.socket.connected && setTimeout(() => this.join(channel, handlers), 2000),
      );
    });
  }

  private markLive(): void {
    if (this.socket.connected) this.state = 'live';
  }

  /** Asks for an answer by joining again what is joined already. */
  private sendHeartbeat(): void {
    const channel = this.joined.values().next().value;
    if (!this.socket.connected || channel === undefined) return;
    this.socket.timeout(STALE_AFTER_S * 1000).emit('join', { channel }, (failed) => {
      if (!failed) this.recordAnswer();
      else if (this.socket.connected && this.silence >= STALE_AFTER_S) this.restart();
    });
  }

  private check(): void {
    if (this.state !== 'live') return;
    for (const handlers of this.channels.values()) void handlers.onCheck?.();
  }

  private restart(): void {
    this.markReconnecting();
    this.socket.disconnect().connect();
  }

  private recordAnswer(): void {
    this.answeredAt = Date.now();
    this.silence = 0;
    if (this.state === 'stale' && this.socket.connected && this.joined.size === this.channels.size) {
      this.state = 'live';
    }
  }

  private markReconnecting(): void {
    if (this.state === 'live') this.state = 'reconnecting';
  }

  private tick(): void {
    this.silence = Math.floor((Date.now() - this.answeredAt) / 1000);
    const measured = this.options.heartbeatMs || !this.socket.connected;
    if (measured && this.silence >= STALE_AFTER_S) this.state = 'stale';
  }

  private async renewAndConnect(): Promise<void> {
    clearTimeout(this.retry);
    const fresh = await this.credentials.refresh();
    if (this.closed || !this.credentials.token) return;
    this.retry = setTimeout(() => this.socket.connect(), fresh ? 100 : 2000);
  }
}
