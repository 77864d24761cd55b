import { ApiError } from '../api/error';

export interface QueueOptions<A, R> {
  /** Prefix of the keys in storage, one per kind of screen. */
  name: string;
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;
  /** Sends some actions in order; resolves with one result each. */
  send: (actions: A[]) => Promise<R[]>;
  onResult: (action: A, result: R) => void;
  /** The server will never take this action. */
  onRefused: (action: A, error: ApiError) => void;
  onChange?: (waiting: number) => void;
  batch?: number;
}

/**
 * Actions that must reach the server once and in order, whatever the network does.
 * Each carries an id of its own, so that a second sending changes nothing.
 */
export class ActionQueue<A extends { action_id: string }, R> {
  private readonly waiting: { key: string; action: A }[] = [];
  private running: Promise<void> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private last = 0;
  private closed = false;

  constructor(private readonly options: QueueOptions<A, R>) {
    this.restore();
  }

  get size(): number {
    return this.waiting.length;
  }

  get actions(): A[] {
    return this.waiting.map((entry) => entry.action);
  }

  /** Keeps the action, then sends it as soon as the network allows. */
  add(action: A): void {
    const key = this.keyFor(action);
    this.options.storage.setItem(key, JSON.stringify(action));
    this.waiting.push({ key, action });
    this.options.onChange?.(this.size);
    void this.flush();
  }

  /** Stops trying; what waits stays in storage for the next queue of this name. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  /** Sends what waits, in order; one flush runs at a time. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.running ??= this.drain().finally(() => (this.running = null));
    return this.running;
  }

  private async drain(): Promise<void> {
    let size = this.options.batch ?? 50;
    while (this.waiting.length > 0 && !this.closed) {
      const batch = this.waiting.slice(0, size);
      try {
        const results = await this.options.send(batch.map((entry) => entry.action));
        this.failures = 0;
        batch.forEach((entry, index) => this.finish(entry, results[index] as R));
      } catch (error) {
        if (!(error instanceof ApiError) || error.temporary || error.status === 401) return this.retryLater();
        if (batch.length > 1) size = 1;
        else this.refuse(batch[0] as { key: string; action: A }, error);
      }
    }
  }

  private finish(entry: { key: string; action: A }, result: R): void {
    this.remove(entry);
    this.options.onResult(entry.action, result);
  }

  private refuse(entry: { key: string; action: A }, error: ApiError): void {
    this.remove(entry);
    this.options.onRefused(entry.action, error);
  }

  private remove(entry: { key: string; action: A }): void {
    this.options.storage.removeItem(entry.key);
    this.waiting.splice(this.waiting.indexOf(entry), 1);
    this.options.onChange?.(this.size);
  }

  private retryLater(): void {
    if (this.closed) return;
    const wait = Math.min(500 * 2 ** this.failures++, 5000);
    this.timer = setTimeout(() => void this.flush(), wait);
  }

  private keyFor(action: A): string {
    this.last = Math.max(this.last + 1, Date.now());
    return `${this.options.name}:${String(this.last).padStart(16, '0')}:${action.action_id}`;
  }

  private restore(): void {
    const { storage, name } = this.options;
    const keys: string[] = [];
    for (let index = 0; index < storage.length; index++) {
      const key = storage.key(index);
      if (key?.startsWith(`${name}:`)) keys.push(key);
    }
    // a clock that was set back puts no later action before these
    this.last = Math.max(0, ...keys.map((key) => Number(key.slice(name.length + 1, name.length + 17)) || 0));
    for (const key of keys.sort()) {
      try {
        this.waiting.push({ key, action: JSON.parse(storage.getItem(key) ?? '') as A });
      } catch {
        storage.removeItem(key);
      }
    }
  }
}
