/** How long a control that has changed, or has come under the finger, ignores taps. */
export const GUARD_MS = 500;

/**
 * Knows since when each control means what it means and stands where it stands. A tap counts only where both were so
 * for a while before the finger came down.
 */
export class Guard {
  private readonly known = new Map<string, { what: string; since: number }>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** What all controls mean and where they stand; those that are not named are gone. */
  note(controls: ReadonlyMap<string, string>): void {
    const at = this.now();
    for (const key of this.known.keys()) if (!controls.has(key)) this.known.delete(key);
    for (const [key, what] of controls) {
      if (this.known.get(key)?.what !== what) this.known.set(key, { what, since: at });
    }
  }

  /** Whether a tap of a finger that came down at `downAt` is meant for the control. */
  allows(key: string, downAt = this.now()): boolean {
    const control = this.known.get(key);
    return control !== undefined && Math.min(downAt, this.now()) - control.since >= GUARD_MS;
  }
}
