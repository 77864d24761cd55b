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

describe('sheets that follow each other', () => {
  let page = {};

  beforeEach(() => {
    page = { page: Math.random() }; // another than those of the tests before
    history.pushState(page, '', '/');
  });

  it.each([
    ['opens in the same moment', 0],
    ['opens while the page is on its way back', 1],
    ['opens later', 20],
  ])('keep the second that %s, until Back closes it', async (_, after) => {
    const [first, second] = [vi.fn(), vi.fn()];
    closeOnBack(first)();
    if (after === 1) await Promise.resolve();
    if (after === 20) await historyEvents();
    const stop = closeOnBack(second);
    await historyEvents();
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([0, 0]);
    history.back();
    await historyEvents();
    stop();
    await historyEvents();
    expect([second.mock.calls.length, history.state]).toEqual([1, page]);
  });

  it('leave nothing behind when the second opens before the first is closed', async () => {
    const close = vi.fn();
    const stopFirst = closeOnBack(close);
    const stopSecond = closeOnBack(close);
    stopFirst();
    await historyEvents();
    stopSecond();
    await historyEvents();
    expect([close.mock.calls.length, history.state]).toEqual([0, page]);
  });

  it('leave nothing behind when both close at once', async () => {
    const stops = [closeOnBack(vi.fn()), closeOnBack(vi.fn())];
    stops.reverse().forEach((stop) => stop());
    await historyEvents();
    expect(history.state).toEqual(page);
  });

  it('do not bring back one that closed before its step was there', async () => {
    closeOnBack(vi.fn())();
    await Promise.resolve();
    closeOnBack(vi.fn())();
    await historyEvents();
    expect(history.state).toEqual(page);
  });

  it('do not close one that was open before the page went another way', async () => {
    const before = vi.fn();
    closeOnBack(before);
    history.pushState(null, '', '/#order');
    closeOnBack(vi.fn())();
    await historyEvents();
    expect([before.mock.calls.length, location.hash]).toEqual([0, '#order']);
  });

  it('do not undo a way that is taken as they close', async () => {
    closeOnBack(vi.fn())();
    history.pushState(null, '', '/#order');
    await historyEvents();
    expect([location.hash, history.state]).toEqual(['#order', null]);
  });

  it('step back no further than a way that was taken between them', async () => {
    const stop = closeOnBack(vi.fn());
    history.pushState(null, '', '/#order');
    const stopNext = closeOnBack(vi.fn());
    stop();
    stopNext();
    await historyEvents();
    expect([location.hash, history.state]).toEqual(['#order', null]);
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
