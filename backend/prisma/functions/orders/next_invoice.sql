-- The next number of an invoice series, consecutive: taken in the settling transaction.
CREATE OR REPLACE FUNCTION orders.next_invoice(p_outlet integer, p_series text) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = orders, pg_temp AS $$
  INSERT INTO orders.invoice_counter AS c (outlet_id, series, last_number) VALUES (p_outlet, p_series, 1)
  ON CONFLICT (outlet_id, series) DO UPDATE SET last_number = c.last_number + 1 RETURNING last_number $$;
