-- How far a bill is paid: what was paid and not given back, against what it comes to.
CREATE OR REPLACE FUNCTION orders.payment_status(p_total bigint, p_held bigint) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN p_held > p_total THEN 'overpaid' WHEN p_held = 0 THEN 'unpaid' WHEN p_held = p_total THEN 'paid' ELSE 'partly_paid' END
$$;
