-- What a shift took and gave: guests' cash, refunds handed out in cash, cash put in and taken out.
CREATE OR REPLACE FUNCTION payments.shift_sums(p_outlet integer, p_shift uuid, OUT taken_paise bigint, OUT refunded_paise bigint,
  OUT in_paise bigint, OUT out_paise bigint)
LANGUAGE sql STABLE AS $$
  SELECT (SELECT coalesce(sum(amount_paise), 0) FROM payments.attempt
      WHERE outlet_id = p_outlet AND shift_id = p_shift AND status = 'captured'),
    (SELECT coalesce(sum(amount_paise), 0) FROM payments.refund
      WHERE outlet_id = p_outlet AND shift_id = p_shift AND status = 'processed'),
    coalesce(sum(amount_paise) FILTER (WHERE kind = 'in'), 0), coalesce(sum(amount_paise) FILTER (WHERE kind = 'out'), 0)
  FROM payments.cash_movement WHERE outlet_id = p_outlet AND shift_id = p_shift
$$;
