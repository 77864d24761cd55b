import { steady } from '$lib/steady';

/** What has only just come under a finger, or means something else since, ignores a tap for so long. */
export const STEADY_MS = 500;

/** Knows since when each card stands where it is and means what it does, and how many stand out of sight. */
export class Places {
  /** Cards to the left and right of what is in sight. */
  before = $state.raw<string[]>([]);
  after = $state.raw<string[]>([]);
  private known = new Map<string, { key: string; since: number }>();

  /** To be called when the cards have been drawn or scrolled; `meaning` tells a card's state. */
  look(host: HTMLElement, meaning: (id: string) => string): void {
    const sight = host.getBoundingClientRect();
    const next: typeof this.known = new Map();
    const [before, after]: [string[], string[]] = [[], []];
    for (const card of host.querySelectorAll<HTMLElement>('[data-order]')) {
      const id = card.dataset.order ?? '';
      const { left, right, top, bottom } = card.getBoundingClientRect();
      const key = `${Math.round(left)} ${Math.round(top)} ${meaning(id)}`;
      const was = this.known.get(id);
      next.set(id, was?.key === key ? was : { key, since: steady() });
      if (right <= sight.left + 1 || bottom <= sight.top + 1) before.push(id);
      else if (left >= sight.right - 1 || top >= sight.bottom - 1) after.push(id);
    }
    this.known = next;
    if (before.join() !== this.before.join()) this.before = before;
    if (after.join() !== this.after.join()) this.after = after;
  }

  /** Whether a tap on this card is meant for what it shows. */
  isSteady(id: string): boolean {
    const known = this.known.get(id);
    return known !== undefined && steady() - known.since >= STEADY_MS;
  }
}
