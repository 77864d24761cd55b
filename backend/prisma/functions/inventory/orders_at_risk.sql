-- The orders whose reservations what is on hand does not cover, when the oldest are served first.
CREATE OR REPLACE FUNCTION inventory.orders_at_risk(p_outlet integer, p_stock uuid, p_on_hand bigint)
RETURNS uuid[] LANGUAGE sql STABLE SET search_path = inventory, pg_temp AS $$
SELECT array_agg(DISTINCT order_id) FROM (
  SELECT order_id, sum(quantity_milli) OVER (ORDER BY created_at, id) AS needed FROM reservation
  WHERE outlet_id = p_outlet AND stock_id = p_stock AND state = 'reserved') r
WHERE needed > p_on_hand
$$;
