/** What stands over the page for a while, as a sheet: Back closes it, and the focus returns to where it came from. */
import { newId } from '../ids';

interface Marked {
  over?: string;
}

function mark(): string | undefined {
  return (history.state as Marked | null)?.over;
}

/** Gives Back something to close; the returned function takes it away again. */
export function closeOnBack(close: () => void): () => void {
  const own = newId();
  let left = false;
  history.pushState({ ...(history.state as object | null), over: own }, '');
  const listen = (): void => {
    if (left || mark() === own) return;
    left = true;
    close();
  };
  window.addEventListener('popstate', listen);
  return () => {
    window.removeEventListener('popstate', listen);
    if (!left && mark() === own) history.back();
  };
}

/** Remembers what has the focus; the returned function gives it back, or to what stands there now. */
export function rememberFocus(): () => void {
  const chain: Element[] = [];
  for (let each = document.activeElement; each; each = each.parentElement) chain.push(each);
  return () => {
    const lost = !document.activeElement || document.activeElement === document.body;
    const near = chain.find((each) => each.isConnected && each !== document.body && each !== document.documentElement);
    if (!lost || !(near instanceof HTMLElement)) return;
    const target = near === chain[0] ? near : near.querySelector<HTMLElement>('button:not(:disabled), a, input');
    target?.focus({ preventScroll: true });
  };
}
