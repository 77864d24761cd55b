-- When the business day began that the outlet's books are on: with its cut-off, or earlier with the lock of the day before.
CREATE OR REPLACE FUNCTION staff.day_began(p_outlet integer) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = staff, pg_temp AS $$
  SELECT CASE WHEN locked_through = business_day(p_outlet) - 1 THEN least(began, locked_at) ELSE began END
  FROM (SELECT (business_day(p_outlet) + make_interval(mins => day_cutoff_minutes)) AT TIME ZONE timezone AS began, locked_through,
    locked_at FROM outlet WHERE id = p_outlet) o
$$;
