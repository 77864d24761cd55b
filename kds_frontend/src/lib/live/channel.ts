import { steady } from '../steady';
import type { Change, Standing } from './follower';

/** Something that a screen shows, and how it is held equal to the server's state. */
export interface Source {
  /** Makes it equal by HTTP: ends when that is proven, and throws where it isn't. Runs at the start, after each join, and on. */
  prove: () => Promise<unknown>;
  /** One change that the socket brought. What is known after it is a `Standing`; anything else says nothing. */
  onChange?: (change: Change) => unknown;
}

/** Changes of one source are shown this often at most, however fast they come. */
export const FRAME_MS = 250;
const PROVE_EVERY_MS = 8000;
const POLL_EVERY_MS = 4000;
const RETRY_MS = 2000;

/** A source with the channels that tell of it: when it was last known to be right, and the work of keeping it so. */
export class Tracked {
  /** Each channel, and since when the socket carries it. */
  readonly joined = new Map<string, number>();
  provenAt = -Infinity;
  /** The last comparison ended without an answer. */
  failed = false;

  private endedAt = -Infinity;
  private proving: Promise<void> | null = null;
  private again = false;
  private shownAt = -Infinity;
  private readonly changes: Change[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly source: Source,
    private readonly onProof: () => void,
  ) {}

  /** The socket carries all of it, and it was proven since. */
  get followed(): boolean {
    return [...this.joined.values()].every((since) => since <= this.provenAt);
  }

  /** The socket is gone, and what it carried with it. */
  lost(): void {
    for (const channel of this.joined.keys()) this.joined.set(channel, Infinity);
    void this.prove();
  }

  isDue(now: number, connected: boolean): boolean {
    const told = connected && ![...this.joined.values()].includes(Infinity);
    return !this.proving && now - this.endedAt >= (this.failed ? RETRY_MS : told ? PROVE_EVERY_MS : POLL_EVERY_MS);
  }

  /** The end of the comparison that is running, if one is. */
  idle(): Promise<void> {
    return this.proving ?? Promise.resolve();
  }

  /** Compares with the server; a call during a comparison makes one more follow it. */
  prove(): Promise<void> {
    if (this.proving) this.again = true;
    this.proving ??= this.run().finally(() => (this.proving = null));
    return this.proving;
  }

  /** Shows a change at once, or together with those that come right after it. */
  receive(change: Change): void {
    this.changes.push(change);
    const wait = this.shownAt + FRAME_MS - performance.now();
    if (wait <= 0) this.show();
    else this.timer ??= setTimeout(() => this.show(), wait);
  }

  close(): void {
    clearTimeout(this.timer);
    this.changes.length = 0;
  }

  private async run(): Promise<void> {
    do {
      this.again = false;
      const began = steady();
      try {
        await this.source.prove();
        this.failed = false;
        this.provenAt = Math.max(this.provenAt, began);
      } catch {
        this.failed = true; // the source keeps why; the screen says that it isn't live
        this.again = false;
      }
      this.endedAt = steady();
      this.onProof();
    } while (this.again);
  }

  private show(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.shownAt = performance.now();
    let standing: unknown;
    for (const change of this.changes.splice(0)) standing = this.source.onChange?.(change);
    if (standing === ('equal' satisfies Standing)) this.provenAt = steady();
    else if (standing === ('lost' satisfies Standing)) void this.prove();
  }
}
