/** How far a screen may be believed: pure. */

/**
 * `live`: proven equal to the server's state, and told of each change. `polling`: proven by HTTP every few seconds, without
 * a socket. `connecting`: nothing is known yet. `reconnecting`: no longer known to be equal; `stale`: not for a while.
 */
export type LiveState = 'connecting' | 'live' | 'polling' | 'reconnecting' | 'stale';

/** How long a proof is good for while the socket tells of changes, and without one, when only the next poll would tell. */
export const TRUST_MS = 15_000;
export const POLLED_TRUST_MS = 7000;
/** How long a screen may try before it says aloud that it isn't live. */
export const PATIENCE_MS = 7000;

export interface Facts {
  /** Everything shown was proven equal once. */
  proven: boolean;
  /** The last comparison of some part ended without an answer. */
  failed: boolean;
  /** Since the oldest proof. */
  ageMs: number;
  /** The socket carries every channel, and each was proven since it does. */
  followed: boolean;
  /** Everything was proven since the socket was lost. */
  polled: boolean;
  /** The socket was there a moment ago, or has just been asked for: it isn't missed yet. */
  briefly: boolean;
  before: LiveState;
  /** Since the screen was last known to be right, or woke. */
  unsureMs: number;
}

export function stateOf({ proven, failed, ageMs, followed, polled, briefly, before, unsureMs }: Facts): LiveState {
  if (proven && !failed && ageMs < TRUST_MS) {
    if (followed) return 'live';
    if (briefly) return before;
    if (polled && ageMs < POLLED_TRUST_MS) return 'polling';
  }
  if (unsureMs >= PATIENCE_MS) return 'stale';
  return proven ? 'reconnecting' : 'connecting';
}
