import type { StaffSession } from '$lib';
import { builds } from '$lib';

/** What a house does before its first guest, in this order. */
export interface Step {
  name: string;
  done: boolean;
  /** How it is done. */
  how: string;
  /** The page where it is done, as in the address. */
  page?: string;
}

/** What is done of it, as the server knows. */
export async function firstSteps({ api }: StaffSession): Promise<Step[]> {
  const one = { params: { query: { limit: 2 } } };
  const [menu, tables, people, devices, orders] = await Promise.all([
    api.get('/api/menu'),
    api.get('/api/tables'),
    api.get('/api/staff/people', one),
    api.get('/api/staff/devices', { params: { query: { limit: 200 } } }),
    api.get('/api/orders', one),
  ]);
  return [
    {
      name: 'Menu',
      done: menu.categories.some((category) => category.items.length > 0),
      how: 'On the machine: rasoi import menu FILE. The demo’s file, rasoi/demo/menu.csv, is one to start from.',
    },
    {
      name: 'Tables',
      done: tables.items.length > 0,
      how: 'Each has a code that guests scan. Until there are any, guests order to take away.',
      page: 'tables',
    },
    { name: 'People', done: people.items.length > 1, how: 'Add who cooks and who serves.', page: 'team' },
    {
      name: 'Devices',
      done: devices.items.some((device) => device.state === 'paired'),
      how: 'Open the kitchen’s and the waiters’ screens on them, and enter their codes.',
      page: 'devices',
    },
    {
      name: 'Payment keys',
      done: builds.info?.razorpay_simulated === false,
      how: 'Set RAZORPAY_KEY_ID, RAZORPAY_KEY_SECRET and RAZORPAY_WEBHOOK_SECRETS on the machine. Until then payments are simulated.',
    },
    {
      name: 'A test order',
      done: orders.items.length > 0,
      how: 'Order as a guest, and see it arrive in the kitchen.',
    },
  ];
}

/** A house that has a menu, tables and people was set up otherwise, as the demo is. */
export function isNew(steps: Step[]): boolean {
  return steps.slice(0, 3).some((step) => !step.done);
}
