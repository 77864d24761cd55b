/**
 * A browser's translator puts a <font> in the place of each text, and the page's own text node, through which every later
 * change is made, is out of the page: amounts and states would stand still. Here that node goes back in, empty, beside the
 * translation; once the page writes into it the translation goes, and the translator finds a text that is new.
 */
class Translations {
  private readonly byText = new WeakMap<Text, { font: Element; original: string }>();
  private readonly byFont = new WeakMap<Node, Text>();
  private watchesTexts = false;
  private readonly observer = new MutationObserver((records) => records.forEach((record) => this.see(record)));

  /** `texts`: also what is written into texts, once there is a translation. */
  watch(texts = false): void {
    if (texts && this.watchesTexts) return;
    this.watchesTexts = texts;
    this.observer.observe(document.documentElement, { childList: true, subtree: true, characterData: texts });
  }

  private see({ type, target, removedNodes, addedNodes, previousSibling, nextSibling }: MutationRecord): void {
    if (type === 'characterData') return this.onWritten(target);
    for (const node of removedNodes) {
      if (!(node instanceof Text)) this.onTranslationGone(node);
      else if (this.byText.has(node)) this.onTextGone(node);
      else if (node.data.trim()) this.onReplaced(node, [...addedNodes, previousSibling, nextSibling].find(isFont));
    }
    for (const node of addedNodes) this.onMoved(node);
  }

  private onReplaced(text: Text, font: Element | undefined): void {
    if (!font?.isConnected || this.byFont.has(font)) return;
    const original = text.data;
    if (font.contains(text)) font.textContent = original;
    else if (text.isConnected) return; // only moved
    this.watch(true);
    this.byText.set(text, { font, original });
    this.byFont.set(font, text);
    text.data = '';
    font.before(text);
  }

  private onWritten(node: Node): void {
    if (node instanceof Text && node.data) this.forget(node);
  }

  private onTextGone(text: Text): void {
    if (!text.isConnected) this.forget(text);
  }

  /** The translator shows the original again, or the page has emptied the place of both. */
  private onTranslationGone(node: Node): void {
    const text = this.byFont.get(node);
    const known = text && this.byText.get(text);
    if (!known || node.isConnected) return;
    this.forget(text);
    text.data ||= known.original;
  }

  private onMoved(node: Node): void {
    const font = node instanceof Text && this.byText.get(node)?.font;
    if (font && node.isConnected && node.nextSibling !== font) (node as Text).after(font);
  }

  private forget(text: Text): void {
    const known = this.byText.get(text);
    if (!known) return;
    this.byText.delete(text);
    this.byFont.delete(known.font);
    known.font.remove();
  }
}

function isFont(node: Node | null): node is Element {
  return node instanceof Element && node.tagName === 'FONT';
}

/** What changes on this page goes on changing under a browser's translator. */
export function surviveTranslation(): void {
  new Translations().watch();
}
