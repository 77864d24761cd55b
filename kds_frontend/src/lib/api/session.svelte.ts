import { deviceStorage } from '../storage.svelte';
import type { GuestSessionReply, OutletBrief, Person, SessionReply } from '../types';
import { Api, type Credentials } from './client';
import { ApiError } from './error';
import { deviceHeader } from './pairing.svelte';

interface Stored<T> {
  reply: T;
  expiresAt: number;
}

/**
 * A session stored on the device, refreshed before it ends; several tabs share one. Screens react to who is signed
 * in, never to a renewal: the token and its end are plain fields, and `identity` stays the same object meanwhile.
 */
abstract class StoredSession<T, Identity> implements Credentials {
  protected identity = $state.raw<Identity | null>(null);
  protected stored: Stored<T> | null = null;
  private refreshing: Promise<boolean> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly storageKey: string) {
    deviceStorage.onChange(storageKey, () => this.adopt(this.read()));
  }

  abstract get token(): string | null;
  protected abstract identify(reply: T): Identity;
  protected abstract renew(current: T): Promise<T>;
  protected abstract lifetime(reply: T): number;
  protected abstract sameToken(a: T, b: T): boolean;

  get signedIn(): boolean {
    return this.identity !== null;
  }

  /** One refresh at a time; offline keeps the session, a refusal ends it. */
  refresh(): Promise<boolean> {
    this.refreshing ??= this.tryRefresh().finally(() => (this.refreshing = null));
    return this.refreshing;
  }

  /** Uses what an earlier page stored; to be called at the end of the constructor. */
  protected resume(): void {
    this.adopt(this.read());
  }

  protected save(reply: T): void {
    this.adopt({ reply, expiresAt: Date.now() + this.lifetime(reply) * 1000 });
    deviceStorage.setItem(this.storageKey, JSON.stringify(this.stored));
  }

  protected clear(): void {
    deviceStorage.removeItem(this.storageKey);
    this.adopt(null);
  }

  private adopt(stored: Stored<T> | null): void {
    this.stored = stored;
    const identity = stored && this.identify(stored.reply);
    if (JSON.stringify(identity) !== JSON.stringify(this.identity)) this.identity = identity;
    this.schedule();
  }

  private async tryRefresh(): Promise<boolean> {
    const before = this.stored;
    if (!before) return false;
    const elsewhere = this.read();
    if (elsewhere && !this.sameToken(elsewhere.reply, before.reply)) {
      this.adopt(elsewhere);
      return true;
    }
    try {
      this.save(await this.renew(before.reply));
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.slug === 'scan-again') return false; // it may still be read with
      if (error instanceof ApiError && !error.temporary) return this.adoptOrClear(before);
      this.schedule(15_000);
      return false;
    }
  }

  /** Another tab may have used the refresh token first. */
  private adoptOrClear(before: Stored<T>): boolean {
    const elsewhere = this.read();
    if (elsewhere && !this.sameToken(elsewhere.reply, before.reply)) {
      this.adopt(elsewhere);
      return true;
    }
    this.clear();
    return false;
  }

  private read(): Stored<T> | null {
    try {
      return JSON.parse(deviceStorage.getItem(this.storageKey) ?? 'null') as Stored<T> | null;
    } catch {
      return null;
    }
  }

  private schedule(atLeast = 1000): void {
    clearTimeout(this.timer);
    if (!this.stored) return;
    const early = Math.min(60_000, this.lifetime(this.stored.reply) * 200);
    const wait = Math.max(atLeast, this.stored.expiresAt - Date.now() - early);
    this.timer = setTimeout(() => void this.refresh(), Math.min(wait, 2 ** 31 - 1));
  }
}

/** A person of the staff on this screen. One instance per screen. */
export class StaffSession extends StoredSession<SessionReply, Pick<SessionReply, 'person' | 'outlet'>> {
  /** Signed-in calls go through this client. */
  readonly api = new Api(this);
  private readonly anonymous = new Api();

  constructor(screen: string) {
    super(`rasoi.${screen}.session`);
    this.resume();
  }

