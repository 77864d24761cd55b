-- Give back what an order holds. A line that the kitchen has started keeps its own: it will be consumed.
CREATE OR REPLACE FUNCTION inventory.release(p_outlet integer, p_order uuid)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = inventory, pg_temp AS $$
DECLARE
  stocks uuid[];
  deltas bigint[];
BEGIN
  SELECT array_agg(DISTINCT stock_id) INTO stocks FROM reservation
  WHERE outlet_id = p_outlet AND order_id = p_order AND state = 'reserved';
  IF stocks IS NULL THEN
    RETURN;
  END IF;
  PERFORM FROM stock WHERE outlet_id = p_outlet AND id = ANY (stocks) ORDER BY id FOR UPDATE;
  WITH given AS (
    UPDATE reservation r SET state = 'released', settled_at = now()
    WHERE r.outlet_id = p_outlet AND r.order_id = p_order AND r.state = 'reserved' AND NOT EXISTS (
      SELECT FROM usage u WHERE u.outlet_id = p_outlet AND u.order_id = p_order AND u.line_id = r.line_id)
    RETURNING stock_id, quantity_milli
  ), total AS (SELECT stock_id, -sum(quantity_milli)::bigint AS delta FROM given GROUP BY stock_id)
  SELECT array_agg(stock_id), array_agg(delta) INTO stocks, deltas FROM total;
  IF stocks IS NOT NULL THEN
    PERFORM change_levels(p_outlet, stocks, array_fill(0::bigint, ARRAY[cardinality(stocks)]), deltas);
  END IF;
END $$;
