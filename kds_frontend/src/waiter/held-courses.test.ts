import { describe, expect, it } from 'vitest';
import type { Order, Ticket } from '$lib/types';
import { heldCourses, heldStations } from './held-courses';

const order = {
  progress: [
    { station: 'tandoor', ticket_id: 'a', state: 'cooking' },
    { station: 'curry', ticket_id: 'b', state: 'held' },
    { station: 'tandoor', ticket_id: 'c', state: 'held' },
    { station: 'desserts', ticket_id: 'd', state: 'held' },
  ],
} as Order;
const tickets = [
  ['d', 3],
  ['b', 2],
  ['c', 2],
  ['a', 1],
  ['x', 2],
].map(([id, course]) => ({ id, course })) as Ticket[];

describe('held courses', () => {
  it('are fired course by course, all their stations together', () => {
    expect(heldStations(order)).toEqual(['curry', 'tandoor', 'desserts']);
    expect(heldCourses(order, tickets)).toEqual([
      { course: 2, tickets: ['b', 'c'] },
      { course: 3, tickets: ['d'] },
    ]);
  });
});
