import { describe, expect, it } from 'vitest';
import type { Order } from '$lib/types';
import { cancellable, elapsed, newestFirst, progressOf } from './progress';

const order = (more: Partial<Order> = {}) =>
  ({
    type: 'dine_in',
    status: 'placed',
    placed_at: '2026-11-21T10:00:00Z',
    confirmed_at: null,
    ready_at: null,
    served_at: null,
    cancel_requested: false,
    progress: [],
    ...more,
  }) as unknown as Order;

describe('the tracker', () => {
  it('has one step that is now, on the way', () => {
    for (const [status, at] of [
      ['placed', 0],
      ['awaiting_payment', 0],
      ['confirmed', 1],
      ['preparing', 2],
      ['ready', 3],
    ] as const) {
      const states = progressOf(order({ status })).steps.map((step) => step.state);
      expect(states.indexOf('now')).toBe(at);
      expect(states.slice(0, at).every((state) => state === 'done')).toBe(true);
    }
  });
  it('ends done', () => {
    for (const status of ['served', 'completed'] as const) {
      expect(progressOf(order({ status })).steps.every((step) => step.state === 'done')).toBe(true);
    }
  });
  it('says served at a table and collected at the counter', () => {
    expect(progressOf(order()).steps[4]?.name).toBe('Served');
    expect(progressOf(order({ type: 'takeaway' })).steps[4]?.name).toBe('Collected');
  });
  it('stops where it was stopped', () => {
    const progress = progressOf(order({ status: 'cancelled', confirmed_at: '2026-11-21T10:01:00Z' }));
    expect(progress.steps.map((step) => step.state)).toEqual(['stopped', 'stopped', 'todo', 'todo', 'todo']);
    expect(progress.tone).toBe('stopped');
  });
  it('counts the parts that are ready', () => {
    const progress = (['ready', 'cooking'] as const).map((state) => ({ station: 'x', ticket_id: 't', state }));
    expect(progressOf(order({ status: 'preparing', progress })).detail).toContain('1 of 2 parts are ready.');
  });
  it('lets a guest cancel once, until it is ready', () => {
    expect(cancellable(order({ status: 'preparing' }))).toBe(true);
    expect(cancellable(order({ status: 'preparing', cancel_requested: true }))).toBe(false);
    expect(cancellable(order({ status: 'ready' }))).toBe(false);
  });
});

describe('times', () => {
  it('reads as a person says it', () => {
    const now = Date.parse('2026-11-21T11:05:30Z');
    expect(elapsed('2026-11-21T11:05:00Z', now)).toBe('');
    expect(elapsed('2026-11-21T11:01:00Z', now)).toBe('4 min');
    expect(elapsed('2026-11-21T10:00:00Z', now)).toBe('1 h 5 min');
    expect(elapsed(null, now)).toBe('');
  });
});

describe('the orders of several bills', () => {
  it('stand with the newest first, and the bills’ own lists stay as they are', () => {
    const orders = [
      order({ id: 'old', placed_at: '2026-11-21T10:00:00Z' }),
      order({ id: 'new', placed_at: '2026-11-21T11:00:00Z' }),
    ];
    expect(newestFirst(orders).map((entry) => entry.id)).toEqual(['new', 'old']);
    expect(orders[0]?.id).toBe('old');
  });
});
