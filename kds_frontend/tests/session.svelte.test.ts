// @vitest-environment jsdom
import { flushSync } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GuestSession, StaffSession } from '../src/lib/api/session.svelte';

let renewals = 0;

function staffReply(person = 'Asha'): object {
  renewals += 1;
  return {
    access_token: `access-${renewals}`,
    refresh_token: `refresh-${renewals}`,
    expires_in: 60,
    person: { id: 'p1', name: person, role: 'kitchen' },
    outlet: { id: 1, name: 'Rasoi', timezone: 'Asia/Kolkata', currency: 'INR' },
  };
}

function guestReply(): object {
  renewals += 1;
  return {
    token: `guest-${renewals}`,
    expires_in: 60,
    session_id: 's1',
    outlet: { id: 1, name: 'Rasoi' },
    table: { id: 't1', name: 'Table 1' },
    type: 'dine_in',
    payment: 'pay_later',
  };
}

beforeEach(() => {
  localStorage.clear();
  renewals = 0;
  vi.stubGlobal('fetch', (request: Request) =>
    Promise.resolve(Response.json(request.url.includes('/staff/') ? staffReply() : guestReply())),
  );
});
afterEach(() => vi.unstubAllGlobals());

/** How often an effect that reads all of a session's faces has run. */
function watching(read: () => unknown): { runs: () => number; stop: () => void } {
  let runs = 0;
  const stop = $effect.root(() => {
    $effect(() => {
      read();
      runs += 1;
    });
  });
  flushSync();
  return {
    runs: () => {
      flushSync();
      return runs;
    },
    stop,
  };
}

describe('a renewal', () => {
  it('changes the token and nothing that a staff screen reacts to', async () => {
    const session = new StaffSession('kitchen');
    await session.login('asha', 'secret-word');
    const { runs, stop } = watching(() => [session.signedIn, session.person, session.outlet, session.token]);
    const before = session.token;
    for (let turn = 0; turn < 3; turn++) expect(await session.refresh()).toBe(true);
    expect(session.token).not.toBe(before);
    expect(runs()).toBe(1);
    stop();
  });

  it('changes nothing that a guest’s screen reacts to', async () => {
    const session = new GuestSession('code');
    await session.start();
    const { runs, stop } = watching(() => [session.signedIn, session.info, session.token]);
    for (let turn = 0; turn < 3; turn++) expect(await session.refresh()).toBe(true);
    expect(session.token).toBe('guest-4');
    expect(runs()).toBe(1);
    stop();
  });

  it('of another tab is taken up as quietly, and its sign-out is seen', async () => {
    const session = new StaffSession('kitchen');
    await session.login('asha', 'secret-word');
    const { runs, stop } = watching(() => [session.signedIn, session.person]);
    const key = 'rasoi.kitchen.session';
    localStorage.setItem(key, JSON.stringify({ reply: staffReply(), expiresAt: Date.now() + 60_000 }));
    window.dispatchEvent(new StorageEvent('storage', { key }));
    expect(session.token).toBe('access-2');
    expect(runs()).toBe(1);
    localStorage.removeItem(key);
    window.dispatchEvent(new StorageEvent('storage', { key }));
    expect(session.signedIn).toBe(false);
    expect(runs()).toBe(2);
    stop();
  });

  it('as somebody else is another session', async () => {
    const session = new StaffSession('kitchen');
    await session.login('asha', 'secret-word');
    const { runs, stop } = watching(() => session.person);
    vi.stubGlobal('fetch', () => Promise.resolve(Response.json(staffReply('Binu'))));
    await session.login('binu', 'secret-word');
    expect(runs()).toBe(2);
    stop();
  });
});

describe('a session that an earlier page kept', () => {
  it('is there at once', () => {
    const stored = { reply: staffReply(), expiresAt: Date.now() + 60_000 };
    localStorage.setItem('rasoi.kitchen.session', JSON.stringify(stored));
    expect(new StaffSession('kitchen').person?.name).toBe('Asha');
  });
});
