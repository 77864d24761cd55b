-- A prepaid order whose guest pays in cash waits longer than one that is to be paid online.

ALTER TABLE staff.outlet ADD COLUMN counter_timeout_s integer NOT NULL DEFAULT 1800;
ALTER TABLE staff.outlet ADD CONSTRAINT outlet_counter_timeout_s_check CHECK (counter_timeout_s BETWEEN 60 AND 86400);

ALTER TABLE orders.orders ADD COLUMN cash_asked_at timestamptz;
-- what expired unpaid, for the list of what may still be paid at the counter
CREATE INDEX orders_expired_idx ON orders.orders (outlet_id, business_day, id) WHERE status = 'expired' AND payment = 'prepaid' AND approved;
