/** Where a waiter is on the tablet, and how that stands in the address: pure. */
export type View =
  | { kind: 'tables' }
  | { kind: 'takeaway' }
  | { kind: 'menu' }
  | { kind: 'bill'; tableId: string | null; billId: string | null }
  | { kind: 'order'; tableId: string | null; billId: string | null };

const NONE = '-';

/** The address's hash of a view: `#bill/<table>/<bill>`, with `-` where there is none. */
export function hashOf(view: View): string {
  if (view.kind === 'tables') return '';
  if (view.kind === 'takeaway' || view.kind === 'menu') return view.kind;
  return [view.kind, view.tableId ?? NONE, view.billId ?? NONE].join('/');
}

export function viewOf(hash: string): View {
  const [kind, table, bill] = hash.replace(/^#/, '').split('/');
  if (kind === 'takeaway' || kind === 'menu') return { kind };
  if ((kind !== 'bill' && kind !== 'order') || !table || !bill) return { kind: 'tables' };
  return { kind, tableId: table === NONE ? null : table, billId: bill === NONE ? null : bill };
}
