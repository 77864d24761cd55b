// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { flushSync } from 'svelte';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { KitchenActionName, Ticket } from '../src/lib/types';
import { item, ticket } from './tickets';

// The clock starts to tick when it is imported.
vi.hoisted(() => vi.useFakeTimers({ now: Date.parse('2026-11-21T10:00:00Z') }));
const { default: TicketCard } = await import('../src/kitchen/TicketCard.svelte');

const acts: [KitchenActionName, string | undefined][] = [];

beforeEach(() => {
  acts.length = 0;
  pass(1);
});

function show(what: Ticket): HTMLElement {
  const rest = { lineScale: 1, place: 0, amberS: 300, redS: 600, alert: null, selected: false, selectedItem: -1 };
  render(TicketCard, {
    ...rest,
    ticket: what,
    columns: [what.items.map((_, index) => index)],
    stationName: (code: string) => code,
    onact: (action: KitchenActionName, itemId?: string) => acts.push([action, itemId]),
  });
  return screen.getByRole('article');
}

/** Lets the real seconds pass that a cook would wait. */
function pass(seconds: number): void {
  vi.advanceTimersByTime(seconds * 1000);
  flushSync();
}

const since = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();

describe('a ticket’s age', () => {
  it('counts seconds as seconds', () => {
    const card = show(ticket('a', { placed_at: since(0) }));
    pass(65);
    expect(card.textContent).toContain('1:05');
    pass(600);
    expect(card.textContent).toContain('11:05');
  });

  it('turns amber, then red, at the outlet’s seconds, and says so in an icon', () => {
    const card = show(ticket('a', { placed_at: since(0) }));
    pass(299);
    expect(card.className).toContain('fresh');
    pass(1);
    expect(card.className).toContain('amber');
    expect(screen.getByRole('img', { name: 'Late soon' })).toBeTruthy();
    pass(300);
    expect(card.className).toContain('red');
    expect(screen.getByRole('img', { name: 'Late' })).toBeTruthy();
  });

  it('runs from firing, and stands still for a course on hold', () => {
    const fired = show(ticket('a', { placed_at: since(900), fired_at: since(10) }));
    expect(fired.textContent).toContain('0:10');
    cleanup();
    const held = show(ticket('b', { placed_at: since(900), state: 'held', items: [item('x', { state: 'held' })] }));
    expect(held.className).toContain('fresh');
    expect(held.textContent).not.toContain('15:00');
  });
});

describe('a tap', () => {
  it('on the head starts, then bumps', async () => {
    show(ticket('a'));
    await fireEvent.click(screen.getByRole('button', { name: 'Start order 1' }));
    expect(acts).toEqual([['start', undefined]]);
  });

  it('on the head of a ticket being cooked bumps it', async () => {
    show(ticket('a', { state: 'cooking', items: [item('x', { state: 'cooking' })] }));
    await fireEvent.click(screen.getByRole('button', { name: 'Done order 1' }));
    expect(acts).toEqual([['bump', undefined]]);
  });

  it('on a line bumps it, brings a done one back, and acknowledges a void once', async () => {
    show(
      ticket('a', {
        state: 'cooking',
        items: [
          item('x', { name: 'Naan', state: 'cooking' }),
          item('y', { name: 'Roti', state: 'ready' }),
          item('z', { name: 'Dal', state: 'voided' }),
          item('w', { name: 'Rice', state: 'voided', acknowledged: true }),
        ],
      }),
    );
    for (const name of [/Naan/, /Roti/, /Dal/, /Rice/]) await fireEvent.click(screen.getByRole('button', { name }));
    expect(acts).toEqual([
      ['bump', 'x'],
      ['recall', 'y'],
      ['acknowledge', 'z'],
    ]);
  });
});
