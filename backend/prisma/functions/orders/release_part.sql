-- A part of a line's stock back on behalf of a caller that may not touch inventory itself.
CREATE OR REPLACE FUNCTION orders.release_part(p_outlet integer, p_order uuid, p_line uuid, p_quantity integer, p_of integer) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = orders, pg_temp AS $$
  SELECT inventory.release_part(p_outlet, p_order, p_line, p_quantity, p_of) $$;
