// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { flushSync, type ComponentProps } from 'svelte';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { KitchenActionName, Ticket } from '../src/lib/types';
import { item, ticket } from './tickets';

// The clock starts to tick when it is imported.
vi.hoisted(() => vi.useFakeTimers({ now: Date.parse('2026-11-21T10:00:00Z') }));
const { default: TicketPiece } = await import('../src/kitchen/TicketPiece.svelte');

const acts: [KitchenActionName, string | undefined][] = [];

beforeEach(() => {
  acts.length = 0;
  pass(1);
});

function show(what: Ticket, more: Partial<ComponentProps<typeof TicketPiece>> = {}): HTMLElement {
  const piece = { page: 0, column: 0, top: 0, height: 300, from: 0, to: what.items.length };
  render(TicketPiece, {
    shape: { key: 'a/0', ticket: what, piece, first: true, last: true, more: 0, head: 84 },
    ...{ width: 340, gap: 6, u: 1, place: 0, amberS: 300, redS: 600, alert: null, selected: false, selectedItem: -1 },
    stationName: (code: string) => code,
    foldOf: () => 0,
    onact: (action: KitchenActionName, itemId?: string) => acts.push([action, itemId]),
    onopen: () => undefined,
    ...more,
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
  it('on the head bumps at once', async () => {
    show(ticket('a'));
    await fireEvent.click(screen.getByRole('button', { name: /^1 .*Table 1.*: done$/ }));
    expect(acts).toEqual([['bump', undefined]]);
  });

  it('on the head starts first, where the outlet wants to be told', async () => {
    show(ticket('a'), { explicit: true });
    await fireEvent.click(screen.getByRole('button', { name: /^1 .*Table 1.*: start$/ }));
    cleanup();
    show(ticket('a', { state: 'cooking', items: [item('x', { state: 'cooking' })] }), { explicit: true });
    await fireEvent.click(screen.getByRole('button', { name: /^1 .*Table 1.*: done$/ }));
    expect(acts).toEqual([
      ['start', undefined],
      ['bump', undefined],
    ]);
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

describe('allergies', () => {
  const dish = item('x', { name: 'Naan', allergens: ['gluten', 'milk'], allergies: ['milk'] });

  it('stand first on the ticket and on the line, and the dish’s own only where they match', () => {
    const card = show(ticket('a', { items: [dish], allergies: ['nuts'] }));
    const text = card.textContent ?? '';
    expect(text.indexOf('nuts')).toBeLessThan(text.indexOf('Naan'));
    expect(screen.getByRole('button', { name: /Naan/ }).textContent).toMatch(/Allergy: milk.*Naan.*milk/s);
    expect(text).not.toContain('gluten');
  });
});
