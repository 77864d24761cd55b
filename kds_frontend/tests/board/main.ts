import '../../src/lib/tokens.css';
import '../../src/kitchen/kitchen.css';
import { mount, unmount } from 'svelte';
import { Theme } from '../../src/lib';
import { Bell } from '../../src/lib/bell.svelte';
import { Device } from '../../src/lib/device.svelte';
import type { Ticket } from '../../src/lib/types';
import BoardView from '../../src/kitchen/BoardView.svelte';
import { Kitchen } from './kitchen';

const kitchen = new Kitchen();
const device = new Device();
const bell = new Bell('board-test');
const frame = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(resolve));
let view: object | null = null;

/** Once all tickets are measured in their final letters, and drawn. */
async function drawn(): Promise<void> {
  for (let still = 0; still < 2;) {
    await frame();
    await document.fonts.ready;
    still = document.querySelector('[data-measure]') ? 0 : still + 1;
  }
}

/** A new board with these tickets. */
async function show(tickets: Ticket[]): Promise<void> {
  if (view) await unmount(view);
  sessionStorage.clear(); // the page that a reload would come back to
  kitchen.tickets = new Map(tickets.map((ticket) => [ticket.id, ticket]));
  const target = document.getElementById('app') ?? document.body;
  const onleave = (): void => void Object.assign(window, { gone: true });
  view = mount(BoardView, {
    target,
    props: {
      session: kitchen.session,
      live: kitchen.live,
      bell,
      device,
      theme: new Theme('board-test', 'dark'),
      station: 'tandoor',
      onleave,
    },
  });
  while (!document.querySelector(tickets.length > 0 ? 'article' : 'h2')) await frame();
  await drawn();
}

Object.assign(window, { kitchen, drawn, show });
