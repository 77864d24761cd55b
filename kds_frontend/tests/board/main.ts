import '../../src/lib/tokens.css';
import '../../src/kitchen/kitchen.css';
import { mount } from 'svelte';
import { Theme } from '../../src/lib';
import type { Ticket } from '../../src/lib/types';
import BoardView from '../../src/kitchen/BoardView.svelte';
import { Device } from '../../src/lib/device.svelte';
import { Bell } from '../../src/lib/bell.svelte';
import { Kitchen } from './kitchen';

const kitchen = new Kitchen();
const frame = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(resolve));

/** Once all tickets are measured in their final letters, and drawn. */
async function drawn(): Promise<void> {
  for (let still = 0; still < 2; ) {
    await frame();
    await document.fonts.ready;
    still = document.querySelector('[data-measure]') ? 0 : still + 1;
  }
}

Object.assign(window, {
  kitchen,
  drawn,
  async show(tickets: Ticket[]) {
    await kitchen.show([]);
    await frame();
    await kitchen.show(tickets);
    await drawn();
  },
});

const target = document.getElementById('app');
if (target) {
  mount(BoardView, {
    target,
    props: {
      session: kitchen.session,
      live: kitchen.live,
      bell: new Bell('board-test'),
      device: new Device(),
      theme: new Theme('board-test', 'dark'),
      station: 'tandoor',
      onleave: () => Object.assign(window, { gone: true }),
    },
  });
}
