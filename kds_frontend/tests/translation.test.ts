// @vitest-environment jsdom
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { surviveTranslation } from '../src/lib/translation';

/** As Chrome does: each text gives way to a <font> with the translation. */
const WAYS: Record<string, (text: Text) => void> = {
  replaces: (text) => text.replaceWith(font(`«${text.data}»`)),
  'puts before and removes': (text) => {
    text.before(font(`«${text.data}»`));
    text.remove();
  },
  wraps: (text) => {
    const outer = font('');
    text.replaceWith(outer);
    outer.append(text);
  },
};

function font(text: string): HTMLElement {
  const outer = document.createElement('font');
  const inner = document.createElement('font');
  inner.textContent = text;
  outer.append(inner);
  return outer;
}

const settled = () => new Promise((resolve) => setTimeout(resolve));
let host: HTMLElement;
const shown = () => host.textContent;

beforeAll(() => surviveTranslation());
beforeEach(() => {
  host = document.createElement('p');
  document.body.replaceChildren(host);
});

describe.each(Object.keys(WAYS))('a translator that %s', (way) => {
  const translate = WAYS[way] as (text: Text) => void;
  const added = async (data: string): Promise<Text> => {
    const text = document.createTextNode(data);
    host.append(text);
    await settled();
    translate(text);
    await settled();
    return text;
  };

  it('does not keep a later change from the page, again and again', async () => {
    const text = await added('To pay ₹251');
    expect(shown()).toContain('To pay ₹251');
    for (const amount of ['To pay ₹501', 'To pay ₹0']) {
      text.nodeValue = amount;
      await settled();
      expect(shown()).toBe(amount);
      translate(text);
      await settled();
      expect(shown()).toContain(amount);
      expect(text.isConnected).toBe(true);
    }
  });

  it('leaves nothing behind when the page takes the text away', async () => {
    const text = await added('Waiting');
    const anchor = document.createComment('');
    host.append(anchor);
    text.remove();
    await settled();
    expect(shown()).toBe('');
  });

  it('keeps the places of what stands beside it', async () => {
    const text = await added('New');
    const after = document.createElement('b');
    host.append(after);
    expect(text.parentNode).toBe(host);
    text.before('first ');
    host.insertBefore(after, host.firstChild);
    host.insertBefore(text, host.firstChild);
    await settled();
    expect(shown()?.replace(/[«»]/g, '')).toBe('Newfirst ');
  });

  it('can give the original back', async () => {
    const text = await added('Ready');
    host.querySelector('font')?.remove();
    await settled();
    expect([shown(), text.data]).toEqual(['Ready', 'Ready']);
  });
});

it('a text that the page itself moves or removes is left alone', async () => {
  const text = document.createTextNode('plain');
  host.append(text, document.createElement('font'));
  await settled();
  host.append(text);
  await settled();
  expect(text.data).toBe('plain');
});
