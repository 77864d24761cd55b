import type { FetchResponse, RequestBodyOption } from 'openapi-fetch';
import type { HttpMethod, MediaType, PathsWithMethod } from 'openapi-typescript-helpers';
import { clock } from '../clock.svelte';
import { newId, newTraceparent } from '../ids';
import { steady } from '../steady';
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
type Given<Path extends keyof paths, Method extends HttpMethod> =
  Operation<Path, Method> extends { parameters: infer Parameters } ? Parameters : object;
/** What is left out of an address may as well be null. */
type Query<T> = { [Name in keyof T]: undefined extends T[Name] ? T[Name] | null : T[Name] };
type Parts = Record<string, unknown>;
type Params<T> = (T extends { path: infer Path extends Parts } ? { path: Path } : { path?: never }) &
  (T extends { query?: infer Asked } ? { query?: Query<NonNullable<Asked>> } : { query?: never });
type ParamsOption<T> = T extends { path: Parts } ? { params: Params<T> } : { params?: Params<T> };
/** The key is an option of its own, needed where the route reads one. */
type KeyOption<T> = T extends { header: { 'Idempotency-Key': string } } ? { key: string } : object;
type Options<Path extends keyof paths, Method extends HttpMethod> = ParamsOption<Given<Path, Method>> &
  KeyOption<Given<Path, Method>> &
  RequestBodyOption<Operation<Path, Method>> &
  CallOptions;
/** Options may be left out where the route needs neither parameters nor a body. */
type Init<Path extends keyof paths, Method extends HttpMethod> =
  object extends Options<Path, Method> ? [options?: Options<Path, Method>] : [options: Options<Path, Method>];
type Answer<Path extends keyof paths, Method extends HttpMethod> = NonNullable<
  FetchResponse<Operation<Path, Method>, object, Json & MediaType>['data']
>;
type Route<Method extends HttpMethod> = PathsWithMethod<paths, Method> & keyof paths;

/** What the typed options are when they are sent. */
interface Sent extends CallOptions {
  params?: { path?: Parts; query?: object };
  body?: unknown;
}

interface Answered<T> {
  /** Null for a 304, or where the answer has no body. */
  data: T | null;
  headers: Headers;
}

const ANONYMOUS: Credentials = { token: null, refresh: () => Promise.resolve(false) };

/** Every request is given up after this long; the few that wait for others on the server's side say so themselves. */
const GIVE_UP_MS = 5000;
/** For what the server asks of the payment provider meanwhile, at whom it gives up first. */
export const PROVIDER_MS = 10_000;

/** The server's routes, typed by its own description: bearer token, one refresh on 401, problem details as ApiError. */
export class Api {
  constructor(private readonly credentials: Credentials = ANONYMOUS) {}

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

  /** `data` is null where what the caller has under `etag` is still current. */
  changed<Path extends Route<'get'>>(
    path: Path,
    etag: string,
    ...[options]: Init<Path, 'get'>
  ): Promise<Answered<Answer<Path, 'get'>>> {
    const given = options as Sent | undefined;
    return this.call('get', path, { ...given, headers: { ...given?.headers, 'If-None-Match': etag } });
  }

  private async data<T>(method: HttpMethod, path: string, options: Sent | undefined): Promise<T> {
    return (await this.call<T>(method, path, options)).data as T;
  }

  private async call<T>(method: HttpMethod, path: string, options: Sent = {}): Promise<Answered<T>> {
    const timeout = AbortSignal.timeout(options.timeoutMs ?? GIVE_UP_MS);
    const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
    try {
      const response = await this.fetch(requestOf(method, path, options, signal), signal);
      const text = await response.text();
      return { data: text ? (JSON.parse(text) as T) : null, headers: response.headers };
    } catch (cause) {
      if (cause instanceof ApiError || options.signal?.aborted) throw cause;
      throw ApiError.offline(timeout.aborted ? timeout.reason : cause);
    }
  }

  /** One request as the signed-in person, a second with a fresh token when the first was not accepted. */
  private async fetch(request: Request, signal: AbortSignal): Promise<Response> {
    let response = await this.once(request.clone());
    if (response.status === 401 && this.credentials.token && (await this.refresh(signal))) {
      response = await this.once(request);
    }
    if (!response.ok && response.status !== 304) throw await ApiError.from(response);
    return response;
  }

  /** The caller waits for a fresh token no longer than for anything else. */
  private refresh(signal: AbortSignal): Promise<boolean> {
    const givenUp = new Promise<boolean>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    return Promise.race([this.credentials.refresh(), givenUp]);
  }

  private async once(request: Request): Promise<Response> {
    if (this.credentials.token) request.headers.set('Authorization', `Bearer ${this.credentials.token}`);
    if (request.method !== 'GET') request.headers.set('traceparent', newTraceparent());
    const started = steady();
    const response = await fetch(request);
    clock.synchronize(response.headers.get('Date'), started, steady());
    return response;
  }
}

function requestOf(
  method: HttpMethod,
  path: string,
  { params, body, key, headers }: Sent,
  signal: AbortSignal,
): Request {
  const filled = path.replace(/{(\w+)}/g, (_, name: string) => encodeURIComponent(String(params?.path?.[name])));
  const url = new URL(filled, location.origin);
  for (const [name, value] of Object.entries<unknown>({ ...params?.query })) {
    for (const each of [value].flat()) if (each != null) url.searchParams.append(name, String(each));
  }
  return new Request(url, {
    method: method.toUpperCase(),
    headers: {
      Accept: 'application/json',
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(key ? { 'Idempotency-Key': key } : {}),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    cache: 'no-store',
    signal,
  });
}
