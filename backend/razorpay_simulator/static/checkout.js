/* The interface of Razorpay's Standard Checkout, over the simulator's own payment page. No real money moves. */
(function () {
  'use strict';

  const origin = new URL(document.currentScript.src).origin;
  const TEXT = ['key', 'order_id', 'amount', 'currency', 'name', 'description', 'image', 'callback_url'];

  function setStyles(element, styles) {
    for (const [name, value] of Object.entries(styles)) element.style.setProperty(name, value, 'important');
  }

  /** Whether the page around is dark just now. */
  function isDark() {
    const scheme = getComputedStyle(document.documentElement).colorScheme;
    const both = scheme.includes('dark') && scheme.includes('light');
    return both ? matchMedia('(prefers-color-scheme: dark)').matches : scheme.includes('dark');
  }

  function makeFrame(theme) {
    const frame = document.createElement('iframe');
    frame.title = 'Rasoi test payments';
    frame.allow = 'payment';
    frame.className = 'razorpay-checkout-frame';
    setStyles(frame, {
      position: 'fixed', inset: '0', width: '100%', height: '100%', border: '0', margin: '0', padding: '0',
      'max-width': 'none', 'max-height': 'none', 'z-index': '2147483647', background: 'transparent', display: 'block',
      'color-scheme': theme,
    });
    return frame;
  }

  /** Posts the signed reply to `callback_url`, as Razorpay does when the shop gave one instead of a handler. */
  function postReply(url, reply) {
    const form = document.createElement('form');
    form.method = 'post';
    form.action = url;
    for (const [name, value] of Object.entries(reply)) {
      const field = document.createElement('input');
      field.type = 'hidden';
      field.name = name;
      field.value = value;
      form.append(field);
    }
    document.body.append(form);
    form.submit();
  }

  class Razorpay {
    constructor(options) {
      if (!options || typeof options !== 'object') throw new TypeError('Razorpay needs options.');
      if (!options.key) throw new Error('No key passed');
      this.options = options;
      this.modal = { escape: true, backdropclose: false, confirm_close: false, ...options.modal };
      this.listeners = new Map();
      this.frame = null;
      this.receive = this.receive.bind(this);
    }

    on(event, listener) {
      this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener]);
      return this;
    }

    off(event, listener) {
      this.listeners.set(event, (this.listeners.get(event) ?? []).filter((known) => known !== listener));
      return this;
    }

    emit(event, detail) {
      for (const listener of this.listeners.get(event) ?? []) listener(detail);
    }

    open() {
      if (this.frame) return;
      this.focused = document.activeElement;
      this.overflow = document.documentElement.style.overflow;
      document.documentElement.style.overflow = 'hidden';
      const theme = isDark() ? 'dark' : 'light';
      this.frame = makeFrame(theme);
      this.frame.src = `${origin}/checkout?theme=${theme}#${encodeURIComponent(location.origin)}`;
      window.addEventListener('message', this.receive);
      document.body.append(this.frame);
      this.frame.focus();
    }

    close() {
      this.dismiss();
    }

    tell(message) {
      this.frame.contentWindow.postMessage(message, origin);
    }

    receive({ source, origin: from, data }) {
      if (!this.frame || source !== this.frame.contentWindow || from !== origin) return;
      if (data.kind === 'ready') this.tell({ kind: 'open', options: this.plain() });
      else if (data.kind === 'failed') this.emit('payment.failed', { error: data.error });
      else if (data.kind === 'paid') this.finish(data.reply);
      else if (data.kind === 'dismissed') this.dismiss(data.reason);
    }

    /** What the page may know: no functions cross between windows. */
    plain() {
      const { escape, backdropclose, confirm_close } = this.modal;
      const plain = Object.fromEntries(TEXT.map((name) => [name, this.options[name] == null ? '' : String(this.options[name])]));
      return {
        ...plain,
        color: this.options.theme?.color ?? '',
        prefill: { ...this.options.prefill },
        timeout: Number(this.options.timeout) || 0,
        retry: this.options.retry?.enabled !== false && this.options.retry !== false,
        modal: { escape, backdropclose, confirm_close },
      };
    }

    finish(reply) {
      this.remove();
      const { callback_url, redirect } = this.options;
      if (redirect && callback_url) postReply(callback_url, reply);
      else if (typeof this.options.handler === 'function') this.options.handler(reply);
      else if (this.options.callback_url) postReply(this.options.callback_url, reply);
    }

    dismiss(reason) {
      if (!this.frame) return;
      this.remove();
      if (typeof this.modal.ondismiss === 'function') this.modal.ondismiss(reason);
    }

    remove() {
      window.removeEventListener('message', this.receive);
      this.frame.remove();
      this.frame = null;
      document.documentElement.style.overflow = this.overflow;
      this.focused?.focus?.();
    }
  }

  window.Razorpay = Razorpay;
})();
