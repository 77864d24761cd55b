/** One cart is sent at most once: its body and key are kept until an answer is known. */
import type { NewOrder } from '$lib/types';

export interface PendingOrder {
  key: string;
  body: NewOrder;
  since: number;
}

/** What is still unanswered goes again, unchanged; only then does a new body get a new key. */
export function prepare(pending: PendingOrder | null, body: NewOrder, key: () => string, now: number): PendingOrder {
  return pending ?? { key: key(), body, since: now };
}

/** Whether this answer proves that nothing was written. Anything else is unknown, and is asked again. */
export function isFinalRefusal(status: number, slug: string): boolean {
  if (status === 409) return !STILL_AT_WORK.has(slug);
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

const STILL_AT_WORK = new Set(['busy', 'in-progress', '409']);
