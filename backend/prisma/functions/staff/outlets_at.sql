-- Several outlets' versions of their settings, and their business days: the last day whose cut-off had come. Comparing
-- instants, not wall clocks, keeps it from going back when the clocks do. A locked day takes nothing more: what belongs to
-- one falls on the present day, the day after where the present one is locked too. An unknown outlet has none.
CREATE OR REPLACE FUNCTION staff.outlets_at(p_outlets integer[], p_at timestamptz) RETURNS TABLE (outlet_id integer, version bigint, day date)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = staff, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT e.id, e.version, CASE
    WHEN e.locked IS NULL OR e.day > e.locked THEN e.day
    WHEN p_at >= now() THEN e.locked + 1
    ELSE (SELECT t.day FROM outlets_at(ARRAY[e.id], now()) t)
  END
  FROM (SELECT d.id, d.version, d.locked, CASE
      WHEN p_at < (d.day + d.cutoff) AT TIME ZONE d.timezone THEN d.day - 1
      WHEN p_at >= (d.day + 1 + d.cutoff) AT TIME ZONE d.timezone THEN d.day + 1
      ELSE d.day
    END AS day
    FROM (SELECT o.id, o.version, o.timezone, o.locked_through AS locked, make_interval(mins => o.day_cutoff_minutes) AS cutoff,
        ((p_at AT TIME ZONE o.timezone) - make_interval(mins => o.day_cutoff_minutes))::date AS day
      FROM outlet o WHERE o.id = ANY (p_outlets)) d) e;
END $$;
