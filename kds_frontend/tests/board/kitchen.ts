import type { Change, ChannelHandlers, Live, StaffSession } from '../../src/lib';
import type { BoardStep, KitchenAction, Ticket } from '../../src/lib/types';
import { boardHash } from '../../src/kitchen/hash';
import { isVisible, withActions } from '../../src/kitchen/tickets';

const STATIONS = ['Tandoor', 'Curry', 'Chinese', 'Drinks', 'Desserts'].map((name) => ({
  code: name.toLowerCase(),
  name,
}));

/** A server with one board, in the page: it applies what the screen asks, and says what others do. */
export class Kitchen {
  tickets = new Map<string, Ticket>();
  readonly asked: KitchenAction[] = [];
  private sequence = 1;
  private handlers: ChannelHandlers | null = null;

  readonly live = {
    state: 'live',
    silence: 0,
    follow: (_: string, handlers: ChannelHandlers) => {
      this.handlers = handlers;
      void handlers.onJoin();
      return () => undefined;
    },
  } as unknown as Live;

  readonly session = {
    outlet: { id: 1, timezone: 'Asia/Kolkata' },
    person: { id: 'p', name: 'Cook' },
    signedIn: true,
    logout: () => Promise.resolve(),
    api: {
      get: (path: string) => Promise.resolve(this.answer(path)),
      changed: () => Promise.resolve(null),
      post: (_: string, { body }: { body: { actions: KitchenAction[] } }) => Promise.resolve(this.act(body.actions)),
    },
  } as unknown as StaffSession;

  /** Another board altogether, as after a cut. */
  async show(tickets: Ticket[]): Promise<void> {
    this.sequence += 1;
    const version = this.sequence;
    this.tickets = new Map(tickets.map((ticket) => [ticket.id, { ...ticket, version }]));
    await this.handlers?.onJoin();
  }

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
      tickets: this.visible(),
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
    this.handlers?.onChange(said as unknown as Change<never>);
  }

  private ofOrder(id: string | null | undefined): Ticket | undefined {
    return [...this.tickets.values()].find((ticket) => ticket.order_id === id);
  }

  private visible(): Ticket[] {
    return [...this.tickets.values()].filter(isVisible);
  }
}
