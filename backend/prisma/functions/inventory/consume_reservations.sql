-- Takes what the kitchen has started from stock, and with it the reservations. Returns how many usages it consumed; those
-- whose order line is not known yet wait.
CREATE OR REPLACE FUNCTION inventory.consume_reservations(p_outlet integer, p_limit integer)
RETURNS integer LANGUAGE plpgsql SET search_path = inventory, pg_temp AS $$
DECLARE
  picked uuid[];
  orders uuid[];
  lines uuid[];
  stocks uuid[];
  used bigint[];
  settled bigint[];
BEGIN
  SELECT array_agg(id), array_agg(DISTINCT order_id), array_agg(line_id) INTO picked, orders, lines FROM (
    SELECT u.id, u.order_id, u.line_id FROM usage u JOIN order_line l ON (l.outlet_id, l.line_id) = (u.outlet_id, u.line_id)
    WHERE u.outlet_id = p_outlet AND u.consumed_at IS NULL ORDER BY u.id LIMIT p_limit FOR UPDATE OF u SKIP LOCKED) p;
  IF picked IS NULL THEN
    RETURN 0;
  END IF;

  UPDATE usage u SET consumed_at = now(), (stock_ids, quantities_milli) = (
    SELECT coalesce(array_agg(stock_id), '{}'), coalesce(array_agg(quantity), '{}') FROM (
      SELECT r.stock_id, (sum(r.quantity_milli) * u.quantity)::bigint AS quantity
      FROM order_line l CROSS JOIN unnest(l.source_ids) AS source(id)
      JOIN recipe r ON r.outlet_id = p_outlet AND r.source_id = source.id
      WHERE l.outlet_id = p_outlet AND l.line_id = u.line_id GROUP BY r.stock_id) part)
  WHERE u.outlet_id = p_outlet AND u.id = ANY (picked);

  SELECT array_agg(DISTINCT id) INTO stocks FROM (
    SELECT unnest(stock_ids) AS id FROM usage WHERE outlet_id = p_outlet AND id = ANY (picked) UNION ALL
    SELECT stock_id FROM reservation WHERE outlet_id = p_outlet AND order_id = ANY (orders) AND line_id = ANY (lines) AND state = 'reserved') s;
  IF stocks IS NULL THEN
    RETURN cardinality(picked);
  END IF;
  PERFORM FROM stock WHERE outlet_id = p_outlet AND id = ANY (stocks) ORDER BY id FOR UPDATE;

  INSERT INTO movement (outlet_id, stock_id, kind, quantity_milli, portions)
  SELECT p_outlet, part.stock_id, CASE WHEN u.wasted THEN 'waste' ELSE 'consume' END, -sum(part.quantity), sum(u.quantity)
  FROM usage u CROSS JOIN LATERAL unnest(u.stock_ids, u.quantities_milli) AS part(stock_id, quantity)
  WHERE u.outlet_id = p_outlet AND u.id = ANY (picked) GROUP BY part.stock_id, u.wasted;

  WITH taken AS (
    SELECT part.stock_id, part.quantity FROM usage u
    CROSS JOIN LATERAL unnest(u.stock_ids, u.quantities_milli) AS part(stock_id, quantity)
    WHERE u.outlet_id = p_outlet AND u.id = ANY (picked)
  ), held AS (
    UPDATE reservation SET state = 'consumed', settled_at = now()
    WHERE outlet_id = p_outlet AND order_id = ANY (orders) AND line_id = ANY (lines) AND state = 'reserved' RETURNING stock_id, quantity_milli
  ), total AS (
    SELECT stock_id, sum(on_hand)::bigint AS on_hand, sum(reserved)::bigint AS reserved FROM (
      SELECT stock_id, -quantity AS on_hand, 0 AS reserved FROM taken UNION ALL
      SELECT stock_id, 0, -quantity_milli FROM held) d
    GROUP BY stock_id
  )
  SELECT array_agg(stock_id), array_agg(on_hand), array_agg(reserved) INTO stocks, used, settled FROM total;
  PERFORM change_levels(p_outlet, stocks, used, settled);
  RETURN cardinality(picked);
END $$;
