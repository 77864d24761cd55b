-- One line of an order to place; `n` is the order's number in the batch, from 1.
CREATE TYPE orders.placement_line AS (
  n integer, outlet_id integer, order_id uuid, id uuid, position integer, item_id uuid, variant_id uuid, name text, variant text,
  quantity integer, modifiers text, allergens text[], note text, course integer, station text, unit_price_paise bigint,
  discount_paise bigint, taxable_paise bigint, tax_class text, tax_version integer, taxes text, total_paise bigint
);
