// What a shop does with Razorpay's official Node SDK: node sdk.mjs ADDRESS KEY_ID KEY_SECRET ORDER_OR_PAYMENT STEP
import { createRequire } from 'node:module';

const [, , modules, address, key_id, key_secret, step, subject, amount] = process.argv;
const Razorpay = createRequire(`${modules}/`)('razorpay');
const shop = new Razorpay({ key_id, key_secret });
shop.api.rq.defaults.baseURL = address;

const steps = {
  order: () => shop.orders.create({ amount: Number(amount), currency: 'INR', receipt: subject, notes: { outlet: '1' } }),
  found: () => shop.orders.fetchPayments(subject),
  refund: () => shop.payments.refund(subject, { amount: Number(amount), speed: 'normal' }),
  payments: () => shop.payments.all({ count: 5, from: Number(subject) }),
  qr: () =>
    shop.qrCode.create({ type: 'upi_qr', usage: 'single_use', fixed_amount: true, payment_amount: Number(amount) }),
  webhook: () => ({ valid: Razorpay.validateWebhookSignature(subject, amount, key_secret) }),
};

try {
  console.log(JSON.stringify(await steps[step]()));
} catch (error) {
  console.log(JSON.stringify({ refused: error.statusCode ?? null, error: error.error ?? String(error) }));
}
