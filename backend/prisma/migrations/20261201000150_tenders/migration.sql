-- Tenders that a named person confirms beside cash; which of them an outlet takes, and its own UPI address.
ALTER TABLE staff.outlet
  ADD COLUMN tenders text[] NOT NULL DEFAULT ARRAY['card_machine'],
  ADD COLUMN upi_address text;

ALTER TABLE payments.attempt
  ADD COLUMN reference text,
  DROP CONSTRAINT attempt_provider_check,
  DROP CONSTRAINT attempt_cash_check;
UPDATE payments.attempt SET provider = 'counter' WHERE provider = 'cash';
ALTER TABLE payments.attempt
  ADD CONSTRAINT attempt_provider_check CHECK ((provider = 'counter') = (provider_payment_id IS NULL)),
  ADD CONSTRAINT attempt_counter_check CHECK (provider <> 'counter' OR (waiter_id IS NOT NULL AND waiter_name IS NOT NULL AND method IS NOT NULL)),
  ADD CONSTRAINT attempt_cash_check CHECK (CASE WHEN provider = 'counter' AND method = 'cash'
    THEN tendered_paise >= amount_paise AND change_paise = tendered_paise - amount_paise AND reference IS NULL
    ELSE tendered_paise IS NULL AND change_paise IS NULL END);
-- a voucher and a bank transfer pay once, until they are given back whole; a card machine's numbers come round again
CREATE UNIQUE INDEX attempt_reference_key ON payments.attempt (outlet_id, method, reference)
  WHERE method IN ('house_upi', 'voucher') AND provider = 'counter' AND refunded_paise < amount_paise;

ALTER TABLE payments.payment
  DROP CONSTRAINT payment_method_check,
  ADD CONSTRAINT payment_method_check CHECK (method IN ('cash', 'upi', 'card', 'netbanking', 'wallet', 'card_machine', 'house_upi', 'voucher'));
