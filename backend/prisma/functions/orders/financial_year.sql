-- The year in which India's financial year (April to March) of a moment began, by the outlet's own calendar.
CREATE OR REPLACE FUNCTION orders.financial_year(p_at timestamptz, p_timezone text) RETURNS integer
LANGUAGE sql STABLE AS $$
  SELECT extract(year FROM (p_at AT TIME ZONE p_timezone)::date - interval '3 months')::integer $$;
