import { Api, type Change, type Followed, type Live } from '$lib';
import { coalesce } from '$lib/coalesce';

const IDLE_MS = 700;
const AT_MOST_MS = 3000;

/** Reads what a page shows from the server; false when it could not be had. */
type Load = () => Promise<boolean>;

/** Keeps the open page equal to the server: pages name the kinds of change after which they load again. */
export class ManagerFeed {
  private readonly listeners = new Set<{ kinds: string[]; load: Load; notify: () => void }>();
  private readonly followed: Followed;

  constructor(live: Live, outletId: number) {
    this.followed = live.follow([`manage:${outletId}`], {
      prove: () => this.prove(),
      onChange: (change) => this.notify(change),
    });
  }

  /** Calls `load` soon after changes of these kinds, never more often than it can be read, and from time to time to be sure. */
  on(kinds: string[], load: Load): () => void {
    const { schedule, stop } = coalesce(() => void load(), IDLE_MS, AT_MOST_MS);
    const listener = { kinds, load, notify: schedule };
    this.listeners.add(listener);
    return () => {
      stop();
      this.listeners.delete(listener);
    };
  }

  close(): void {
    this.followed.stop();
  }

  /** A page that follows nothing still says whether the server answers. */
  private async prove(): Promise<void> {
    if (this.listeners.size === 0) await new Api().get('/api/build');
    const loaded = await Promise.all([...this.listeners].map((listener) => listener.load()));
    if (loaded.includes(false)) throw new Error('a part of the page was not loaded');
  }

  private notify(change: Change): void {
    for (const listener of this.listeners) {
      if (listener.kinds.some((kind) => change.type.includes(kind))) listener.notify();
    }
  }
}
