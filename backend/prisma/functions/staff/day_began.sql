-- When the business day began that the outlet's books are on.
CREATE OR REPLACE FUNCTION staff.day_began(p_outlet integer) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = staff, pg_temp AS $$
  SELECT (business_day(p_outlet) + make_interval(mins => day_cutoff_minutes)) AT TIME ZONE timezone FROM outlet WHERE id = p_outlet
$$;
