import { toasts, type KitchenActionName, type Ticket } from '$lib';
import type { Arrangement } from './arrangement.svelte';
import type { BoardStore } from './board.svelte';
import { command, type Command } from './keys';
import type { Bell } from '$lib/bell.svelte';
import { bumpOf, displayNumber, tapOf } from './tickets';

/** What taps and keys do on the board, and what is selected or open. */
export class BoardControls {
  selectedId = $state<string | null>(null);
  /** The selected line of the selected ticket; -1 for the ticket itself. */
  selectedItem = $state(-1);
  recallOpen = $state(false);
  helpOpen = $state(false);

  private readonly tickets = $derived.by(() => {
    const byId = new Map(this.store.shown.map((ticket) => [ticket.id, ticket]));
    return this.arrangement.onPage.map(({ place }) => (place.id ? byId.get(place.id) : undefined));
  });
  private readonly selected = $derived(this.tickets.find((ticket) => ticket?.id === this.selectedId));

  constructor(
    private readonly store: BoardStore,
    private readonly arrangement: Arrangement,
    private readonly bell: Bell,
  ) {}

  /** Acts for a tap, unless the ticket has only just come under the finger. */
  tapped(ticket: Ticket, action: KitchenActionName, itemId?: string): void {
    if (!this.arrangement.justMoved(ticket.id)) this.act(ticket, action, itemId);
  }

  turn(by: 1 | -1): void {
    this.arrangement.turn(by);
    this.selectedId = null;
  }

  recall(ticket: Ticket): void {
    this.store.recall(ticket);
    this.recallOpen = false;
    toasts.good(`${displayNumber(ticket)} is back on the board`);
  }

  key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const what = command(event.key);
    if (!what) return;
    const target = event.target as HTMLElement;
    if (what.kind === 'bump' && this.selectedId === null && target.tagName === 'BUTTON') return;
    if ((this.recallOpen || this.helpOpen) && !['recall', 'help', 'clear'].includes(what.kind)) return;
    event.preventDefault();
    this.arrangement.touched();
    this.run(what);
  }

  private act(ticket: Ticket, action: KitchenActionName, itemId?: string): void {
    this.store.act(action, { ticket, ...(itemId ? { itemId } : {}) });
    if (action === 'bump' && !itemId) toasts.undo(`${displayNumber(ticket)} done`, () => this.store.undo());
    if (action === 'accept_cancel') toasts.show(`Order ${displayNumber(ticket)} cancelled`, 'warn');
  }

  private run(what: Command): void {
    switch (what.kind) {
      case 'select':
        return this.select(this.tickets[what.place]);
      case 'move':
        return this.move(what.by);
      case 'page':
        return this.turn(what.by);
      case 'undo':
        return this.store.undo();
      case 'seen':
        return this.store.clearAlerts();
      case 'sound':
        return this.bell.toggle();
      case 'recall':
        this.recallOpen = !this.recallOpen;
        return;
      case 'help':
        this.helpOpen = !this.helpOpen;
        return;
      case 'clear':
        this.recallOpen = this.helpOpen = false;
        return this.select(undefined);
      case 'bump':
      case 'start':
      case 'rush':
      case 'accept':
      case 'refuse':
        if (this.selected) this.runOn(this.selected, what.kind);
    }
  }

  private runOn(ticket: Ticket, what: 'bump' | 'start' | 'rush' | 'accept' | 'refuse'): void {
    switch (what) {
      case 'bump': {
        const item = ticket.items[this.selectedItem];
        return item ? this.act(ticket, tapOf(item), item.id) : this.act(ticket, bumpOf(ticket));
      }
      case 'start':
        return this.act(ticket, 'start');
      case 'rush':
        return this.act(ticket, ticket.rush ? 'unrush' : 'rush');
      case 'accept':
      case 'refuse':
        if (ticket.cancel_requested) this.act(ticket, `${what}_cancel`);
    }
  }

  private select(ticket: Ticket | undefined): void {
    this.selectedId = ticket?.id ?? null;
    this.selectedItem = -1;
  }

  private move(by: 'left' | 'right' | 'up' | 'down'): void {
    const tickets = this.tickets.filter((ticket) => ticket !== undefined);
    const at = tickets.findIndex((ticket) => ticket.id === this.selectedId);
    if (by === 'left' || by === 'right') {
      const next = tickets[at === -1 ? 0 : at + (by === 'right' ? 1 : -1)];
      if (next) this.select(next);
    } else {
      const last = (tickets[at]?.items.length ?? 0) - 1;
      this.selectedItem = Math.min(last, Math.max(-1, this.selectedItem + (by === 'down' ? 1 : -1)));
    }
  }
}
