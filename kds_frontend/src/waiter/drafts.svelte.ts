import { deviceStorage } from '$lib/storage.svelte';
import { DraftOrder, type DraftContext } from './draft-order.svelte';

/** What is written down on this tablet, table by table; also what was sent and had no answer before a reload. */
export class Drafts {
  private readonly byTable = new Map<string | null, DraftOrder>();

  constructor(private readonly waiter: DraftContext) {}

  of(tableId: string | null): DraftOrder {
    const known = this.byTable.get(tableId);
    if (known) return known;
    // of no component, which would take what is derived along when it goes
    $effect.root(() => void this.byTable.set(tableId, new DraftOrder(this.waiter, tableId)));
    return this.byTable.get(tableId) as DraftOrder;
  }

  /** Asks after every order that has no answer yet. */
  resolve(): void {
    for (const tableId of DraftOrder.stored(deviceStorage)) void this.of(tableId).cart.resolve();
  }

  get unanswered(): boolean {
    return [...this.byTable.values()].some((draft) => draft.cart.pending !== null);
  }
}
