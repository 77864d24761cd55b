-- Adds to the roll-ups of the days, by method and by hour of the outlet's clock. Rows are taken in one order, so that no
-- two transactions wait for each other; it is the last statement of a transaction, since everybody's captures meet here.
CREATE OR REPLACE FUNCTION payments.add_to_day(p_outlet integer, p_totals jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_zone constant text := staff.read_outlet(p_outlet)->>'timezone';
BEGIN
  PERFORM staff.hold_days(p_outlet, ARRAY(SELECT DISTINCT day FROM jsonb_to_recordset(p_totals) AS t(day date)));
  INSERT INTO payments.hourly AS h (outlet_id, business_day, hour, method, captured_count, captured_paise, refunded_count,
    refunded_paise, failed_count)
  SELECT p_outlet, t.day, extract(hour FROM t.at AT TIME ZONE v_zone), t.method, sum(t.captured_count), sum(t.captured_paise),
    sum(t.refunded_count), sum(t.refunded_paise), sum(t.failed_count)
  FROM jsonb_to_recordset(p_totals) AS t(day date, at timestamptz, method text, captured_count bigint, captured_paise bigint,
    refunded_count bigint, refunded_paise bigint, failed_count bigint) GROUP BY 2, 3, 4 ORDER BY 2, 3, 4
  ON CONFLICT (outlet_id, business_day, hour, method) DO UPDATE SET captured_count = h.captured_count + excluded.captured_count,
    captured_paise = h.captured_paise + excluded.captured_paise, refunded_count = h.refunded_count + excluded.refunded_count,
    refunded_paise = h.refunded_paise + excluded.refunded_paise, failed_count = h.failed_count + excluded.failed_count;
  INSERT INTO payments.daily AS d (outlet_id, business_day, method, captured_count, captured_paise, refunded_count,
    refunded_paise, failed_count)
  SELECT p_outlet, t.day, t.method, sum(t.captured_count), sum(t.captured_paise), sum(t.refunded_count),
    sum(t.refunded_paise), sum(t.failed_count)
  FROM jsonb_to_recordset(p_totals) AS t(day date, method text, captured_count bigint, captured_paise bigint,
    refunded_count bigint, refunded_paise bigint, failed_count bigint) GROUP BY 2, 3 ORDER BY 2, 3
  ON CONFLICT (outlet_id, business_day, method) DO UPDATE SET captured_count = d.captured_count + excluded.captured_count,
    captured_paise = d.captured_paise + excluded.captured_paise, refunded_count = d.refunded_count + excluded.refunded_count,
    refunded_paise = d.refunded_paise + excluded.refunded_paise, failed_count = d.failed_count + excluded.failed_count;
END $$;
