/* The payment page inside checkout.js's frame: the person decides how the payment ends. */
'use strict';

const parentOrigin = decodeURIComponent(location.hash.slice(1));
const find = (id) => document.getElementById(id);
const sections = ['choose', 'busy', 'done', 'sure'];
const names = { upi: 'UPI app', card: 'card network', netbanking: 'bank', wallet: 'wallet' };

let options = null;
let shown = 'choose';

function tell(message) {
  window.parent.postMessage(message, parentOrigin);
}

function show(name) {
  shown = name;
  for (const id of sections) find(id).hidden = id !== name;
}

function money(paise, currency) {
  return new Intl.NumberFormat('en-IN', { style: 'currency', currency }).format(paise / 100);
}

function trouble(text) {
  find('trouble').textContent = text;
  find('trouble').hidden = !text;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function ask(path, body) {
  const init = body && { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  const reply = await fetch(path, init);
  return reply.json();
}

async function begin(given) {
  options = given;
  find('shop').textContent = options.name || 'Payment';
  find('what').textContent = options.description || options.order_id;
  find('badge').textContent = (options.name || 'R').trim().charAt(0).toUpperCase();
  if (/^#[0-9a-f]{6}$/i.test(options.color)) document.documentElement.style.setProperty('--accent', legible(options.color));
  if (options.timeout > 0) setTimeout(() => shown !== 'done' && tell({ kind: 'dismissed', reason: 'timeout' }), options.timeout * 1000);
  try {
    const order = await ask(`/_simulator/orders/${encodeURIComponent(options.order_id)}`);
    if (order.error) throw new Error(order.error.description);
    const text = money(order.amount, order.currency);
    find('amount').textContent = text;
    find('pay').textContent = `Pay ${text}`;
    if (order.status === 'paid') refuse('This order is paid already.');
  } catch (error) {
    refuse(error.message || 'The payment service does not answer.');
  }
  find('pay').focus();
}

function refuse(text) {
  trouble(text);
  find('pay').disabled = find('fail').disabled = true;
}

/** A colour that white text can be read on; a lighter one gives way to our own. */
function legible(color) {
  const [r, g, b] = [1, 3, 5].map((at) => (parseInt(color.slice(at, at + 2), 16) / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b < 0.18 ? color : '#0b5f5c';
}

async function pay(outcome) {
  if (shown !== 'choose') return;
  const method = document.querySelector('input[name=method]:checked').value;
  trouble('');
  find('doing').textContent = `Asking your ${names[method]}…`;
  show('busy');
  try {
    const [reply] = await Promise.all([ask('/_simulator/pay', { order_id: options.order_id, method, outcome }), pause(450)]);
    if (reply.error) await failed(reply.error);
    else await paid(reply);
  } catch {
    show('choose');
    trouble('The payment service does not answer. Try again in a moment.');
  }
}

async function paid(reply) {
  show('done');
  await pause(650);
  tell({ kind: 'paid', reply });
}

async function failed(error) {
  tell({ kind: 'failed', error });
  if (!options.retry) {
    tell({ kind: 'dismissed' });
    return;
  }
  show('choose');
  trouble(error.description);
  find('pay').focus();
}

function leave() {
  if (shown === 'busy' || shown === 'done') return;
  if (options?.modal.confirm_close && shown !== 'sure') {
    show('sure');
    find('stay').focus();
  } else {
    tell({ kind: 'dismissed' });
  }
}

/** Tab stays inside the window. */
function trap(event) {
  const stops = [...document.querySelectorAll('button, input')].filter((e) => !e.disabled && e.offsetParent !== null);
  const edge = event.shiftKey ? stops[0] : stops.at(-1);
  if (document.activeElement === edge) {
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0]).focus();
  }
}

find('pay').addEventListener('click', () => pay('success'));
find('fail').addEventListener('click', () => pay('failure'));
find('close').addEventListener('click', leave);
find('leave').addEventListener('click', () => tell({ kind: 'dismissed' }));
find('stay').addEventListener('click', () => show('choose'));
find('scrim').addEventListener('click', () => options?.modal.backdropclose && leave());
window.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && options?.modal.escape) leave();
  if (event.key === 'Tab') trap(event);
});
window.addEventListener('message', ({ source, origin, data }) => {
  if (source === window.parent && origin === parentOrigin && data.kind === 'open' && !options) void begin(data.options);
});

if (window.parent !== window && parentOrigin) tell({ kind: 'ready' });
