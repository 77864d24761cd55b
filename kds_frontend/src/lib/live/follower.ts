/** A change as the bridge sends it. */
export interface Change<D = unknown> {
  channel: string;
  type: string;
  subject: string;
  version: number;
  time: string;
  data: D;
}

/** What is known after a change: `equal` to the server's state as it was then, `lost` when it must be read again. */
export type Standing = 'equal' | 'lost' | 'unknown';

export type VersionCheck = 'apply' | 'drop' | 'gap';

/** Known + 1 is applied, what is older dropped, anything further on is a gap. */
export function checkVersion(known: number | undefined, version: number): VersionCheck {
  if (known === undefined) return 'apply';
  if (version <= known) return 'drop';
  return version === known + 1 ? 'apply' : 'gap';
}

export interface Snapshot<S> {
  /** Null: the server compared, and what the screen has is its own. */
  state: S | null;
  /** The version of each subject that the state holds. */
  versions: Record<string, number>;
}

export interface FollowerOptions<S, D> {
  /** `whole`: the state can be compared; else it has to be read. */
  load: (whole: boolean) => Promise<Snapshot<S>>;
  /** Takes a whole snapshot. */
  reset: (state: S) => void;
  /** Takes one change that directly follows what is known; false when the state isn't what the change says it is. */
  apply: (change: Change<D>) => boolean;
}

/** Keeps one channel's state equal to the server's: snapshot, then changes in order, no gap, no double. */
export class Follower<S, D> {
  private versions = new Map<string, number>();
  /** What arrived during a load, to be taken over its snapshot. */
  private arrived: Change<D>[] = [];
  private loading = false;
  /** The state is a snapshot and every change since. */
  private whole = false;

  constructor(private readonly options: FollowerOptions<S, D>) {}

  receive(change: Change<D>): Standing {
    if (this.loading) this.arrived.push(change);
    if (this.whole) return this.take(change);
    return this.loading ? 'unknown' : 'lost';
  }

  /** Compares with the server, and takes its snapshot where it differs. One call at a time. */
  async prove(): Promise<void> {
    do {
      this.arrived = [];
      this.loading = true;
      try {
        this.adopt(await this.options.load(this.whole));
      } finally {
        this.loading = false;
      }
    } while (!this.whole);
  }

  /** A snapshot that changes have overtaken while it came says nothing new. */
  private adopt({ state, versions }: Snapshot<S>): void {
    const entries = Object.entries(versions);
    if (this.whole && entries.some(([subject, version]) => version < (this.versions.get(subject) ?? -1))) return;
    this.versions = new Map(entries);
    this.whole = true;
    if (state !== null) this.options.reset(state);
    for (const change of this.arrived) if (this.take(change) === 'lost') return;
  }

  private take(change: Change<D>): Standing {
    const check = checkVersion(this.versions.get(change.subject), change.version);
    if (check === 'drop') return 'unknown';
    if (check === 'apply') {
      this.versions.set(change.subject, change.version);
      if (this.options.apply(change)) return 'equal';
    }
    this.whole = false;
    return 'lost';
  }
}
