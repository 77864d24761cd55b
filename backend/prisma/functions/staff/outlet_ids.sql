-- All outlets, the first one first.
CREATE OR REPLACE FUNCTION staff.outlet_ids() RETURNS integer[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = staff, pg_temp AS $$
  SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM outlet $$;
