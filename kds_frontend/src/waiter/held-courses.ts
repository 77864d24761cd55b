/** Held courses of an order, ready to be fired one by one: pure. */
import type { Order, Ticket } from '$lib/types';

export interface HeldCourse {
  course: number;
  tickets: string[];
}

export function heldStations(order: Order): string[] {
  return [...new Set(order.progress.filter((part) => part.state === 'held').map((part) => part.station))];
}

/** The order's held tickets by course; `boards` are the tickets of the stations concerned. */
export function heldCourses(order: Order, boards: Ticket[]): HeldCourse[] {
  const held = new Set(order.progress.filter((part) => part.state === 'held').map((part) => part.ticket_id));
  const courses = new Map<number, string[]>();
  for (const ticket of boards) {
    if (held.has(ticket.id)) courses.set(ticket.course, [...(courses.get(ticket.course) ?? []), ticket.id]);
  }
  return [...courses].map(([course, tickets]) => ({ course, tickets })).sort((a, b) => a.course - b.course);
}
