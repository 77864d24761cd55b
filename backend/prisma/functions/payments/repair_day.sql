-- Makes the roll-ups of one day what the ledger says. Nobody adds to them meanwhile: whoever was about to has committed.
CREATE OR REPLACE FUNCTION payments.repair_day(p_outlet integer, p_day date) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  LOCK TABLE payments.hourly, payments.daily IN SHARE ROW EXCLUSIVE MODE;
  DELETE FROM payments.hourly WHERE outlet_id = p_outlet AND business_day = p_day;
  DELETE FROM payments.daily WHERE outlet_id = p_outlet AND business_day = p_day;
  INSERT INTO payments.hourly (outlet_id, business_day, hour, method, captured_count, captured_paise, refunded_count,
    refunded_paise, failed_count) SELECT * FROM payments.recomputed(p_outlet, p_day);
  INSERT INTO payments.daily (outlet_id, business_day, method, captured_count, captured_paise, refunded_count, refunded_paise,
    failed_count)
  SELECT outlet_id, business_day, method, sum(captured_count), sum(captured_paise), sum(refunded_count), sum(refunded_paise),
    sum(failed_count) FROM payments.hourly WHERE outlet_id = p_outlet AND business_day = p_day GROUP BY 1, 2, 3;
END $$;
