CREATE OR REPLACE FUNCTION staff.business_day(p_outlet integer) RETURNS date
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = staff, pg_temp AS $$
  SELECT business_day_at(p_outlet, now())
$$;
