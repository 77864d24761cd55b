// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { flushSync } from 'svelte';
import type { Arrangement } from '../src/kitchen/arrangement.svelte';
import { BoardStore } from '../src/kitchen/board.svelte';
import { BoardControls, type Surroundings } from '../src/kitchen/controls.svelte';
import type { Change, Live, Source, StaffSession } from '../src/lib';
import type { Bell } from '../src/lib/bell.svelte';
import { boardHash } from '../src/lib/board-hash';
import { ApiError } from '../src/lib/api/error';
import type { BoardStep, KitchenAction, Ticket } from '../src/lib/types';
import { toasts } from '../src/lib';
import { item, ticket } from './tickets';

const gone = item('y', { state: 'voided' });

/** A server with one board, whose answers a test may hold back. */
class Kitchen {
  tickets: Ticket[] = [ticket('a'), ticket('b', { number: 2, order_number: 2 })];
  sequence = 7;
  loads = 0;
  asked: KitchenAction[] = [];
  reachable = true;
  source: Source | null = null;
  rings: string[] = [];
  silenced = 0;
  refusal: { reason: string; detail: string } | null = null;
  /** How often a comparison brought a whole board. */
  read = 0;
  /** So many tickets are in one answer. */
  most = 300;
  /** The ticket that the next actions' answers tell. */
  answer: Ticket | null = null;

  readonly api = {
    get: () => {
      this.loads += 1;
      return Promise.resolve(this.board());
    },
    changed: (_: string, etag: string) => {
      const same = etag === `"${boardHash(this.tickets)}"`;
      this.read += Number(!same);
      return Promise.resolve({ data: same ? null : this.board() });
    },
    post: (_: string, { body }: { body: { actions: KitchenAction[] } }) => {
      if (!this.reachable) return Promise.reject(new Error('cut'));
      this.asked.push(...body.actions);
      const results = body.actions.map(({ action_id }) => ({
        ...{ action_id, applied: !this.refusal, reason: null, detail: null, ticket: this.answer },
        ...this.refusal,
      }));
      return Promise.resolve({ results });
    },
  };

  open(): BoardStore {
    const session = { outlet: { id: 1 }, api: this.api } as unknown as StaffSession;
    const live = {
      follow: (_: string[], source: Source) => {
        this.source = source;
        return { prove: () => source.prove(), stop: () => undefined };
      },
    } as unknown as Live;
    const bell = { ring: (sound: string) => this.rings.push(sound), stop: () => this.silenced++ } as unknown as Bell;
    return new BoardStore(session, live, bell, 'tandoor');
  }

  /** A change on the board, told to the screen unless it is lost. */
  change(after: Ticket, { lost = false, hash }: { lost?: boolean; hash?: number } = {}) {
    this.tickets = [...this.tickets.filter(({ id }) => id !== after.id), after];
    this.sequence += 1;
    if (lost) return undefined;
    const step: BoardStep = {
      sequence: this.sequence,
      hash: hash ?? boardHash(this.tickets),
      ticket: after,
      action_id: null,
    };
    const change = {
      channel: 'kitchen:1:tandoor',
      type: 'x',
      subject: '1:tandoor',
      version: this.sequence,
      data: step,
    };
    return this.source?.onChange?.(change as unknown as Change);
  }

  private board(): object {
    return {
      outlet_id: 1,
      station: { code: 'tandoor', name: 'Tandoor' },
      sequence: this.sequence,
      hash: boardHash(this.tickets),
      build: 'b',
      amber_s: 300,
      red_s: 600,
      explicit_start: false,
      tickets: this.tickets.slice(0, this.most),
      more: Math.max(0, this.tickets.length - this.most),
      subjects: { '1:tandoor': this.sequence },
    };
  }
}

let kitchen: Kitchen;
let board: BoardStore;
const ids = (): string[] => board.shown.map(({ id }) => id);

beforeEach(async () => {
  localStorage.clear();
  kitchen = new Kitchen();
  board = kitchen.open();
  await kitchen.source?.prove();
});
afterEach(() => board.close());

describe('bump and recall', () => {
  it('a bump takes the ticket away at once, and reaches the server once the network is back', async () => {
    kitchen.reachable = false;
    board.act('bump', { ticket: kitchen.tickets[0] as Ticket });
    expect(ids()).toEqual(['b']);
    expect(board.waiting).toBe(1);
    board.close();
    kitchen.reachable = true;
    board = kitchen.open();
    expect(board.waiting).toBe(1);
    await kitchen.source?.prove();
    await vi.waitFor(() => expect(board.waiting).toBe(0));
    expect(kitchen.asked.map(({ action, ticket_id }) => [action, ticket_id])).toEqual([['bump', 'a']]);
  });

  it('recall brings a ticket back in its time order, before the server has answered', async () => {
    const [bumped] = kitchen.tickets as [Ticket];
    board.act('bump', { ticket: bumped });
    await vi.waitFor(() => expect(board.waiting).toBe(0));
    kitchen.change(ticket('a', { state: 'ready', version: 2, items: [] }));
    expect(ids()).toEqual(['b']);
    board.recall(bumped);
    expect(ids()).toEqual(['a', 'b']);
    await vi.waitFor(() => expect(kitchen.asked.map(({ action }) => action)).toEqual(['bump', 'recall']));
  });
});

