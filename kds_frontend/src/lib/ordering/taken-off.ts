/** What was taken back of an order's lines: pure. */
import type { Order } from '$lib/types';

type Line = Order['lines'][number];
type Void = Order['voids'][number];

export function takenOff(order: Pick<Order, 'voids'>, line: Pick<Line, 'id'>): Void[] {
  return order.voids.filter((each) => each.line_id === line.id);
}

/** How many to show of a line: what is left, or, struck through, what there was. */
export function shownQuantity(order: Pick<Order, 'voids'>, line: Pick<Line, 'id' | 'quantity'>): number {
  return line.quantity || takenOff(order, line).reduce((sum, each) => sum + each.quantity, 0);
}
