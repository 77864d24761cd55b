import type { AtDevice } from '../types';
import { deviceStorage } from '../storage.svelte';
import { builds } from '../live/build.svelte';
import { Api } from './client';
import { ApiError } from './error';

const KEY = 'rasoi.device';
const RETRY_MS = 5000;
/** Who waits to be touched still learns of being shut out, and counts as seen. */
const LOOK_MS = 60_000;

/** The header that says which paired device a call comes from. */
export function deviceHeader(): Record<string, string> {
  const token = deviceStorage.getItem(KEY);
  return token ? { 'X-Device-Token': token } : {};
}

/** This device's place in the house: paired once for all of its screens, it knows the people who may sign in on it. */
export class Pairing {
  here = $state.raw<AtDevice | null>(null);
  /** What the device shows until a manager has entered it. */
  code = $state<string | null>(null);
  /** It was paired, and somebody has shut it out since. */
  revoked = $state(false);
  fault = $state.raw<unknown>(null);
  private readonly api = new Api();
  private closed = false;
  private turn = 0;

  /** Another tab of this device was paired, or learned that it no longer is. */
  private readonly deafen = deviceStorage.onChange(KEY, () => void this.load());

  constructor() {
    void this.load();
  }

  /** Asks where this device stands, now and then, and for a code where nobody knows it. Never throws. */
  readonly load = async (): Promise<void> => {
    if (this.closed) return;
    const turn = ++this.turn;
    while (turn === this.turn) {
      let fault: unknown = null;
      try {
        if (!builds.own) await builds.load();
        if (!deviceStorage.getItem(KEY) || !(await this.read())) await this.pair(turn);
      } catch (error) {
        fault = error;
      }
      if (turn === this.turn) this.fault = fault;
      await wait(fault ? RETRY_MS : LOOK_MS);
    }
  };

  close(): void {
    this.closed = true;
    this.turn++;
    this.deafen();
  }

  /** Whether the house knows this device; forgets the token otherwise. */
  private async read(): Promise<boolean> {
    const token = deviceStorage.getItem(KEY);
    const query = { build: builds.own };
    try {
      this.here = await this.api.get('/api/staff/login/people', { headers: deviceHeader(), params: { query } });
      this.code = null;
      this.revoked = false;
      return true;
    } catch (error) {
      if (!(error instanceof ApiError) || error.slug !== 'unknown-device') throw error;
      if (deviceStorage.getItem(KEY) === token) deviceStorage.removeItem(KEY);
      this.revoked = true;
      return false;
    }
  }

  private async pair(turn: number): Promise<void> {
    this.revoked ||= this.here !== null; // another tab was told
    this.here = null;
    while (turn === this.turn) {
      const given = await this.api.post('/api/staff/devices/code');
      const token = await this.token(given, turn);
      if (!token) await wait(1000); // whatever the server says, it isn't asked without a pause
      if (turn !== this.turn || !token) continue;
      deviceStorage.setItem(KEY, token);
      await this.read();
      return;
    }
  }

  /** The token once somebody let this device in; none when the code is over. */
  private async token(
    given: { code: string; device_code: string; interval: number },
    turn: number,
  ): Promise<string | null> {
    while (turn === this.turn) {
      const body = { device_code: given.device_code };
      const { state, token } = await this.api.post('/api/staff/devices/token', { body });
      if (state !== 'waiting') return token ?? null;
      if (turn === this.turn) this.code = given.code;
      await wait(given.interval * 1000);
    }
    return null;
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
