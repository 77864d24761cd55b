import type { StorageArea } from '../src/lib/storage.svelte';

/** A device's storage as its tabs see it: what one tab writes, the others hear. */
export class TabStorage implements StorageArea {
  private readonly listeners = new Map<() => void, string>();
  private readonly tabs: TabStorage[];

  constructor(
    private readonly items = new Map<string, string>(),
    others: TabStorage[] = [],
    /** A tab in the background hears nothing until it is looked at. */
    private readonly frozen = false,
  ) {
    this.tabs = others;
    this.tabs.push(this);
  }

  anotherTab(frozen = false): TabStorage {
    return new TabStorage(this.items, this.tabs, frozen);
  }

  get length(): number {
    return this.items.size;
  }

  key(index: number): string | null {
    return [...this.items.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.items.set(key, value);
    this.tell(key);
  }

  removeItem(key: string): void {
    this.items.delete(key);
    this.tell(key);
  }

  onChange(key: string, run: () => void): () => void {
    this.listeners.set(run, key);
    return () => this.listeners.delete(run);
  }

  private tell(key: string): void {
    for (const tab of this.tabs) {
      if (tab === this || tab.frozen) continue;
      for (const [run, heard] of tab.listeners) if (heard === key) run();
    }
  }
}
