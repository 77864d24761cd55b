import type { Change, Live, Source, StaffSession } from '../../src/lib';
import { boardHash } from '../../src/lib/board-hash';
import type { BoardStep, KitchenAction, Ticket } from '../../src/lib/types';
import { isVisible, withActions } from '../../src/kitchen/tickets';

const STATIONS = ['Tandoor', 'Curry', 'Chinese', 'Drinks', 'Desserts'].map((name) => ({
  code: name.toLowerCase(),
  name,
}));

/** A server with one board, in the page: it applies what the screen asks, and says what others do. */
export class Kitchen {
  tickets = new Map<string, Ticket>();
  readonly asked: KitchenAction[] = [];
  explicitStart = false;
  private sequence = 1;
  private source: Source | null = null;

  readonly live = {
    state: 'live',
    age: 0,
    follow: (_: string[], source: Source) => {
      this.source = source;
      void source.prove();
      return { prove: () => source.prove(), stop: () => undefined };
    },
  } as unknown as Live;

  readonly session = {
    outlet: { id: 1, timezone: 'Asia/Kolkata' },
    person: { id: 'p', name: 'Cook' },
    signedIn: true,
    logout: () => Promise.resolve(),
    api: {
      get: (path: string) => Promise.resolve(this.answer(path)),
      changed: (path: string) => Promise.resolve({ data: this.answer(path) }),
      post: (_: string, { body }: { body: { actions: KitchenAction[] } }) => Promise.resolve(this.act(body.actions)),
    },
  } as unknown as StaffSession;

  /** What somebody else does to a ticket, told as the socket tells it. */
  change(ticket: Ticket): void {
    this.put(ticket, null);
  }

  private answer(path: string): unknown {
    if (path === '/api/menu') return { stations: STATIONS };
    if (path.endsWith('/recent')) return { items: [], next: null };
    return {
      outlet_id: 1,
      station: { code: 'tandoor', name: 'tandoor' },
      sequence: this.sequence,
      hash: boardHash(this.visible()),
      build: '',
      amber_s: 300,
      red_s: 600,
      explicit_start: this.explicitStart,
      tickets: this.visible(),
      more: 0,
      subjects: { '1:tandoor': this.sequence },
    };
  }

  private act(actions: KitchenAction[]): unknown {
    this.asked.push(...actions);
    const results = actions.map((action) => {
      const id = action.ticket_id ?? this.ofOrder(action.order_id)?.id ?? '';
      const before = this.tickets.get(id);
      const after = withActions(this.tickets, [action]).get(id);
      if (!before || !after) return { action_id: action.action_id, applied: false, reason: 'unknown', ticket: null };
      this.put({ ...after, version: before.version + 1 }, action.action_id);
      return { action_id: action.action_id, applied: true, reason: null, ticket: this.tickets.get(id) ?? null };
    });
    return { results };
  }

  private put(ticket: Ticket, action_id: string | null): void {
    this.tickets.set(ticket.id, ticket);
    this.sequence += 1;
    const step = { sequence: this.sequence, hash: boardHash(this.visible()), ticket, action_id } as BoardStep;
    const said = {
      channel: 'kitchen:1:tandoor',
      type: 'x',
      subject: '1:tandoor',
      version: this.sequence,
      data: step,
    };
    void this.source?.onChange?.(said as unknown as Change);
  }

  private ofOrder(id: string | null | undefined): Ticket | undefined {
    return [...this.tickets.values()].find((ticket) => ticket.order_id === id);
  }

  private visible(): Ticket[] {
    return [...this.tickets.values()].filter(isVisible);
  }
}
