import type { Change, Live } from '$lib';
import { coalesce } from '$lib/coalesce';

const IDLE_MS = 700;
const AT_MOST_MS = 3000;

/** Hands on the changes of the manager’s channel: pages name the kinds of change after which they load again. */
export class ManagerFeed {
  private readonly listeners = new Set<{ kinds: string[]; notify: () => void }>();
  private readonly stop: () => void;

  constructor(live: Live, outletId: number) {
    this.stop = live.follow(`manage:${outletId}`, {
      onJoin: () => this.notify(() => true),
      onChange: (change: Change) => this.notify((kinds) => kinds.some((kind) => change.type.includes(kind))),
    });
  }

  /** Calls `load` soon after changes of these kinds, never more often than it can be read. */
  on(kinds: string[], load: () => void): () => void {
    const { schedule, stop } = coalesce(load, IDLE_MS, AT_MOST_MS);
    const listener = { kinds, notify: schedule };
    this.listeners.add(listener);
    return () => {
      stop();
      this.listeners.delete(listener);
    };
  }

  close(): void {
    this.stop();
  }

  private notify(concerns: (kinds: string[]) => boolean): void {
    for (const listener of this.listeners) if (concerns(listener.kinds)) listener.notify();
  }
}
