/** What stands over the page for a while, as a sheet: Back closes it, and the focus returns to where it came from. */
import { newId } from '../ids';

interface Marked {
  over?: string;
}

function mark(): string | undefined {
  return (history.state as Marked | null)?.over;
}

/** A step of the history that stands for something over the page. */
interface Step {
  id: string;
  open: boolean;
  close: () => void;
}

/** The steps that end at where the page stands, the lowest first. */
const steps: Step[] = [];
/** What opened while the page was still on its way back: going back at that moment would close it. */
const waiting: Step[] = [];
let onTheWay = false;

/** Gives Back something to close; the returned function takes it away again. */
export function closeOnBack(close: () => void): () => void {
  const step = { id: newId(), open: true, close };
  if (onTheWay) waiting.push(step);
  else place(step);
  return () => {
    step.open = false;
    queueMicrotask(leaveClosed); // not before the page has gone where it goes from here
  };
}

function place(step: Step): void {
  window.addEventListener('popstate', arrived);
  if (mark() !== steps.at(-1)?.id) steps.length = 0; // the page went another way since
  history.pushState({ ...(history.state as object | null), over: step.id }, '');
  steps.push(step);
}

function arrived(): void {
  onTheWay = false;
  const above = steps.splice(steps.findIndex(({ id }) => id === mark()) + 1);
  for (const step of above.reverse()) if (step.open) step.close();
  waiting.splice(0).forEach(place);
  leaveClosed();
}

/** Goes back over the step of what is closed, one after the other. */
function leaveClosed(): void {
  const last = steps.at(-1);
  if (onTheWay || !last || last.open || mark() !== last.id) return;
  onTheWay = true;
  history.back();
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
