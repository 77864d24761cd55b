CREATE OR REPLACE FUNCTION staff.read_outlet(p_outlet integer) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = staff, pg_temp AS $$
  SELECT to_jsonb(o) FROM outlet o WHERE o.id = p_outlet
$$;
