-- The outlets that are not closed, the first one first.
CREATE OR REPLACE FUNCTION staff.open_outlets() RETURNS integer[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = staff, pg_temp AS $$
  SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM outlet WHERE closed_at IS NULL $$;
