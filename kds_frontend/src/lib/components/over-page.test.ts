// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { closeOnBack, rememberFocus } from './over-page';

const historyEvents = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

describe('Back, while a sheet is open', () => {
  beforeEach(() => history.replaceState(null, '', '/'));

  it('closes the sheet and stays on the page', async () => {
    const close = vi.fn();
    const stop = closeOnBack(close);
    history.back();
    await historyEvents();
    stop();
    expect(close).toHaveBeenCalledTimes(1);
    expect(history.state).toBeNull();
  });

  it('closes only the upper one of two', async () => {
    const [lower, upper] = [vi.fn(), vi.fn()];
    const stopLower = closeOnBack(lower);
    const stopUpper = closeOnBack(upper);
    history.back();
    await historyEvents();
    expect([lower.mock.calls.length, upper.mock.calls.length]).toEqual([0, 1]);
    stopUpper();
    stopLower();
    await historyEvents();
    expect(history.state).toBeNull();
  });

  it('leaves nothing behind when the sheet is closed by its own button', async () => {
    const close = vi.fn();
    closeOnBack(close)();
    await historyEvents();
    expect([close.mock.calls.length, history.state]).toEqual([0, null]);
  });

  it('does not undo a way that was taken from the sheet', async () => {
    const stop = closeOnBack(vi.fn());
    history.pushState(null, '', '/#order');
    stop();
    await historyEvents();
    expect(location.hash).toBe('#order');
  });
});

describe('the focus, after a sheet', () => {
  it('returns to where it came from', () => {
    document.body.innerHTML = '<ul><li><button id="add">Add</button></li></ul>';
    document.querySelector<HTMLElement>('#add')?.focus();
    const back = rememberFocus();
    (document.activeElement as HTMLElement).blur();
    back();
    expect(document.activeElement?.id).toBe('add');
  });

  it('goes to what stands there now when its own button is gone', () => {
    document.body.innerHTML =
      '<ul><li id="dish"><button>Add</button></li><li><button id="other">Add</button></li></ul>';
    document.querySelector<HTMLElement>('#dish button')?.focus();
    const back = rememberFocus();
    const dish = document.querySelector('#dish');
    if (dish) dish.innerHTML = '<button disabled>0</button><button id="more">One more</button>';
    back();
    expect(document.activeElement?.id).toBe('more');
  });

  it('stays where somebody has put it meanwhile', () => {
    document.body.innerHTML = '<button id="add">Add</button><input id="search" />';
    document.querySelector<HTMLElement>('#add')?.focus();
    const back = rememberFocus();
    document.querySelector<HTMLElement>('#search')?.focus();
    back();
    expect(document.activeElement?.id).toBe('search');
  });
});
