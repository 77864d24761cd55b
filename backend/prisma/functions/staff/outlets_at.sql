-- Several outlets' versions of their settings, and their business days: the last day whose cut-off had come. Comparing
-- instants, not wall clocks, keeps it from going back when the clocks do. An unknown outlet has none.
CREATE OR REPLACE FUNCTION staff.outlets_at(p_outlets integer[], p_at timestamptz) RETURNS TABLE (outlet_id integer, version bigint, day date)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = staff, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT d.id, d.version, CASE
    WHEN p_at < (d.day + d.cutoff) AT TIME ZONE d.timezone THEN d.day - 1
    WHEN p_at >= (d.day + 1 + d.cutoff) AT TIME ZONE d.timezone THEN d.day + 1
    ELSE d.day
  END
  FROM (SELECT o.id, o.version, o.timezone, make_interval(mins => o.day_cutoff_minutes) AS cutoff,
      ((p_at AT TIME ZONE o.timezone) - make_interval(mins => o.day_cutoff_minutes))::date AS day
    FROM outlet o WHERE o.id = ANY (p_outlets)) d;
END $$;