describe('news', () => {
  it('lasts on every screen until one of them has seen it, also over a reload', () => {
    expect([...board.alerts]).toEqual([
      ['a', 'new'],
      ['b', 'new'],
    ]);
    kitchen.change(ticket('a', { state: 'cooking', seen: true, version: 2 })); // another screen of this station
    expect([...board.alerts.keys()]).toEqual(['b']);
    expect(kitchen.silenced).toBe(0);
    board.see(board.shown);
    expect(board.alerts.size).toBe(0);
    expect(kitchen.silenced).toBeGreaterThan(0);
  });

  it('rings again for what changed after it was seen', () => {
    kitchen.change(ticket('a', { seen: true, version: 2 }));
    const rung = kitchen.rings.length;
    kitchen.change(ticket('a', { seen: false, version: 3, items: [ticket('a').items[0], gone] as Ticket['items'] }));
    expect(kitchen.rings.slice(rung)).toEqual(['cancelled']);
    expect(board.alerts.get('a')).toBe('cancelled');
  });
});

describe('an action that was not applied', () => {
  it('is told in the server’s words, and not at all where it is so already', async () => {
    kitchen.refusal = { reason: 'not-possible-now', detail: 'That ticket has moved on.' };
    board.act('start', { ticket: kitchen.tickets[0] as Ticket });
    await vi.waitFor(() => expect(toasts.items.map(({ text }) => text)).toEqual(['That ticket has moved on.']));
    kitchen.refusal = { reason: 'already-so', detail: 'It is so already.' };
    board.act('start', { ticket: kitchen.tickets[1] as Ticket });
    await vi.waitFor(() => expect(board.waiting).toBe(0));
    expect(toasts.items).toHaveLength(1);
  });
});

describe('what the socket says', () => {
  it('is shown, and rings for a new ticket', () => {
    kitchen.change(ticket('c', { number: 3, placed_at: '2026-11-21T10:05:00Z' }));
    expect(ids()).toEqual(['a', 'b', 'c']);
    expect(kitchen.rings).toEqual(['new', 'new']); // once for what nobody had seen when the board opened
    expect(kitchen.loads).toBe(1);
  });

  it('proves the board by its hash; after a lost change it is not trusted, and read anew', async () => {
    expect(kitchen.change(ticket('c', { number: 3 }))).toBe('equal');
    kitchen.change(ticket('d', { number: 4 }), { lost: true });
    expect(kitchen.change(ticket('e', { number: 5 }))).toBe('lost');
    await kitchen.source?.prove();
    expect(ids()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(kitchen.loads).toBe(2);
  });

  it('with another hash than the board’s own is not trusted either', async () => {
    expect(kitchen.change(ticket('c', { number: 3 }), { hash: 1 })).toBe('lost');
    await kitchen.source?.prove();
    expect(kitchen.loads).toBe(2);
  });

  it('and what it did not say is found by the comparison of hashes', async () => {
    kitchen.change(ticket('c', { number: 3 }), { lost: true });
    await kitchen.source?.prove();
    expect(ids()).toEqual(['a', 'b', 'c']);
    expect(kitchen.loads).toBe(1);
  });

  it('a comparison that fails is told to whoever asked, and the board stays', async () => {
    kitchen.api.changed = () => Promise.reject(new ApiError(503, 'unavailable', 'No', 'No'));
    await expect(kitchen.source?.prove()).rejects.toThrow();
    expect([ids(), board.fault]).toEqual([['a', 'b'], null]);
  });
});

describe('a board that was left', () => {
  /** As a view makes it, and leaves it. */
  function viewed(): { store: BoardStore; leave: () => void } {
    let store = board;
    const end = $effect.root(() => {
      store = kitchen.open();
      $effect(() => () => store.close());
      $effect(() => void store.alerts.size);
    });
    flushSync();
    return { store, leave: end };
  }

  it('neither rings nor asks what went with its view when an answer or a change comes late', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const { store, leave } = viewed();
    await kitchen.source?.prove();
    const [bumped] = kitchen.tickets as [Ticket];
    kitchen.answer = { ...bumped, state: 'ready', version: 2, items: [] };
    store.act('bump', { ticket: bumped });
    store.act('see', { ticket: kitchen.tickets[1] as Ticket });
    leave();
    kitchen.rings = [];
    await vi.waitFor(() => expect(kitchen.asked.length).toBe(1)); // the other waits for the next board
    kitchen.change(ticket('c', { version: 1 }));
    await new Promise((resolve) => setTimeout(resolve));
    expect(warned.mock.calls).toEqual([]);
    expect(kitchen.rings).toEqual([]);
    warned.mockRestore();
  });

  it('takes its ways back with it: what is tapped later would be sent by nobody', async () => {
    let controls: BoardControls | null = null;
    const end = $effect.root(() => {
      const onPage = [{ ticket: kitchen.tickets[0], piece: { column: 0, top: 0, from: 0 }, head: 60 }];
      const arrangement = { onPage, page: 0, touched: () => undefined } as unknown as Arrangement;
      controls = new BoardControls(board, arrangement, {} as Surroundings);
    });
    flushSync();
    toasts.items = [];
    const made = controls as unknown as BoardControls;
    const later = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000);
    made.tapped(kitchen.tickets[0] as Ticket, 'bump');
    later.mockRestore();
    expect(toasts.items.map(({ action }) => action?.label)).toEqual(['Undo']);
    end();
    await Promise.resolve();
    expect(toasts.items.map(({ text }) => text)).toEqual([]);
    await vi.waitFor(() => expect(board.waiting).toBe(0));
  });
});

