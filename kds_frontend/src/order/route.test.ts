// @vitest-environment jsdom
import { beforeEach, expect, it, vi } from 'vitest';
import { route } from './route.svelte';

vi.stubGlobal('scrollTo', () => undefined);

async function goTo(view: 'menu' | 'cart' | 'order'): Promise<void> {
  route.go(view);
  await vi.waitFor(() => expect(route.view).toBe(view));
}

beforeEach(() => goTo('menu'));

it('shows the order in the place of the cart that was sent', async () => {
  await goTo('cart');
  const steps = history.length;
  route.ordered();
  expect([route.view, location.hash, history.length]).toEqual(['order', '#order', steps]);
});

it('takes nobody out of the view that they went to while the cart was sent', async () => {
  await goTo('cart');
  await goTo('menu');
  route.ordered();
  expect([route.view, location.hash]).toEqual(['menu', '']);
});
