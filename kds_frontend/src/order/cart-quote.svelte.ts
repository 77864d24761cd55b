import { ApiError, explain } from '$lib';
import type { CartLine } from '$lib/ordering/cart';
import type { Quote } from '$lib/types';
import type { GuestStore } from './guest-store.svelte';

/** The cart's price as the server works it out; an answer for an earlier cart is dropped. */
export class CartQuote {
  value = $state.raw<Quote | null>(null);
  loading = $state(false);
  fault = $state('');
  private turn = 0;
  /** The cart whose dishes were looked up again: once is enough to see what is gone. */
  private menuAskedFor: CartLine[] | null = null;

  constructor(private readonly store: GuestStore) {}

  get total(): number {
    return this.value?.totals.total_paise ?? 0;
  }

  /** An answer under way is for another cart. */
  expire(): void {
    this.turn += 1;
  }

  async load(): Promise<void> {
    const turn = ++this.turn;
    this.loading = true;
    this.fault = '';
    try {
      const fresh = await this.store.api.post('/api/orders/quote', { body: this.store.quoteRequest() });
      if (turn === this.turn) this.value = fresh;
    } catch (error) {
      if (turn === this.turn) await this.fail(error);
    } finally {
      if (turn === this.turn) this.loading = false;
    }
  }

  private async fail(error: unknown): Promise<void> {
    this.value = null;
    this.fault = explain(error);
    const { store } = this;
    if (!(error instanceof ApiError) || error.temporary) return;
    if (error.status === 404 && store.openBill) void store.refreshBill();
    if (this.menuAskedFor === store.cart.lines) return;
    this.menuAskedFor = store.cart.lines;
    await store.loadMenu(); // a dish or choice that is gone shows on its line
  }
}
