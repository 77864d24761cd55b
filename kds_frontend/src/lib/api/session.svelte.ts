import type { GuestSessionReply, OutletBrief, Person, SessionReply } from '../types';
import { Api, type Credentials } from './client';
import { ApiError } from './error';

interface Stored<T> {
  reply: T;
  expiresAt: number;
}

/** A session kept in localStorage, refreshed before it ends; several tabs share one. */
abstract class StoredSession<T> implements Credentials {
  protected stored = $state<Stored<T> | null>(null);
  private refreshing: Promise<boolean> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly storageKey: string) {
    this.stored = this.read();
    this.schedule();
    window.addEventListener('storage', (event) => {
      if (event.key === this.storageKey) this.stored = this.read();
    });
  }

  abstract get token(): string | null;
  protected abstract renew(current: T): Promise<T>;
  protected abstract lifetime(reply: T): number;
  protected abstract same(a: T, b: T): boolean;

  get signedIn(): boolean {
    return this.stored !== null;
  }

  /** One refresh at a time; offline keeps the session, a refusal ends it. */
  refresh(): Promise<boolean> {
    this.refreshing ??= this.tryRefresh().finally(() => (this.refreshing = null));
    return this.refreshing;
  }

  protected keep(reply: T): void {
    this.stored = { reply, expiresAt: Date.now() + this.lifetime(reply) * 1000 };
    localStorage.setItem(this.storageKey, JSON.stringify(this.stored));
    this.schedule();
  }

  protected forget(): void {
    this.stored = null;
    localStorage.removeItem(this.storageKey);
    clearTimeout(this.timer);
  }

  private async tryRefresh(): Promise<boolean> {
    const before = this.stored;
    if (!before) return false;
    const elsewhere = this.read();
    if (elsewhere && !this.same(elsewhere.reply, before.reply)) {
      this.stored = elsewhere;
      this.schedule();
      return true;
    }
    try {
      this.keep(await this.renew(before.reply));
      return true;
    } catch (error) {
      if (error instanceof ApiError && !error.temporary) return this.adoptOrForget(before);
      this.schedule(15_000);
      return false;
    }
  }

  /** Another tab may have used the refresh token first. */
  private adoptOrForget(before: Stored<T>): boolean {
    const elsewhere = this.read();
    if (elsewhere && !this.same(elsewhere.reply, before.reply)) {
      this.stored = elsewhere;
      this.schedule();
      return true;
    }
    this.forget();
    return false;
  }

  private read(): Stored<T> | null {
    try {
      return JSON.parse(localStorage.getItem(this.storageKey) ?? 'null') as Stored<T> | null;
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

/** A person of the staff on this screen. Keep one instance per screen. */
export class StaffSession extends StoredSession<SessionReply> {
  /** Signed-in calls go through this client. */
  readonly api = new Api(this);
  private readonly open = new Api();

  constructor(screen: string) {
    super(`rasoi.${screen}.session`);
  }

  get token(): string | null {
    return this.stored?.reply.access_token ?? null;
  }

  get person(): Person | null {
    return this.stored?.reply.person ?? null;
  }

  get outlet(): OutletBrief | null {
    return this.stored?.reply.outlet ?? null;
  }

  async login(username: string, password: string): Promise<void> {
    this.keep(await this.open.post('/api/staff/login', { body: { username, password } }));
  }

  async loginPin(pin: string, outletId = 1): Promise<void> {
    this.keep(await this.open.post('/api/staff/login/pin', { body: { outlet_id: outletId, pin } }));
  }

  /** Signs out here at once, and on the server when it can be reached. */
  async logout(): Promise<void> {
    const token = this.token;
    this.forget();
    if (!token) return;
    const farewell = new Api({ token, refresh: () => Promise.resolve(false) });
    await farewell.post('/api/staff/logout').catch(() => undefined);
  }

  protected renew(current: SessionReply): Promise<SessionReply> {
    return this.open.post('/api/staff/refresh', { body: { refresh_token: current.refresh_token } });
  }

  protected lifetime(reply: SessionReply): number {
    return reply.expires_in;
  }

  protected same(a: SessionReply, b: SessionReply): boolean {
    return a.access_token === b.access_token;
  }
}

/** A guest's session at a table, or for takeaway. */
export class GuestSession extends StoredSession<GuestSessionReply> {
  readonly api = new Api(this);
  private readonly open = new Api();

  constructor(tableCode: string | null) {
    super(`rasoi.order.session.${tableCode ?? 'takeaway'}`);
    this.tableCode = tableCode;
  }

  readonly tableCode: string | null;

  get token(): string | null {
    return this.stored?.reply.token ?? null;
  }

  get info(): GuestSessionReply | null {
    return this.stored?.reply ?? null;
  }

  /** Takes up the kept session, or starts one by the table's code. */
  async start(): Promise<void> {
    if (this.signedIn) return;
    const body = this.tableCode ? { table_code: this.tableCode } : {};
    this.keep(await this.open.post('/api/sessions', { body }));
  }

  /** Forgets this visit, for example when its table was closed. */
  end(): void {
    this.forget();
  }

  protected async renew(current: GuestSessionReply): Promise<GuestSessionReply> {
    const holder = new Api({ token: current.token, refresh: () => Promise.resolve(false) });
    const fresh = await holder.post('/api/sessions/refresh');
    return { ...current, ...fresh };
  }

  protected lifetime(reply: GuestSessionReply): number {
    return reply.expires_in;
  }

  protected same(a: GuestSessionReply, b: GuestSessionReply): boolean {
    return a.token === b.token;
  }
}
