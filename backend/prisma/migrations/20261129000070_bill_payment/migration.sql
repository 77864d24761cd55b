-- A prepaid order is a bill of its own: only pay-later orders share one, and a table has at most one of those open.
-- An order tells whether it may be cooked once it is paid: staff approved it, or nobody has to.

ALTER TABLE orders.bill ADD COLUMN payment text NOT NULL DEFAULT 'pay_later';
ALTER TABLE orders.bill ADD CONSTRAINT bill_payment_check CHECK (payment IN ('pay_later', 'prepaid'));
DROP INDEX orders.bill_open_table_key;
CREATE UNIQUE INDEX bill_open_table_key ON orders.bill (outlet_id, table_id)
  WHERE status = 'open' AND payment = 'pay_later' AND table_id IS NOT NULL;

ALTER TABLE orders.orders ADD COLUMN approved boolean NOT NULL DEFAULT true;
