-- A quantity of a line that was taken back: what is left stays on the line, and each void on its order.
ALTER TABLE orders.orders ADD COLUMN voids jsonb NOT NULL DEFAULT '[]';
ALTER TABLE orders.line
  DROP CONSTRAINT line_quantity_check,
  ADD CONSTRAINT line_quantity_check CHECK (CASE status WHEN 'active' THEN quantity BETWEEN 1 AND 99 ELSE quantity = 0 END);

ALTER TABLE staff.outlet ADD COLUMN void_reasons text[] NOT NULL
  DEFAULT ARRAY['Ordered by mistake', 'Guest changed their mind', 'Took too long', 'Not as it should be', 'Spilled or dropped'];
