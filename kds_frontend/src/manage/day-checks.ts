import type { components } from '$lib/api/schema';

type Schemas = components['schemas'];
export type OpenDay = Schemas['OpenDay'];
export type DayCheck = Schemas['Check'];
export type DayReport = Schemas['DayReport'];
export type ClosedDay = Schemas['ClosedDay'];
export type Shift = Schemas['Shift'];

interface Words {
  title: string;
  /** What settles it. */
  how: string;
  /** Where that is done; none where it is this page. */
  link?: { href: string; name: string };
}

const FLOOR = { href: '/waiter', name: 'Open the floor' };
const PAYMENTS = { href: '#payments', name: 'Open Payments' };

export const CHECK_WORDS: Record<DayCheck['name'], Words> = {
  open_sittings: { title: 'Parties at tables', how: 'Free each table once its party has left.', link: FLOOR },
  open_bills: { title: 'Bills not paid', how: 'Take the payment, or say that the party walked out.', link: FLOOR },
  open_orders: {
    title: 'Orders under way',
    how: 'Serve or hand them out, or cancel them.',
    link: { href: '#orders', name: 'Open Orders' },
  },
  open_shifts: {
    title: 'Drawers not counted',
    how: 'Who has the drawer counts it under My shift, or you do, under Shifts below.',
  },
  shifts_to_approve: { title: 'Differences to approve', how: 'Look at each and approve it, under Shifts below.' },
  refunds_to_hand_out: {
    title: 'Cash to give back',
    how: 'Hand it out now, or it counts on the day on which it is given.',
    link: FLOOR,
  },
  refunds_under_way: {
    title: 'Refunds on their way',
    how: 'Nothing to do: each counts on the day on which it is made.',
    link: PAYMENTS,
  },
  payments_under_way: { title: 'Payments half way', how: 'Wait until they are done or have failed.', link: PAYMENTS },
};

/** The names of what is not settled, the first ones of many. */
export function named(items: { label: string }[], most = 12): string {
  const names = items.slice(0, most).map(({ label }) => label);
  const more = items.length - names.length;
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** A rate of tax as people say it. */
export const taxName = (name: string, basisPoints: number): string => `${name} ${basisPoints / 100}%`;
