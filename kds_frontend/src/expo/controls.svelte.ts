import type { Bell } from '$lib/bell.svelte';
import type { PassOrder } from '$lib/pass/orders';
import type { ExpoStore } from './expo-store.svelte';
import { command, type Command } from './keys';
import type { Places } from './places.svelte';

export type Act = 'hand_over' | 'undo' | 'rush' | 'fire' | 'clear' | 'accept' | 'refuse';

/** What taps and keys mean at the pass. */
export class ExpoControls {
  selectedId = $state<string | null>(null);
  helpOpen = $state(false);

  constructor(
    private readonly store: ExpoStore,
    private readonly places: Places,
    private readonly bell: Bell,
  ) {}

  /** Acts for a tap, unless the card has only just come under the finger or means something else since. */
  tapped(order: PassOrder, what: Act): void {
    if (this.places.isSteady(order.id)) this.run(order, what);
  }

  key(event: KeyboardEvent, page: (by: 1 | -1) => void): void {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const what = command(event.key);
    if (!what) return;
    const onButton = (event.target as HTMLElement).tagName === 'BUTTON';
    if (what.kind === 'hand_over' && onButton && this.selectedId === null) return;
    if (this.helpOpen && what.kind !== 'help' && what.kind !== 'none') return;
    event.preventDefault();
    if (what.kind === 'page') page(what.by);
    else this.runKey(what);
  }

  private runKey(what: Exclude<Command, { kind: 'page' }>): void {
    switch (what.kind) {
      case 'select':
        this.selectedId = this.store.cards[what.place]?.id ?? null;
        return;
      case 'move':
        return this.move(what.by);
      case 'undo':
        return this.store.undoLast();
      case 'quiet':
        return this.bell.stop();
      case 'sound':
        return this.bell.toggle();
      case 'help':
        this.helpOpen = !this.helpOpen;
        return;
      case 'none':
        this.helpOpen = false;
        this.selectedId = null;
        return;
      default: {
        const order = this.store.cards.find((each) => each.id === this.selectedId);
        if (order) this.run(order, what.kind);
      }
    }
  }

  private run(order: PassOrder, what: Act): void {
    const { store } = this;
    if (what === 'undo') return store.undo(order.id);
    if (store.handedOver.has(order.id) && !store.orders.some((each) => each.id === order.id)) return;
    switch (what) {
      case 'hand_over':
        if (order.cancel !== 'floor' || store.decides) store.handOver(order);
        return;
      case 'rush':
        store.act(order.rush ? 'unrush' : 'rush', order);
        return;
      case 'fire':
        if (order.held.length > 0) store.act('fire', order);
        return;
      case 'clear':
        if (order.voided.length > 0) store.act('clear', order);
        return;
      case 'accept':
      case 'refuse':
        if (order.cancel === 'floor' && store.decides) store.act(`${what}_cancel`, order, 'Decided at the pass');
    }
  }

  private move(by: 1 | -1): void {
    const { cards } = this.store;
    const at = cards.findIndex((order) => order.id === this.selectedId);
    const next = cards[at === -1 ? 0 : at + by];
    if (next) this.selectedId = next.id;
  }
}