describe('more tickets than one answer holds', () => {
  const many = (count: number): Ticket[] =>
    Array.from({ length: count }, (_, n) => ticket(`t${n}`, { number: n + 1, order_number: n + 1 }));

  beforeEach(async () => {
    kitchen.most = 160;
    kitchen.tickets = many(163);
    await kitchen.source?.prove();
    kitchen.loads = kitchen.read = 0;
  });

  it('are counted, and the board is still proven equal to the server’s', async () => {
    expect([board.shown.length, board.board?.more]).toEqual([160, 3]);
    const before = board.board;
    await kitchen.source?.prove();
    expect([board.board, kitchen.loads, kitchen.read]).toEqual([before, 0, 0]);
    expect(kitchen.change({ ...(kitchen.tickets[0] as Ticket), rush: true, version: 2 })).toBe('equal');
    expect(kitchen.change({ ...(kitchen.tickets[1] as Ticket), version: 2 }, { hash: 7 })).toBe('lost');
  });

  it('grow by what is placed later, which stands behind them', async () => {
    expect(kitchen.change(ticket('late', { number: 200 }))).toBe('equal');
    expect([board.shown.length, board.board?.more]).toEqual([160, 4]);
    expect(ids()).not.toContain('late');
    await kitchen.source?.prove();
    expect([board.board?.more, kitchen.loads, kitchen.read]).toEqual([4, 0, 0]);
  });

  it('are read again where one of them comes to the front', async () => {
    const behind = kitchen.tickets[161] as Ticket;
    expect(kitchen.change({ ...behind, rush: true, version: 2 })).toBe('lost');
    kitchen.tickets.unshift(kitchen.tickets.pop() as Ticket);
    await kitchen.source?.prove();
    expect(ids()[0]).toBe('t161');
    expect(board.board?.more).toBe(3);
  });

  it.each([
    ['changed', { note: 'no onion' }, 3],
    ['went', { state: 'ready' as const, rush: true }, 2],
  ])('are read again at the next comparison, and not before, where one of them %s', async (_, change, more) => {
    const told = kitchen.change({ ...(kitchen.tickets[162] as Ticket), ...change, version: 2 });
    if (more === 2) kitchen.tickets.pop();
    expect([told, kitchen.change({ ...(kitchen.tickets[3] as Ticket), rush: true, version: 2 })]).toEqual([
      'equal',
      'equal',
    ]);
    expect(kitchen.loads).toBe(0);
    await kitchen.source?.prove();
    expect([board.shown.length, board.board?.more, kitchen.loads]).toEqual([160, more, 1]);
  });

  it('are read once the screen has few left', async () => {
    const bump = (): unknown => {
      const after = { ...(kitchen.tickets[0] as Ticket), state: 'ready' as const, version: 2 };
      const told = kitchen.change(after, { hash: boardHash(kitchen.tickets.slice(1)) });
      kitchen.tickets = kitchen.tickets.filter(({ id }) => id !== after.id);
      return told;
    };
    for (let n = 0; n < 10; n++) expect(bump()).toBe('equal');
    expect(bump()).toBe('lost');
    await kitchen.source?.prove();
    expect([board.shown.length, board.board?.more]).toEqual([152, 0]);
  });
});
