import { toasts, type KitchenActionName, type Ticket } from '$lib';
import type { Arrangement } from './arrangement.svelte';
import type { BoardStore } from './board.svelte';
import { Guard } from './guard';
import { command, type Command } from './keys';
import type { Layout } from './layout.svelte';
import type { Bell } from '$lib/bell.svelte';
import { asksKitchen, displayNumber, headAction, isDone, isVoided, tapOf } from './tickets';

type OnTicket = 'bump' | 'start' | 'rush' | 'accept' | 'refuse' | 'view';

interface Done {
  ticket: Ticket;
  itemId?: string;
}

/** What the board offers besides its tickets. */
export interface Surroundings {
  bell: Bell;
  layout: Layout;
  toggleTheme: () => void;
  leave: () => void;
}

/** What taps and keys do on the board, and what is selected or open. */
export class BoardControls {
  selectedId = $state<string | null>(null);
  /** The selected line of the selected ticket; -1 for the ticket itself. */
  selectedItem = $state(-1);
  recallOpen = $state(false);
  helpOpen = $state(false);
  countsOpen = $state(false);
  /** The ticket that is open in full. */
  viewedId = $state<string | null>(null);

  private readonly guard = new Guard();
  private downAt: number | null = null;
  /** What this screen bumped and may take back, latest last. */
  private done: Done[] = [];
  private undoToasts: number[] = [];

  /** Tickets on the page, in reading order. */
  readonly tickets = $derived.by(() => [
    ...new Map(this.arrangement.onPage.map(({ ticket }) => [ticket.id, ticket])).values(),
  ]);
  private readonly selected = $derived(this.tickets.find((ticket) => ticket.id === this.selectedId));
  /** What this kitchen is asked to cancel; the first is asked about in the bar. */
  readonly asked = $derived.by(() => this.store.shown.filter(asksKitchen));
  readonly viewed = $derived.by(() => this.store.shown.find((ticket) => ticket.id === this.viewedId));

  constructor(
    private readonly store: BoardStore,
    private readonly arrangement: Arrangement,
    private readonly around: Surroundings,
  ) {
    $effect(() => this.guard.note(this.meanings()));
    // a board that was left sends nothing any more: recall brings back what was done on it
    $effect(() => () => void Promise.resolve().then(() => this.undoToasts.forEach((id) => toasts.dismiss(id))));
  }

  get explicit(): boolean {
    return this.store.board?.explicit_start ?? false;
  }

  /** Bumped here lately, latest first: what recall offers without a network. */
  get lately(): Ticket[] {
    return this.done.map(({ ticket }) => ticket).reverse();
  }

  touched(event: PointerEvent): void {
    this.downAt = event.timeStamp;
    this.arrangement.touched();
  }

  /** Acts for a tap, unless what was tapped has only just come there, or has only just come to mean this. */
  tapped(ticket: Ticket, action: KitchenActionName, itemId?: string): void {
    const answers = action === 'accept_cancel' || action === 'refuse_cancel';
    const key = answers ? `${ticket.id}?` : (itemId ?? ticket.id);
    const where = this.viewedId === ticket.id ? 'view ' : '';
    if (this.guard.allows(where + key, this.pressedAt())) this.act(ticket, action, itemId);
  }

  turn(by: number): void {
    this.arrangement.turn(by);
    this.selectedId = null;
  }

  /** Goes to news that is not on this page, or to its first on this one. */
  look(): void {
    const news = this.store.shown.filter(({ id }) => this.store.alerts.has(id));
    const elsewhere = news.find(({ id }) => this.arrangement.pageOf(id) !== this.arrangement.page);
    const next = elsewhere ?? news[0];
    if (!next) return;
    if (elsewhere) this.arrangement.goTo(this.arrangement.pageOf(next.id) ?? 0);
    this.select(next);
  }

  /** The cook has seen the news on this page. */
  seen(): void {
    this.store.see(this.tickets.filter(({ id }) => this.store.alerts.has(id)));
  }

  view(ticket: Ticket | undefined): void {
    this.viewedId = ticket?.id ?? null;
  }

  recall(ticket: Ticket, itemId?: string): void {
    this.arrangement.bringBack(ticket.id);
    this.store.recall(ticket, itemId);
    this.recallOpen = false;
  }

