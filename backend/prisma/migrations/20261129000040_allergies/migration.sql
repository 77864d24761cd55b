-- What guests must not eat: of an order's whole party, and of who eats a line. Codes of the menu's allergens, sorted.

ALTER TABLE orders.orders ADD COLUMN allergies text[] NOT NULL DEFAULT '{}',
  ADD CONSTRAINT orders_allergies_check CHECK (cardinality(allergies) <= 14);
ALTER TABLE orders.line ADD COLUMN allergies text[] NOT NULL DEFAULT '{}',
  ADD CONSTRAINT line_allergies_check CHECK (cardinality(allergies) <= 14);
ALTER TABLE kitchen.ticket ADD COLUMN allergies text[] NOT NULL DEFAULT '{}';
ALTER TABLE kitchen.ticket_item ADD COLUMN allergies text[] NOT NULL DEFAULT '{}';
