-- What makes a line cheaper, each with its name; and whether its price contained the tax, which its amounts alone can't tell
-- once a discount leaves little or nothing of them.
ALTER TABLE orders.line
  ADD COLUMN discounts jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN tax_inclusive boolean NOT NULL DEFAULT false;
UPDATE orders.line SET tax_inclusive = true WHERE unit_price_paise * quantity - discount_paise <> taxable_paise;
ALTER TABLE orders.line ALTER COLUMN tax_inclusive DROP DEFAULT;
