-- The orders that hold portions of what these sources are made of, the newest first.
CREATE OR REPLACE FUNCTION inventory.holders(p_outlet integer, p_sources uuid[])
RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = inventory, pg_temp AS $$
  SELECT order_id FROM reservation WHERE outlet_id = p_outlet AND state = 'reserved' AND stock_id IN (
    SELECT stock_id FROM recipe WHERE outlet_id = p_outlet AND source_id = ANY (p_sources) AND kind = 'counted')
  GROUP BY order_id ORDER BY max(created_at) DESC
$$;
