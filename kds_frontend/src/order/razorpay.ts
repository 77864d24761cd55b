/** Razorpay's Standard Checkout, the real one or the simulator's: the same script interface. */
import type { PaymentWindow } from './payment-windows';

interface Options {
  key: string;
  order_id: string;
  amount: number;
  currency: string;
  name: string;
  description: string;
  prefill: Record<string, string>;
  theme: { color: string };
  timeout: number;
  retry: { enabled: boolean };
  modal: { ondismiss: () => void; escape: boolean; confirm_close: boolean };
  /** UPI Collect, which is retired, is not offered. */
  config: { display: { hide: { method: string; flows: string[] }[] } };
  handler?: (reply: Record<string, string>) => void;
  callback_url?: string;
  redirect?: boolean;
}

interface Opened {
  open(): void;
  on(event: 'payment.failed', run: (reply: { error?: { description?: string } }) => void): void;
}

type Constructor = new (options: Options) => Opened;

declare global {
  interface Window {
    Razorpay?: Constructor;
  }
}

const loading = new Map<string, Promise<Constructor>>();

/** Loads the script once; a failed load may be tried again. */
function load(src: string): Promise<Constructor> {
  const known = loading.get(src);
  if (known) return known;
  const fresh = new Promise<Constructor>((resolve, reject) => {
    const script = document.createElement('script');
    script.src = src;
    script.async = true;
    script.onload = () => (window.Razorpay ? resolve(window.Razorpay) : reject(unreachable()));
    script.onerror = () => reject(unreachable());
    document.head.append(script);
  });
  loading.set(src, fresh);
  fresh.catch(() => loading.delete(src));
  return fresh;
}

function unreachable(): Error {
  return new Error('The payment window could not be loaded. Check the network and try again.');
}

/** Browsers within apps lose the page around the window: the reply is posted to the platform there, which leads back. */
const WITHIN_APP = /FBAN|FBAV|Instagram|Line\/|Twitter|Snapchat|; wv\)/;

export function isWithinApp(userAgent: string): boolean {
  return WITHIN_APP.test(userAgent);
}

/** Opens Razorpay's window. */
export const razorpay: PaymentWindow = async (checkout, about, onfailed) => {
  const Razorpay = await load(checkout.action.url);
  const callback = checkout.action.options.callback_url;
  return new Promise((resolve) => {
    const opened = new Razorpay({
      key: checkout.action.options.key ?? '',
      order_id: checkout.action.options.order_id ?? '',
      amount: checkout.amount_paise,
      currency: checkout.currency,
      name: checkout.name,
      description: about.description,
      prefill: about.name ? { name: about.name } : {},
      theme: { color: about.color },
      timeout: Math.max(30, about.secondsLeft),
      retry: { enabled: true },
      modal: { ondismiss: () => resolve({ kind: 'closed' }), escape: true, confirm_close: true },
      config: { display: { hide: [{ method: 'upi', flows: ['collect'] }] } },
      ...(callback && isWithinApp(navigator.userAgent)
        ? { callback_url: callback, redirect: true }
        : { handler: (reply: Record<string, string>) => resolve({ kind: 'paid', reply }) }),
    });
    opened.on('payment.failed', ({ error }) => onfailed(error?.description ?? 'The bank refused the payment.'));
    opened.open();
  });
};
