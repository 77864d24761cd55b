CREATE OR REPLACE FUNCTION staff.business_day_at(p_outlet integer, p_at timestamptz) RETURNS date
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = staff, pg_temp AS $$
  SELECT day FROM outlets_at(ARRAY[p_outlet], p_at)
$$;
