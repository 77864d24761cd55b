import { clock } from '../clock.svelte';
import { newId, newTraceparent } from '../ids';
import { ApiError } from './error';

/** Who a client speaks as: a token, and a way to get a fresh one. */
export interface Credentials {
  readonly token: string | null;
  /** A fresh token; false when the person must sign in again. */
  refresh(): Promise<boolean>;
}

export interface RequestOptions {
  query?: Record<string, string | number | boolean | null | undefined>;
  headers?: Record<string, string>;
  /** Sent as Idempotency-Key; keep one key over all tries of one intent. */
  key?: string;
  signal?: AbortSignal;
  timeoutMs?: number;
}

export const idempotencyKey = newId;

const ANONYMOUS: Credentials = { token: null, refresh: () => Promise.resolve(false) };

/** A thin typed client: bearer token, one refresh on 401, problem details as ApiError. */
export class Api {
  constructor(private readonly credentials: Credentials = ANONYMOUS) {}

  get<T>(path: string, options?: RequestOptions): Promise<T> {
    return this.send<T>('GET', path, undefined, options);
  }

  post<T>(path: string, body?: unknown, options?: RequestOptions): Promise<T> {
    return this.send<T>('POST', path, body, options);
  }

  put<T>(path: string, body: unknown, options?: RequestOptions): Promise<T> {
    return this.send<T>('PUT', path, body, options);
  }

  patch<T>(path: string, body: unknown, options?: RequestOptions): Promise<T> {
    return this.send<T>('PATCH', path, body, options);
  }

  delete<T>(path: string, options?: RequestOptions): Promise<T> {
    return this.send<T>('DELETE', path, undefined, options);
  }

  /** The parsed body and the response; a 304 gives a null body. */
  async raw<T>(
    method: string,
    path: string,
    body?: unknown,
    options: RequestOptions = {},
  ): Promise<{ body: T | null; response: Response }> {
    let response = await this.fetch(method, path, body, options);
    if (response.status === 401 && this.credentials.token && (await this.credentials.refresh())) {
      response = await this.fetch(method, path, body, options);
    }
    if (response.status === 304 || response.status === 204) return { body: null, response };
    if (!response.ok) throw await ApiError.from(response);
    const text = await response.text();
    return { body: text ? (JSON.parse(text) as T) : null, response };
  }

  private async send<T>(method: string, path: string, body?: unknown, options?: RequestOptions): Promise<T> {
    return (await this.raw<T>(method, path, body, options)).body as T;
  }

  private async fetch(method: string, path: string, body: unknown, options: RequestOptions): Promise<Response> {
    const headers: Record<string, string> = { Accept: 'application/json', ...options.headers };
    if (this.credentials.token) headers['Authorization'] = `Bearer ${this.credentials.token}`;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (options.key) headers['Idempotency-Key'] = options.key;
    if (method !== 'GET') headers['traceparent'] = newTraceparent();
    const timeout = AbortSignal.timeout(options.timeoutMs ?? 15_000);
    const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
    const started = Date.now();
    try {
      const response = await fetch(withQuery(path, options.query), {
        method,
        headers,
        signal,
        cache: 'no-store',
        body: body === undefined ? null : JSON.stringify(body),
      });
      clock.learn(response.headers.get('Date'), started, Date.now());
      return response;
    } catch (cause) {
      if (options.signal?.aborted) throw cause;
      throw ApiError.offline(cause);
    }
  }
}

function withQuery(path: string, query: RequestOptions['query']): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== '') pairs.set(name, String(value));
  }
  const text = pairs.toString();
  return text ? `${path}?${text}` : path;
}
