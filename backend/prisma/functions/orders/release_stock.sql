-- Stock back on behalf of a caller that may not touch inventory itself.
CREATE OR REPLACE FUNCTION orders.release_stock(p_outlet integer, p_order uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = orders, pg_temp AS $$ SELECT inventory.release(p_outlet, p_order) $$;