  get token(): string | null {
    return this.stored?.reply.access_token ?? null;
  }

  get person(): Person | null {
    return this.identity?.person ?? null;
  }

  get outlet(): OutletBrief | null {
    return this.identity?.outlet ?? null;
  }

  async login(username: string, password: string, code?: string): Promise<void> {
    const body = { username, password, code };
    this.save(await this.anonymous.post('/api/staff/login', { headers: deviceHeader(), body }));
  }

  /** By PIN, as one of the people of this paired device. */
  async loginPin(personId: string, pin: string): Promise<void> {
    const body = { person_id: personId, pin };
    this.save(await this.anonymous.post('/api/staff/login/pin', { headers: deviceHeader(), body }));
  }

  /** The server has ended it. */
  ended(): void {
    this.clear();
  }

  /** Signs out here at once, and on the server when it can be reached. */
  async logout(): Promise<void> {
    const token = this.token;
    this.clear();
    if (!token) return;
    const withOldToken = new Api({ token, refresh: () => Promise.resolve(false) });
    await withOldToken.post('/api/staff/logout').catch(() => undefined);
  }

  protected identify({ person, outlet }: SessionReply): Pick<SessionReply, 'person' | 'outlet'> {
    return { person, outlet };
  }

  protected renew(current: SessionReply): Promise<SessionReply> {
    return this.anonymous.post('/api/staff/refresh', { body: { refresh_token: current.refresh_token } });
  }

  protected lifetime(reply: SessionReply): number {
    return reply.expires_in;
  }

  protected sameToken(a: SessionReply, b: SessionReply): boolean {
    return a.access_token === b.access_token;
  }
}

type GuestIdentity = Omit<GuestSessionReply, 'token' | 'expires_in' | 'state'>;
/** The token of the phone's last table: whoever scans a table's new code stays who they were there. */
const LAST_TABLE = 'rasoi.order.last-table';

/** A guest's session at a table, or for takeaway. */
export class GuestSession extends StoredSession<GuestSessionReply, GuestIdentity> {
  readonly api = new Api(this);
  private readonly anonymous = new Api();

  /** By a table's code, or for takeaway from an outlet, the first one where none is named. */
  constructor(
    private readonly tableCode: string | null,
    private readonly outletId?: number,
    /** Names it among what the device keeps. */
    readonly place = tableCode ?? `takeaway${outletId ?? ''}`,
  ) {
    super(`rasoi.order.session.${place}`);
    this.resume();
  }

  get token(): string | null {
    return this.stored?.reply.token ?? null;
  }

  get info(): GuestIdentity | null {
    return this.identity;
  }

  /** Uses the stored session, or starts one by the table's code. */
  async start(): Promise<void> {
    if (this.signedIn) return;
    const body = this.tableCode ? { table_code: this.tableCode } : { outlet_id: this.outletId ?? null };
    const known = this.tableCode ? deviceStorage.getItem(LAST_TABLE) : null;
    const api = known ? new Api({ token: known, refresh: () => Promise.resolve(false) }) : this.anonymous;
    this.save(await api.post('/api/sessions', { body }));
    if (this.tableCode && this.token) deviceStorage.setItem(LAST_TABLE, this.token);
  }

  /** Ends this session here, for example when its table was closed. */
  end(): void {
    this.clear();
  }

  protected identify({ session_id, outlet, table, type, payment }: GuestSessionReply): GuestIdentity {
    return { session_id, outlet, table, type, payment };
  }

  protected async renew(current: GuestSessionReply): Promise<GuestSessionReply> {
    const withOldToken = new Api({ token: current.token, refresh: () => Promise.resolve(false) });
    const fresh = await withOldToken.post('/api/sessions/refresh');
    return { ...current, ...fresh };
  }

  protected lifetime(reply: GuestSessionReply): number {
    return reply.expires_in;
  }

  protected sameToken(a: GuestSessionReply, b: GuestSessionReply): boolean {
    return a.token === b.token;
  }
}
