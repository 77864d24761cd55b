import type { Change, Live } from '$lib';

const CALM_MS = 700;
const AT_MOST_MS = 3000;

/** Spreads the office's channel: pages name the kinds of change after which they load again. */
export class ManagerFeed {
  private readonly listeners = new Set<{ kinds: string[]; hear: () => void }>();
  private readonly stop: () => void;

  constructor(live: Live, outletId: number) {
    this.stop = live.follow(`manage:${outletId}`, {
      onJoin: () => this.spread(() => true),
      onChange: (change: Change) => this.spread((kinds) => kinds.some((kind) => change.type.includes(kind))),
    });
  }

  /** Calls `load` soon after changes of these kinds, never more often than it can be read. */
  on(kinds: string[], load: () => void): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let first = 0;
    const hear = (): void => {
      const now = Date.now();
      if (timer === undefined) first = now;
      clearTimeout(timer);
      timer = setTimeout(
        () => {
          timer = undefined;
          load();
        },
        Math.max(0, Math.min(CALM_MS, first + AT_MOST_MS - now)),
      );
    };
    const listener = { kinds, hear };
    this.listeners.add(listener);
    return () => {
      clearTimeout(timer);
      this.listeners.delete(listener);
    };
  }

  close(): void {
    this.stop();
  }

  private spread(concerns: (kinds: string[]) => boolean): void {
    for (const listener of this.listeners) if (concerns(listener.kinds)) listener.hear();
  }
}
