import { deviceStorage } from '$lib/storage.svelte';
import { DraftOrder, type DraftContext } from './draft-order.svelte';

/** What is written down on this tablet, table by table; also what was sent and had no answer before a reload. */
export class Drafts {
  private readonly byTable = new Map<string | null, DraftOrder>();

  constructor(private readonly waiter: DraftContext) {}

  of(tableId: string | null): DraftOrder {
    const known = this.byTable.get(tableId);
    if (known) return known;
    const fresh = new DraftOrder(this.waiter, tableId);
    this.byTable.set(tableId, fresh);
    return fresh;
  }

  /** Asks after every order that has no answer yet. */
  resolve(): void {
    for (const tableId of DraftOrder.stored(deviceStorage)) void this.of(tableId).cart.resolve();
  }

  get unanswered(): boolean {
    return [...this.byTable.values()].some((draft) => draft.cart.pending !== null);
  }
}
