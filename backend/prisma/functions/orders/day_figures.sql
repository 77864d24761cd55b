-- What a business day comes to by its documents and orders, and what of it, or of a day before, is not over. Orders of the
-- day wait from here on until the transaction ends, and those that had their number before are counted.
CREATE OR REPLACE FUNCTION orders.day_figures(p_outlet integer, p_day date) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = orders, pg_temp AS $$
DECLARE
  v_found jsonb;
BEGIN
  INSERT INTO orders.day_counter (outlet_id, business_day, last_number) VALUES (p_outlet, p_day, 0)
  ON CONFLICT (outlet_id, business_day) DO NOTHING;
  PERFORM FROM orders.day_counter WHERE outlet_id = p_outlet AND business_day = p_day FOR UPDATE;
  -- a day's documents bear its date, the next one's, or, after an early lock, the one's before
  WITH paper AS MATERIALIZED (
    SELECT kind, sequence, number, taxable_paise, total_paise, body::jsonb AS body FROM orders.document
    WHERE outlet_id = p_outlet AND business_day = p_day AND issued_on BETWEEN p_day - 1 AND p_day + 1
  ), sold AS (
    SELECT * FROM orders.orders WHERE outlet_id = p_outlet AND business_day = p_day
  )
  SELECT jsonb_build_object(
    'documents', coalesce((SELECT jsonb_agg(to_jsonb(d) ORDER BY d.kind) FROM (
      SELECT kind, count(*) AS count, (array_agg(number ORDER BY sequence))[1] AS first_number,
        (array_agg(number ORDER BY sequence DESC))[1] AS last_number, sum(taxable_paise)::bigint AS taxable_paise,
        sum(total_paise)::bigint AS total_paise, sum((body->>'discount_paise')::bigint)::bigint AS discount_paise,
        sum((body->>'round_off_paise')::bigint)::bigint AS round_off_paise
      FROM paper GROUP BY kind) d), '[]'),
    'taxes', coalesce((SELECT jsonb_agg(to_jsonb(t) ORDER BY t.name, t.rate_bp) FROM (
      SELECT t->>'name' AS name, (t->>'rate_bp')::int AS rate_bp,
        sum((CASE kind WHEN 'credit_note' THEN -1 ELSE 1 END) * (t->>'taxable_paise')::bigint)::bigint AS taxable_paise,
        sum((CASE kind WHEN 'credit_note' THEN -1 ELSE 1 END) * (t->>'paise')::bigint)::bigint AS paise
      FROM paper, jsonb_array_elements(body->'taxes') t GROUP BY 1, 2) t), '[]'),
    'orders', (SELECT count(*) FROM sold WHERE status NOT IN ('rejected', 'expired', 'cancelled')),
    'orders_paise', (SELECT coalesce(sum(total_paise), 0)::bigint FROM sold WHERE status NOT IN ('rejected', 'expired', 'cancelled')),
    'cancelled', (SELECT count(*) FROM sold WHERE status = 'cancelled'),
    'discount_paise', (SELECT coalesce(sum(discount_paise), 0)::bigint FROM sold WHERE status NOT IN ('rejected', 'expired', 'cancelled')),
    'voids', (SELECT coalesce(sum((v->>'quantity')::int), 0) FROM sold, jsonb_array_elements(voids) v),
    'voided_paise', (SELECT coalesce(sum((v->>'total_paise')::bigint), 0)::bigint FROM sold, jsonb_array_elements(voids) v),
    'covers', (SELECT coalesce(sum(covers), 0) FROM orders.sitting s WHERE s.outlet_id = p_outlet AND EXISTS (
      SELECT FROM orders.bill b WHERE b.outlet_id = p_outlet AND b.sitting_id = s.id AND b.business_day = p_day)),
    'open_bills', coalesce((SELECT jsonb_agg(jsonb_build_object('id', id, 'label', coalesce(table_name, 'Takeaway')) ORDER BY opened_at)
      FROM orders.bill WHERE outlet_id = p_outlet AND status = 'open' AND business_day <= p_day), '[]'),
    'open_orders', coalesce((SELECT jsonb_agg(jsonb_build_object('id', id, 'label', coalesce(table_name, token, number::text)) ORDER BY id)
      FROM orders.orders WHERE outlet_id = p_outlet AND business_day <= p_day
        AND status IN ('placed', 'awaiting_payment', 'confirmed', 'preparing', 'ready', 'served')), '[]'),
    'open_sittings', coalesce((SELECT jsonb_agg(jsonb_build_object('id', table_id, 'label', table_name) ORDER BY opened_at)
      FROM orders.sitting WHERE outlet_id = p_outlet AND ended_at IS NULL
        AND staff.business_day_at(p_outlet, opened_at) <= p_day), '[]'))
  INTO v_found;
  RETURN v_found;
END $$;
