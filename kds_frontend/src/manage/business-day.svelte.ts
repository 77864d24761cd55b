import { clock, type Outlet } from '$lib';
import { businessDay } from './labels';

/** The business day that a page shows: the outlet's own today as the clock moves on, until another is chosen. */
export class BusinessDay {
  // nothing of it is derived: what is still being loaded asks for it after the page has gone
  private outlet = $state.raw<Pick<Outlet, 'timezone' | 'day_cutoff_minutes'> | null>(null);
  private chosen = $state('');

  constructor(private readonly read: () => Promise<Pick<Outlet, 'timezone' | 'day_cutoff_minutes'>>) {}

  get today(): string {
    return this.outlet ? businessDay(clock.now, this.outlet.timezone, this.outlet.day_cutoff_minutes) : '';
  }

  /** Empty until the outlet is known. */
  get shown(): string {
    return this.chosen || this.today;
  }

  get cutoffMinutes(): number {
    return this.outlet?.day_cutoff_minutes ?? 0;
  }

  async load(): Promise<void> {
    this.outlet ??= await this.read();
  }

  /** Choosing today follows the clock again. */
  choose(day: string): void {
    this.chosen = day === this.today ? '' : day;
  }
}
