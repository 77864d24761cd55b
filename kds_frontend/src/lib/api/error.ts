export interface FieldError {
  path: string;
  reason: string;
}

/** A refused or failed request, in words a person can act on. Status 0: the server wasn't reached. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    /** The last part of the problem's type: `sold-out`, `price-changed`, `offline` … */
    readonly slug: string,
    readonly title: string,
    readonly detail: string,
    readonly errors: FieldError[] = [],
    readonly body: Record<string, unknown> = {},
    readonly retryAfterS: number | null = null,
  ) {
    super(detail || title);
  }

  static async from(response: Response): Promise<ApiError> {
    const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
    const title = text(body['title']) || `Error ${response.status}`;
    const errors = Array.isArray(body['errors']) ? (body['errors'] as FieldError[]) : [];
    const wait = Number(response.headers.get('Retry-After') ?? NaN);
    return new ApiError(
      response.status,
      text(body['type']).split('/').pop() || String(response.status),
      title,
      text(body['detail']) || title,
      errors,
      body,
      Number.isFinite(wait) ? wait : null,
    );
  }

  static offline(cause: unknown): ApiError {
    const slow = cause instanceof DOMException && cause.name === 'TimeoutError';
    return slow
      ? new ApiError(0, 'timeout', 'No answer', 'The server took too long to answer. Try again.')
      : new ApiError(0, 'offline', 'No connection', 'The server can’t be reached. Check the network.');
  }

  get offline(): boolean {
    return this.status === 0;
  }

  /** Whether the same request may succeed later, unchanged. */
  get temporary(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Any thrown thing as one sentence for a person. */
export function explain(error: unknown): string {
  if (error instanceof ApiError) {
    const first = error.errors[0];
    return first && error.status === 400 ? `${error.detail} (${first.path}: ${first.reason})` : error.detail;
  }
  return error instanceof Error ? error.message : String(error);
}
