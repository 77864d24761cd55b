-- Stock taken again on behalf of a caller that may not touch inventory itself.
CREATE OR REPLACE FUNCTION orders.reserve_stock(p_outlet integer, p_order uuid, p_line_ids uuid[], p_source_ids uuid[], p_quantities integer[])
RETURNS jsonb LANGUAGE sql SECURITY DEFINER SET search_path = orders, pg_temp AS $$
  SELECT inventory.reserve(p_outlet, p_order, p_line_ids, p_source_ids, p_quantities) $$;