  key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const what = command(event.key);
    if (!what) return;
    this.downAt = null;
    const target = event.target as HTMLElement;
    if (what.kind === 'bump' && !this.selected && target.tagName === 'BUTTON') {
      if (event.repeat && event.key === 'Enter') event.preventDefault();
      return;
    }
    const open = this.recallOpen || this.helpOpen || this.countsOpen || this.viewedId !== null;
    if (open && !['recall', 'help', 'clear'].includes(what.kind)) return;
    event.preventDefault();
    if (event.repeat && what.kind !== 'move') return;
    this.arrangement.touched();
    this.run(what);
  }

  private act(ticket: Ticket, action: KitchenActionName, itemId?: string): void {
    const item = itemId ? { itemId } : {};
    // the first touch starts what is struck line by line
    if (action === 'bump' && itemId && ticket.state === 'queued') this.store.act('start', { ticket });
    this.store.act(action, { ticket, ...item });
    if (action === 'bump') this.remember({ ticket, ...item });
    if (action === 'accept_cancel') toasts.show(`${displayNumber(ticket)} cancelled`, 'warn');
  }

  /** Gives a bump its own way back. */
  private remember(done: Done): void {
    this.done = [...this.done.slice(-19), done];
    const gone = !this.store.shown.some(({ id }) => id === done.ticket.id);
    if (!gone) return;
    const id = toasts.undo(`${displayNumber(done.ticket)} done`, () => this.undo(done));
    this.undoToasts = [...this.undoToasts.slice(-3), id];
  }

  private undo(done = this.done[this.done.length - 1]): void {
    if (!done || !this.done.includes(done)) return;
    this.done = this.done.filter((each) => each !== done);
    const { ticket, itemId } = done;
    const before = ticket.items.filter((item) => isDone(item));
    if (itemId || before.length === 0) return this.recall(ticket, itemId);
    // lines that were struck one by one stay struck
    for (const item of ticket.items) if (!isDone(item) && !isVoided(item)) this.recall(ticket, item.id);
  }

  /** What each control of the page means and where it stands, for the guard. */
  private meanings(): Map<string, string> {
    const meanings = new Map<string, string>();
    for (const { ticket, piece, head } of this.arrangement.onPage) {
      const at = `${this.arrangement.page}/${piece.column}/${piece.top}`;
      if (!meanings.has(ticket.id)) meanings.set(ticket.id, `${at} ${headAction(ticket, this.explicit).action}`);
      for (const item of ticket.items) {
        meanings.set(item.id, `${meanings.get(item.id) ?? ''}${at}/${head}/${piece.from} ${tapOf(item)}`);
      }
    }
    this.asked.forEach(({ id }, index) => meanings.set(`${id}?`, index === 0 ? 'asked' : 'waits'));
    const { viewed } = this;
    if (viewed) {
      meanings.set(`view ${viewed.id}`, headAction(viewed, this.explicit).action);
      if (asksKitchen(viewed)) meanings.set(`view ${viewed.id}?`, '');
      for (const item of viewed.items) meanings.set(`view ${item.id}`, tapOf(item));
    }
    return meanings;
  }

  /** When the finger came down; for a key, now. */
  private pressedAt(): number {
    return this.downAt ?? performance.now();
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
        return this.undo();
      case 'look':
        return this.look();
      case 'seen':
        return this.seen();
      case 'sound':
        return this.around.bell.toggle();
      case 'size':
        return this.around.layout.resize(what.by);
      case 'theme':
        return this.around.toggleTheme();
      case 'leave':
        return this.around.leave();
      case 'screen':
        return void document.documentElement.requestFullscreen().catch(() => undefined);
      case 'counts':
        return this.around.layout.toggleRail();
      case 'recall':
        this.recallOpen = !this.recallOpen;
        return;
      case 'help':
        this.helpOpen = !this.helpOpen;
        return;
      case 'clear':
        this.recallOpen = this.helpOpen = this.countsOpen = false;
        this.viewedId = null;
        return this.select(undefined);
      case 'bump':
      case 'start':
      case 'rush':
      case 'accept':
      case 'refuse':
      case 'view':
        if (this.selected) this.runOn(this.selected, what.kind);
    }
  }

  private runOn(ticket: Ticket, what: OnTicket): void {
    switch (what) {
      case 'bump': {
        const item = ticket.items[this.selectedItem];
        if (item && (ticket.state === 'held' || (isVoided(item) && item.acknowledged))) return;
        return item
          ? this.tapped(ticket, tapOf(item), item.id)
          : this.tapped(ticket, headAction(ticket, this.explicit).action);
      }
      case 'start':
        return this.act(ticket, 'start');
      case 'rush':
        return this.act(ticket, ticket.rush ? 'unrush' : 'rush');
      case 'view':
        return this.view(ticket);
      case 'accept':
      case 'refuse':
        if (asksKitchen(ticket)) this.tapped(ticket, `${what}_cancel`);
    }
  }

  private select(ticket: Ticket | undefined): void {
    this.selectedId = ticket?.id ?? null;
    this.selectedItem = -1;
  }

  private move(by: 'left' | 'right' | 'up' | 'down'): void {
    const { tickets } = this;
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
