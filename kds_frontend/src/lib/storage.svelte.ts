import { untrack } from 'svelte';

/** What screens keep on the device: a browser may forbid it or have no room left, and the screen goes on. */

/** The part of a browser's storage that screens use, with word of other tabs' changes. */
export interface StorageArea {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
  /** Calls `run` when another tab has changed this key, until the returned function is called. */
  onChange(key: string, run: () => void): () => void;
}

export type StorageTrouble = 'forbidden' | 'full';

const FULL = new Set(['QuotaExceededError', 'NS_ERROR_DOM_QUOTA_REACHED']);

/**
 * A browser's storage that never throws. What it doesn't take is held in memory, where this page finds it again,
 * and `trouble` says that a reload will lose it.
 */
export class DeviceStorage implements StorageArea {
  trouble = $state<StorageTrouble | null>(null);
  private readonly memory = new Map<string, string>();

  constructor(private readonly open: () => Storage) {
    this.onDisk((disk) => disk.length);
    if (typeof window === 'undefined') return;
    // what another tab has stored is newer than what this one could not
    window.addEventListener('storage', ({ key, storageArea }) => {
      if (key !== null && this.onDisk((disk) => disk === storageArea)) this.memory.delete(key);
    });
  }

  get length(): number {
    return this.keys().length;
  }

  key(index: number): string | null {
    return this.keys()[index] ?? null;
  }

  getItem(key: string): string | null {
    return this.memory.get(key) ?? this.onDisk((disk) => disk.getItem(key)) ?? null;
  }

  setItem(key: string, value: string): void {
    this.memory.set(key, value);
    this.store();
  }

  removeItem(key: string): void {
    this.memory.delete(key);
    this.onDisk((disk) => disk.removeItem(key));
    this.store();
  }

  onChange(key: string, run: () => void): () => void {
    // a null key: another tab cleared everything
    const listen = (event: StorageEvent): void => {
      if (event.key === key || event.key === null) run();
    };
    window.addEventListener('storage', listen);
    return () => window.removeEventListener('storage', listen);
  }

  /** Stores what is only in memory, as far as there is room. */
  private store(): void {
    for (const [key, value] of this.memory) {
      const stored = this.onDisk((disk) => {
        disk.setItem(key, value);
        return true;
      });
      if (stored) this.memory.delete(key);
    }
    if (this.memory.size === 0) this.tell('full', null);
  }

  private onDisk<T>(use: (disk: Storage) => T): T | undefined {
    try {
      return use(this.open());
    } catch (error) {
      this.tell(null, error instanceof DOMException && FULL.has(error.name) ? 'full' : 'forbidden');
      return undefined;
    }
  }

  /** What is so already isn't said again: reading goes on while a page is being drawn. */
  private tell(before: StorageTrouble | null, now: StorageTrouble | null): void {
    const known = untrack(() => this.trouble);
    if (known !== now && (known === before || now !== null)) this.trouble = now;
  }

  private keys(): string[] {
    const stored = this.onDisk((disk) => Array.from({ length: disk.length }, (_, index) => disk.key(index) ?? ''));
    return [...new Set([...(stored ?? []), ...this.memory.keys()])];
  }
}

/** Shared by all tabs of this device, and kept. */
export const deviceStorage = new DeviceStorage(() => localStorage);
/** This tab's own, kept over reloads. */
export const tabStorage = new DeviceStorage(() => sessionStorage);
