import { steady } from './steady';
import { onWake } from './wake';

/** A Date header is cut to whole seconds, and a server may write it a second late. */
const DATE_WITHIN_MS = 2000;

/** One ticking clock for all timers: the server's time, whatever the device's clock is set to. */
class Clock {
  /** The server's time in ms, moving once a second. */
  now = $state(Date.now());
  /** The server's time less the steady clock's; the answers so far leave this span for it. */
  private offset = Date.now() - steady();
  private least = -Infinity;
  private most = Infinity;

  constructor() {
    if (typeof window === 'undefined') return;
    setInterval(this.tick, 1000);
    onWake(this.tick);
  }

  server(): number {
    return steady() + this.offset;
  }

  /** Narrows the span by an HTTP Date; an answer that contradicts it begins a new one. */
  synchronize(date: string | null, sentAt: number, answeredAt: number): void {
    const told = Date.parse(date ?? '');
    if (Number.isNaN(told)) return;
    const [least, most] = [told - answeredAt, told + DATE_WITHIN_MS - sentAt];
    const contradicts = least > this.most || most < this.least;
    this.least = contradicts ? least : Math.max(least, this.least);
    this.most = contradicts ? most : Math.min(most, this.most);
    this.offset = (this.least + this.most) / 2;
  }

  private readonly tick = (): void => {
    this.now = this.server();
  };

  /** Whole seconds since a timestamp, never negative. */
  since(timestamp: string | null | undefined): number {
    return timestamp ? Math.max(0, Math.floor((this.now - Date.parse(timestamp)) / 1000)) : 0;
  }

  /** Whole seconds until a timestamp, never negative. */
  until(timestamp: string | null | undefined): number {
    return timestamp ? Math.max(0, Math.ceil((Date.parse(timestamp) - this.now) / 1000)) : 0;
  }
}

export const clock = new Clock();

/** Seconds as `4:07`, and from an hour on as `1:04:07`. */
export function minutes(seconds: number): string {
  const s = String(seconds % 60).padStart(2, '0');
  const m = Math.floor(seconds / 60);
  return m < 60 ? `${m}:${s}` : `${Math.floor(m / 60)}:${String(m % 60).padStart(2, '0')}:${s}`;
}

/** A timestamp as `9:41 pm` in the outlet's timezone. */
export function timeOfDay(timestamp: string, timezone: string | undefined): string {
  return new Intl.DateTimeFormat('en-IN', { hour: 'numeric', minute: '2-digit', timeZone: timezone }).format(
    new Date(timestamp),
  );
}

/** A timestamp as `21 Nov, 9:41 pm` in the outlet's timezone. */
export function dateAndTime(timestamp: string, timezone: string | undefined): string {
  return new Intl.DateTimeFormat('en-IN', {
    day: 'numeric',
    month: 'short',
    hour: 'numeric',
    minute: '2-digit',
    timeZone: timezone,
  }).format(new Date(timestamp));
}
