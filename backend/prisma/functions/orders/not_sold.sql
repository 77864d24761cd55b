-- What of an order the menu has no more, on behalf of a caller that may not ask the menu itself.
CREATE OR REPLACE FUNCTION orders.not_sold(p_outlet integer, p_source_ids uuid[]) RETURNS jsonb
LANGUAGE sql SECURITY DEFINER SET search_path = orders, pg_temp AS $$ SELECT menu.not_sold(p_outlet, p_source_ids) $$;
