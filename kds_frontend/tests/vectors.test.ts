import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { boardHash } from '../src/lib/board-hash';
import { age, stateOf, isVisible, withActions } from '../src/kitchen/tickets';
import type { KitchenActionName, Ticket, TicketItem, TicketState } from '../src/lib/types';
import { item as anItem, ticket as aTicket } from './tickets';

/** The cases of a golden vector, which Python and SQL tests read as well. */
function cases<Case>(name: string): Case[] {
  const file = new URL(`../../backend/rasoi/contracts/vectors/${name}.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] }).cases;
}

const item = (state: TicketState, index: number, acknowledged = false): TicketItem =>
  anItem(`item ${index}`, { state, acknowledged });
const ticket = (state: TicketState, items: TicketItem[]): Ticket => aTicket('ticket', { state, items });

describe('golden vectors', () => {
  it.each(cases<{ items: TicketState[]; state: TicketState }>('ticket_state'))(
    'ticket state $state of $items',
    ({ items, state }) => {
      expect(stateOf(items.map((each, index) => item(each, index)))).toBe(state);
    },
  );

  it.each(
    cases<{ state: TicketState; items: Pick<TicketItem, 'state' | 'acknowledged'>[]; visible: boolean }>('visibility'),
  )('visibility of $state is $visible', ({ state, items, visible: shown }) => {
    expect(
      isVisible(
        ticket(
          state,
          items.map((each, index) => item(each.state, index, each.acknowledged)),
        ),
      ),
    ).toBe(shown);
  });

  it.each(cases<{ tickets: Pick<Ticket, 'id' | 'version'>[]; hash: number }>('board_hash'))(
    'board hash $hash',
    ({ tickets, hash }) => {
      expect(boardHash(tickets)).toBe(hash);
    },
  );

  it.each(cases<{ age_s: number; amber_s: number; red_s: number; lateness: string }>('lateness'))(
    '$age_s s by $amber_s and $red_s is $lateness',
    ({ age_s, amber_s, red_s, lateness }) => {
      expect(age(age_s, amber_s, red_s)).toBe(lateness);
    },
  );

  it.each(
    cases<{ action: KitchenActionName; item: number | null; before: TicketState[]; after: TicketState[] }>(
      'ticket_actions',
    ),
  )('$action of $item makes $after of $before', ({ action, item: index, before, after }) => {
    const items = before.map((each, number) => item(each, number));
    const old = ticket(stateOf(items), items);
    const target = index === null ? {} : { item_id: items[index]?.id };
    const changed = withActions(new Map([[old.id, old]]), [
      { action_id: 'action', action, ticket_id: old.id, ...target },
    ]).get(old.id);
    expect(changed?.items.map((each) => each.state)).toEqual(after);
    expect(changed?.state).toBe(stateOf(changed?.items ?? []));
  });
});
