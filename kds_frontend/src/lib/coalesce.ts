/** Many requests to do the same thing, as one run: soon after the last of them, and never later than `atMostMs` after the first. */
export function coalesce(
  run: () => void,
  idleMs: number,
  atMostMs: number,
): { schedule: () => void; stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let first = 0;
  const stop = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };
  const schedule = (): void => {
    const now = performance.now();
    if (timer === undefined) first = now;
    clearTimeout(timer);
    const wait = Math.max(0, Math.min(idleMs, first + atMostMs - now));
    timer = setTimeout(() => {
      timer = undefined;
      run();
    }, wait);
  };
  return { schedule, stop };
}
