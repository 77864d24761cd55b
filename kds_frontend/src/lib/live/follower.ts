/** A change as the bridge sends it. */
export interface Change<D = unknown> {
  channel: string;
  type: string;
  subject: string;
  version: number;
  time: string;
  data: D;
}

export type VersionCheck = 'apply' | 'drop' | 'gap';

/** Known + 1 is applied, what is older dropped, anything further on is a gap. */
export function checkVersion(known: number | undefined, version: number): VersionCheck {
  if (known === undefined) return 'apply';
  if (version <= known) return 'drop';
  return version === known + 1 ? 'apply' : 'gap';
}

export interface Snapshot<S> {
  state: S;
  /** The version of each subject that the state holds. */
  versions: Record<string, number>;
}

export interface FollowerOptions<S, D> {
  load: () => Promise<Snapshot<S>>;
  /** Takes a whole snapshot. */
  reset: (state: S) => void;
  /** Takes one change that directly follows what is known. */
  apply: (change: Change<D>) => void;
}

/** Keeps one channel's state equal to the server's: snapshot, then changes in order, no gap, no double. */
export class Follower<S, D> {
  private versions = new Map<string, number>();
  private waiting: Change<D>[] = [];
  private loading: Promise<void> | null = null;
  private loadAgain = false;
  private loaded = false;

  constructor(private readonly options: FollowerOptions<S, D>) {}

  /** A change from the socket. While a snapshot loads, changes wait for it. */
  receive(change: Change<D>): void {
    if (this.loading || !this.loaded) {
      this.waiting.push(change);
      return;
    }
    if (!this.applyIfNext(change)) void this.resync().catch(() => undefined);
  }

  /** Says that this version of a subject is known by another way (an action's own reply). */
  knows(subject: string, version: number): boolean {
    return (this.versions.get(subject) ?? -1) >= version;
  }

  /** Fetches the snapshot; a call during a load makes one more load follow it. */
  resync(): Promise<void> {
    if (this.loading) {
      this.loadAgain = true;
      return this.loading;
    }
    this.loading = this.load().finally(() => (this.loading = null));
    return this.loading;
  }

  private async load(): Promise<void> {
    do {
      this.loadAgain = false;
      const snapshot = await this.options.load();
      this.versions = new Map(Object.entries(snapshot.versions));
      this.loaded = true;
      this.options.reset(snapshot.state);
      if (!this.applyWaiting()) this.loadAgain = true;
    } while (this.loadAgain);
  }

  private applyWaiting(): boolean {
    const waiting = this.waiting;
    this.waiting = [];
    for (const [index, change] of waiting.entries()) {
      if (this.applyIfNext(change)) continue;
      this.waiting = waiting.slice(index);
      return false;
    }
    return true;
  }

  private applyIfNext(change: Change<D>): boolean {
    const check = checkVersion(this.versions.get(change.subject), change.version);
    if (check === 'gap') {
      this.waiting.push(change);
      return false;
    }
    if (check === 'apply') {
      this.versions.set(change.subject, change.version);
      this.options.apply(change);
    }
    return true;
  }
}
