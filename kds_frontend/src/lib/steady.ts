const SLEPT_MS = 2000;

let value = 0;
let ran = performance.now();
let told = Date.now();

/**
 * Milliseconds that only go on, however the device's clock is set: performance.now, and the wall clock's word where that
 * stood still, as it does on some devices while they sleep.
 */
export function steady(): number {
  const [runs, tells] = [performance.now(), Date.now()];
  const [run, tell] = [Math.max(0, runs - ran), tells - told];
  value += tell - run > SLEPT_MS ? tell : run;
  [ran, told] = [runs, tells];
  return value;
}
