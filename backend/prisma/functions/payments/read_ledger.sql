-- A payment with its attempts and refunds, the clock, the outlet's business day and that of another moment, where one is
-- given; the payment's row is locked until the transaction ends when `p_lock`. Each statement sees what was committed
-- before it, so that what another transaction did while this one waited for the lock is seen.
CREATE OR REPLACE FUNCTION payments.read_ledger(p_outlet integer, p_payment uuid, p_lock boolean, p_at timestamptz)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_row payments.payment;
BEGIN
  IF p_lock THEN
    SELECT * INTO v_row FROM payments.payment WHERE outlet_id = p_outlet AND id = p_payment FOR UPDATE;
  ELSE
    SELECT * INTO v_row FROM payments.payment WHERE outlet_id = p_outlet AND id = p_payment;
  END IF;
  IF v_row.id IS NULL THEN RETURN NULL; END IF;
  RETURN jsonb_build_object('row', to_jsonb(v_row), 'now', clock_timestamp(), 'today', staff.business_day(p_outlet),
    'captured_day', CASE WHEN p_at IS NOT NULL THEN (SELECT day FROM staff.outlets_at(ARRAY[p_outlet], p_at)) END,
    'attempts', coalesce((SELECT jsonb_agg(to_jsonb(a) ORDER BY a.id) FROM payments.attempt a
      WHERE a.outlet_id = p_outlet AND a.payment_id = p_payment), '[]'),
    'refunds', coalesce((SELECT jsonb_agg(to_jsonb(r) ORDER BY r.id) FROM payments.refund r
      WHERE r.outlet_id = p_outlet AND r.payment_id = p_payment), '[]'));
END $$;
