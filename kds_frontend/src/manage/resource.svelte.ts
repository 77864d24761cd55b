/** Something loaded from the server: keeps what it had while it loads again. */
export class Resource<T> {
  data = $state.raw<T | null>(null);
  fault = $state<unknown>(null);
  loading = $state(false);
  private turn = 0;

  constructor(private readonly fetch: () => Promise<T>) {}

  /** Never throws: false when the server's answer could not be had. */
  readonly load = async (): Promise<boolean> => {
    const turn = ++this.turn;
    this.loading = true;
    try {
      const data = await this.fetch();
      if (turn === this.turn) this.take(data);
      return true;
    } catch (error) {
      if (turn === this.turn) this.fault = error;
      return false;
    } finally {
      if (turn === this.turn) this.loading = false;
    }
  };

  /** The same again changes nothing on the page. */
  private take(data: T): void {
    if (JSON.stringify(data) !== JSON.stringify(this.data)) this.data = data;
    this.fault = null;
  }
}

/** A long list, newest first: the first page follows the changes, older pages come when asked for. */
export class PagedList<T extends { id: string }> {
  items = $state.raw<T[]>([]);
  next = $state<string | null>(null);
  readonly first: Resource<{ items: T[]; next: string | null }>;
  private older = false;

  constructor(private readonly read: (cursor: string | null) => Promise<{ items: T[]; next: string | null }>) {
    this.first = new Resource(() => read(null));
  }

  /** Loads from the start: after another filter was chosen. */
  readonly restart = async (): Promise<void> => {
    this.older = false;
    await this.refresh();
  };

  /** Loads the first page again and keeps the older ones. */
  readonly refresh = async (): Promise<boolean> => {
    const loaded = await this.first.load();
    const page = this.first.data;
    if (!page || this.first.fault) return loaded;
    const fresh = new Set(page.items.map((item) => item.id));
    const kept = this.older ? this.items.filter((item) => !fresh.has(item.id)) : [];
    this.items = [...page.items, ...kept];
    if (!this.older) this.next = page.next;
    return loaded;
  };

  readonly more = async (): Promise<void> => {
    if (!this.next) return;
    const page = await this.read(this.next);
    const known = new Set(this.items.map((item) => item.id));
    this.items = [...this.items, ...page.items.filter((item) => !known.has(item.id))];
    this.next = page.next;
    this.older = true;
  };
}
