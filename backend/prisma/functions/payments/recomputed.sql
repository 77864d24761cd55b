-- What a day's roll-up by hour must say, from the ledger itself. Hours are those of the outlet's clock as it is set now.
CREATE OR REPLACE FUNCTION payments.recomputed(p_outlet integer, p_day date) RETURNS TABLE (outlet_id integer, business_day date,
  hour smallint, method text, captured_count bigint, captured_paise bigint, refunded_count bigint, refunded_paise bigint,
  failed_count bigint)
LANGUAGE sql STABLE AS $$
  WITH moved AS (
    SELECT a.outlet_id, a.business_day AS day, a.captured_at AS at, a.method, 1 AS captured, a.amount_paise AS paise,
      0 AS refunded, 0::bigint AS back, 0 AS failed
    FROM payments.attempt a WHERE a.status = 'captured' AND a.outlet_id = p_outlet AND a.business_day = p_day
    UNION ALL
    SELECT r.outlet_id, r.business_day, r.settled_at, r.method, 0, 0, 1, r.amount_paise, 0
    FROM payments.refund r WHERE r.outlet_id = p_outlet AND r.business_day = p_day  -- it has a day once it is processed
    UNION ALL
    SELECT a.outlet_id, a.failed_day, a.failed_at, a.method, 0, 0, 0, 0, 1
    FROM payments.attempt a WHERE a.outlet_id = p_outlet AND a.failed_day = p_day
  )
  SELECT m.outlet_id, m.day, extract(hour FROM m.at AT TIME ZONE z.zone)::smallint, coalesce(m.method, 'card'),
    sum(m.captured)::bigint, sum(m.paise)::bigint, sum(m.refunded)::bigint, sum(m.back)::bigint, sum(m.failed)::bigint
  FROM moved m, (SELECT staff.read_outlet(p_outlet)->>'timezone' AS zone) z GROUP BY 1, 2, 3, 4
$$;
