/** Calls `run` when the page may have slept or been cut off: it is seen again, is back from the cache, or has a network. */
export function onWake(run: () => void): () => void {
  const seen = (event: Event): void => {
    const first = event.type === 'pageshow' && !(event as PageTransitionEvent).persisted;
    if (document.visibilityState === 'visible' && !first) run();
  };
  document.addEventListener('visibilitychange', seen);
  document.addEventListener('resume', seen);
  window.addEventListener('pageshow', seen);
  window.addEventListener('online', seen);
  return () => {
    document.removeEventListener('visibilitychange', seen);
    document.removeEventListener('resume', seen);
    window.removeEventListener('pageshow', seen);
    window.removeEventListener('online', seen);
  };
}
