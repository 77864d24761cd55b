-- Where a day's roll-ups, of the day (`hour` is null) or of its hours, differ from the ledger.
CREATE OR REPLACE FUNCTION payments.wrong_totals(p_outlet integer, p_day date)
RETURNS TABLE (outlet_id integer, business_day date, hour smallint, method text, kept bigint[], recomputed bigint[])
LANGUAGE sql STABLE AS $$
  WITH truth AS MATERIALIZED (SELECT * FROM payments.recomputed(p_outlet, p_day)),
  by_day AS (
    SELECT t.outlet_id, t.business_day, t.method, ARRAY[sum(t.captured_count), sum(t.captured_paise), sum(t.refunded_count),
      sum(t.refunded_paise), sum(t.failed_count)]::bigint[] AS sums FROM truth t GROUP BY 1, 2, 3
  ), by_hour AS (
    SELECT t.outlet_id, t.business_day, t.hour, t.method, ARRAY[t.captured_count, t.captured_paise, t.refunded_count,
      t.refunded_paise, t.failed_count] AS sums FROM truth t
  ), daily AS (
    SELECT d.outlet_id, d.business_day, d.method, ARRAY[d.captured_count, d.captured_paise, d.refunded_count, d.refunded_paise,
      d.failed_count] AS sums FROM payments.daily d
    WHERE d.outlet_id = p_outlet AND d.business_day = p_day
  ), hourly AS (
    SELECT h.outlet_id, h.business_day, h.hour, h.method, ARRAY[h.captured_count, h.captured_paise, h.refunded_count,
      h.refunded_paise, h.failed_count] AS sums FROM payments.hourly h
    WHERE h.outlet_id = p_outlet AND h.business_day = p_day
  ), nothing AS (SELECT ARRAY[0, 0, 0, 0, 0]::bigint[] AS sums)
  SELECT outlet_id, business_day, NULL::smallint, method, coalesce(d.sums, n.sums), coalesce(t.sums, n.sums)
  FROM nothing n CROSS JOIN (daily d FULL JOIN by_day t USING (outlet_id, business_day, method))
  WHERE coalesce(d.sums, n.sums) <> coalesce(t.sums, n.sums)
  UNION ALL
  SELECT outlet_id, business_day, hour, method, coalesce(h.sums, n.sums), coalesce(t.sums, n.sums)
  FROM nothing n CROSS JOIN (hourly h FULL JOIN by_hour t USING (outlet_id, business_day, hour, method))
  WHERE coalesce(h.sums, n.sums) <> coalesce(t.sums, n.sums)
  ORDER BY 1, 2, 4, 3 NULLS FIRST
$$;
