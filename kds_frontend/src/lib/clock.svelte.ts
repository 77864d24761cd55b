/** One ticking clock for all timers, corrected to the server's time. */
class Clock {
  /** The server's time in ms, moving once a second. */
  now = $state(Date.now());
  private skew = 0;
  private shortestTrip = Infinity;

  constructor() {
    if (typeof window !== 'undefined') setInterval(() => (this.now = this.server()), 1000);
  }

  server(): number {
    return Date.now() + this.skew;
  }

  /** Estimates the skew from an HTTP Date (whole seconds); the quickest answers say most. */
  synchronize(date: string | null, sentAt: number, answeredAt: number): void {
    const roundTrip = answeredAt - sentAt;
    if (!date || roundTrip > this.shortestTrip * 2) return;
    const server = Date.parse(date);
    if (Number.isNaN(server)) return;
    this.shortestTrip = Math.min(this.shortestTrip, Math.max(roundTrip, 20));
    const skew = server + 500 - (sentAt + answeredAt) / 2;
    this.skew = Math.abs(skew) < 2000 ? 0 : skew;
  }

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
