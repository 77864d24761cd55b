import { deviceStorage, type StorageArea } from './storage.svelte';

interface Versioned<T> {
  version: number;
  value: T;
}

export interface SharedValueOptions<T> {
  /** What stands where nothing readable is stored. */
  empty: () => T;
  storage?: StorageArea;
  /** Another tab has changed the value. */
  onRemote?: (now: T, before: T) => void;
}

/**
 * One value that all tabs of this device share. Every change starts from what is stored at that moment,
 * so no tab undoes another's, and the others hear of it.
 */
export class SharedValue<T extends object> {
  private current: Versioned<T> = $state.raw({ version: 0, value: {} as T });
  private readonly storage: StorageArea;
  private readonly stop: () => void;

  constructor(
    private readonly key: string,
    private readonly options: SharedValueOptions<T>,
  ) {
    this.storage = options.storage ?? deviceStorage;
    this.current = this.read() ?? { version: 0, value: options.empty() };
    this.stop = this.storage.onChange(key, () => {
      const before = this.current.value;
      const now = this.refresh();
      if (now !== before) options.onRemote?.(now, before);
    });
  }

  /** Grows with every change, whichever tab made it. */
  get version(): number {
    return this.current.version;
  }

  get value(): T {
    return this.current.value;
  }

  /** What is stored now, also when no word of it has come yet. */
  refresh(): T {
    const stored = this.read();
    if (stored && stored.version !== this.current.version) this.current = stored;
    return this.current.value;
  }

  /** Makes the next value of what is stored now; returning the same one changes nothing. */
  change(make: (now: T) => T): T {
    const before = this.refresh();
    const value = make(before);
    if (value === before) return value;
    this.current = { version: this.current.version + 1, value };
    this.storage.setItem(this.key, JSON.stringify(this.current));
    return value;
  }

  close(): void {
    this.stop();
  }

  private read(): Versioned<T> | null {
    try {
      const found = JSON.parse(this.storage.getItem(this.key) ?? 'null') as Partial<Versioned<T>> | null;
      if (!found || typeof found.version !== 'number' || typeof found.value !== 'object') return null;
      return { version: found.version, value: { ...this.options.empty(), ...found.value } };
    } catch {
      return null;
    }
  }
}
