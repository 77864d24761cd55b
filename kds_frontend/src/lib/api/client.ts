import createClient, {
  type Client,
  type FetchResponse,
  type MaybeOptionalInit,
  type ParamsOption,
  type RequestBodyOption,
} from 'openapi-fetch';
import type { HttpMethod, MediaType, PathsWithMethod } from 'openapi-typescript-helpers';
import { clock } from '../clock.svelte';
import { newId, newTraceparent } from '../ids';
import { ApiError } from './error';
import type { paths } from './schema';

/** Who a client speaks as: a token, and a way to get a fresh one. */
export interface Credentials {
  readonly token: string | null;
  /** A fresh token; false when the person must sign in again. */
  refresh(): Promise<boolean>;
}

export interface CallOptions {
  headers?: Record<string, string>;
  /** Sent as Idempotency-Key; keep one key over all tries of one intent. */
  key?: string;
  signal?: AbortSignal;
  timeoutMs?: number;
}

export const idempotencyKey = newId;

type Json = 'application/json';
type Operation<Path extends keyof paths, Method extends HttpMethod> = Method extends keyof paths[Path]
  ? NonNullable<paths[Path][Method]> & Record<string | number, unknown>
  : never;
type Options<Path extends keyof paths, Method extends HttpMethod> = ParamsOption<Operation<Path, Method>> &
  RequestBodyOption<Operation<Path, Method>> &
  CallOptions;
/** Options may be left out where the route needs neither parameters nor a body. */
type Init<Path extends keyof paths, Method extends HttpMethod> =
  undefined extends MaybeOptionalInit<paths[Path], Method & keyof paths[Path]>
    ? [options?: Options<Path, Method>]
    : [options: Options<Path, Method>];
type Answer<Path extends keyof paths, Method extends HttpMethod> = NonNullable<
  FetchResponse<Operation<Path, Method>, object, Json & MediaType>['data']
>;
type Route<Method extends HttpMethod> = PathsWithMethod<paths, Method> & keyof paths;

const ANONYMOUS: Credentials = { token: null, refresh: () => Promise.resolve(false) };
const TIMEOUT_MS = 15_000;

/** The server's routes, typed by its own description: bearer token, one refresh on 401, problem details as ApiError. */
export class Api {
  private readonly client: Client<paths, Json>;

  constructor(private readonly credentials: Credentials = ANONYMOUS) {
    this.client = createClient<paths, Json>({
      baseUrl: location.origin,
      fetch: (request) => this.fetch(request),
      cache: 'no-store',
    });
  }

  get<Path extends Route<'get'>>(path: Path, ...[options]: Init<Path, 'get'>): Promise<Answer<Path, 'get'>> {
    return this.data('get', path, options);
  }

  post<Path extends Route<'post'>>(path: Path, ...[options]: Init<Path, 'post'>): Promise<Answer<Path, 'post'>> {
    return this.data('post', path, options);
  }

  put<Path extends Route<'put'>>(path: Path, ...[options]: Init<Path, 'put'>): Promise<Answer<Path, 'put'>> {
    return this.data('put', path, options);
  }

  patch<Path extends Route<'patch'>>(path: Path, ...[options]: Init<Path, 'patch'>): Promise<Answer<Path, 'patch'>> {
    return this.data('patch', path, options);
  }

  delete<Path extends Route<'delete'>>(
    path: Path,
    ...[options]: Init<Path, 'delete'>
  ): Promise<Answer<Path, 'delete'>> {
    return this.data('delete', path, options);
  }

  /** What the caller has under `etag` is still current: null; else the new answer. */
  async changed<Path extends Route<'get'>>(
    path: Path,
    etag: string,
    options: Options<Path, 'get'>,
  ): Promise<Answer<Path, 'get'> | null> {
    const headers = { ...options.headers, 'If-None-Match': etag };
    return (await this.call<Answer<Path, 'get'>>('get', path, { ...options, headers })) ?? null;
  }

  private async data<T>(method: HttpMethod, path: keyof paths, options: CallOptions | undefined): Promise<T> {
    return (await this.call<T>(method, path, options)) as T;
  }

  /** The parsed body; none for a 204 or a 304. */
  private async call<T>(
    method: HttpMethod,
    path: keyof paths,
    { key, timeoutMs = TIMEOUT_MS, signal, headers, ...init }: CallOptions = {},
  ): Promise<T | undefined> {
    const timeout = AbortSignal.timeout(timeoutMs);
    const sent = {
      ...init,
      headers: { Accept: 'application/json', ...headers, ...(key ? { 'Idempotency-Key': key } : {}) },
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    };
    // The public methods have checked path and options against the description.
    const request = this.client.request as (m: string, p: string, i: object) => Promise<{ data?: unknown }>;
    try {
      return (await request(method, path, sent)).data as T | undefined;
    } catch (cause) {
      if (cause instanceof ApiError || signal?.aborted) throw cause;
      throw ApiError.offline(cause);
    }
  }

  /** One request as the signed-in person, a second with a fresh token when the first was not accepted. */
  private async fetch(request: Request): Promise<Response> {
    let response = await this.once(request.clone());
    if (response.status === 401 && this.credentials.token && (await this.credentials.refresh())) {
      response = await this.once(request);
    }
    if (!response.ok && response.status !== 304) throw await ApiError.from(response);
    return response;
  }

  private async once(request: Request): Promise<Response> {
    if (this.credentials.token) request.headers.set('Authorization', `Bearer ${this.credentials.token}`);
    if (request.method !== 'GET') request.headers.set('traceparent', newTraceparent());
    const started = Date.now();
    const response = await fetch(request);
    clock.synchronize(response.headers.get('Date'), started, Date.now());
    return response;
  }
}
