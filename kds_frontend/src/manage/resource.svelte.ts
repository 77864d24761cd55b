/** Something loaded from the server: keeps what it had while it loads again. */
export class Resource<T> {
  data = $state.raw<T | null>(null);
  fault = $state<unknown>(null);
  loading = $state(false);
  private turn = 0;

  constructor(private readonly fetch: () => Promise<T>) {}

  readonly load = async (): Promise<void> => {
    const turn = ++this.turn;
    this.loading = true;
    try {
      const data = await this.fetch();
      if (turn !== this.turn) return;
      this.data = data;
      this.fault = null;
    } catch (error) {
      if (turn === this.turn) this.fault = error;
    } finally {
      if (turn === this.turn) this.loading = false;
    }
  };
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
  readonly refresh = async (): Promise<void> => {
    await this.first.load();
    const page = this.first.data;
    if (!page || this.first.fault) return;
    const fresh = new Set(page.items.map((item) => item.id));
    const kept = this.older ? this.items.filter((item) => !fresh.has(item.id)) : [];
    this.items = [...page.items, ...kept];
    if (!this.older) this.next = page.next;
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

/** All pages of a list, up to a bound that keeps the screen usable. */
export async function loadAllPages<T>(
  read: (cursor: string | null) => Promise<{ items: T[]; next: string | null }>,
  most = 1000,
): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page = await read(cursor);
    items.push(...page.items);
    cursor = page.next;
  } while (cursor && items.length < most);
  return items;
}
