-- What each of these orders would need and can't be had now, by the menu or by counted stock; `available` portions are left.
CREATE OR REPLACE FUNCTION orders.missing_of(p_outlet integer, p_orders uuid[], p_sources uuid[], p_quantities integer[])
RETURNS TABLE (order_id uuid, source_id uuid, available bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = orders, pg_temp AS $$
  WITH off AS (SELECT (o->>'source_id')::uuid AS id FROM jsonb_array_elements(menu.not_sold(p_outlet, p_sources)) o)
  SELECT w.order_id, w.source_id, 0 FROM (SELECT DISTINCT * FROM unnest(p_orders, p_sources) AS u(order_id, source_id)) w
  WHERE w.source_id IN (SELECT id FROM off)
  UNION ALL SELECT s.* FROM inventory.short_of(p_outlet, p_orders, p_sources, p_quantities) s
  WHERE s.source_id NOT IN (SELECT id FROM off)
$$;
