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

/**
 * localStorage that never throws. What it doesn't take is held in memory, where this page finds it again,
 * and `trouble` says that a reload will lose it.
 */
export class DeviceStorage implements StorageArea {
  trouble = $state<StorageTrouble | null>(null);
  private readonly memory = new Map<string, string>();
  private readonly disk: Storage | null;

  constructor(open: () => Storage = () => localStorage) {
    this.disk = usable(open);
    if (!this.disk) this.trouble = 'forbidden';
  }

  get length(): number {
    return this.keys().length;
  }

  key(index: number): string | null {
    return this.keys()[index] ?? null;
  }

  getItem(key: string): string | null {
    return this.memory.get(key) ?? this.disk?.getItem(key) ?? null;
  }

  setItem(key: string, value: string): void {
    try {
      if (!this.disk) throw new Error('no storage');
      this.disk.setItem(key, value);
      this.memory.delete(key);
      this.trouble = this.memory.size ? this.trouble : null;
    } catch {
      this.memory.set(key, value);
      this.trouble ??= 'full';
    }
  }

  removeItem(key: string): void {
    this.memory.delete(key);
    this.disk?.removeItem(key);
  }

  onChange(key: string, run: () => void): () => void {
    // a null key: another tab cleared everything
    const listen = (event: StorageEvent): void => {
      if (event.key === key || event.key === null) run();
    };
    window.addEventListener('storage', listen);
    return () => window.removeEventListener('storage', listen);
  }

  private keys(): string[] {
    const { disk } = this;
    const stored = disk ? Array.from({ length: disk.length }, (_, index) => disk.key(index) ?? '') : [];
    return [...new Set([...stored, ...this.memory.keys()])];
  }
}

function usable(open: () => Storage): Storage | null {
  try {
    const disk = open();
    void disk.length;
    return disk;
  } catch {
    return null;
  }
}

export const deviceStorage = new DeviceStorage();
