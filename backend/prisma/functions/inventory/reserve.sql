-- Hold counted stock for an order's lines, all or nothing; a source is a variant or a modifier. An order's own
-- earlier reservations are replaced. NULL, or {"sold_out": [{source_id, available}]} in portions.
CREATE OR REPLACE FUNCTION inventory.reserve(p_outlet integer, p_order uuid, p_lines uuid[], p_sources uuid[], p_quantities integer[])
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = inventory, pg_temp AS $$
DECLARE
  stocks uuid[];
  deltas bigint[];
  lacking jsonb;
  again boolean;
BEGIN
  SELECT array_agg(DISTINCT stock_id) INTO stocks FROM recipe
  WHERE outlet_id = p_outlet AND source_id = ANY (p_sources) AND kind = 'counted';
  IF stocks IS NULL THEN
    RETURN NULL;
  END IF;
  again := EXISTS (SELECT FROM reservation WHERE outlet_id = p_outlet AND order_id = p_order AND state = 'reserved');
  IF again THEN
    SELECT array_agg(DISTINCT id) INTO stocks FROM (
      SELECT unnest(stocks) AS id UNION ALL
      SELECT stock_id FROM reservation WHERE outlet_id = p_outlet AND order_id = p_order AND state = 'reserved') s;
  END IF;
  PERFORM FROM stock WHERE outlet_id = p_outlet AND id = ANY (stocks) ORDER BY id FOR UPDATE;

  WITH own AS (
    SELECT stock_id, sum(quantity_milli)::bigint AS quantity FROM reservation
    WHERE again AND outlet_id = p_outlet AND order_id = p_order AND state = 'reserved' GROUP BY stock_id
  ), need AS (
    SELECT r.stock_id, sum(r.quantity_milli * w.quantity)::bigint AS quantity
    FROM unnest(p_sources, p_quantities) AS w(source_id, quantity)
    JOIN recipe r ON r.outlet_id = p_outlet AND r.source_id = w.source_id AND r.kind = 'counted' GROUP BY r.stock_id
  ), level AS (
    SELECT s.id, s.on_hand_milli - s.reserved_milli + coalesce(o.quantity, 0) AS free,
      coalesce(n.quantity, 0) AS needed, coalesce(n.quantity, 0) - coalesce(o.quantity, 0) AS delta
    FROM stock s LEFT JOIN own o ON o.stock_id = s.id LEFT JOIN need n ON n.stock_id = s.id
    WHERE s.outlet_id = p_outlet AND s.id = ANY (stocks)
  )
  SELECT array_agg(id ORDER BY id), array_agg(delta ORDER BY id), (
    SELECT jsonb_agg(jsonb_build_object('source_id', l.source_id, 'available', l.available)) FROM (
      SELECT r.source_id, min(greatest(b.free, 0) / r.quantity_milli) AS available
      FROM level b JOIN recipe r ON r.outlet_id = p_outlet AND r.stock_id = b.id
      WHERE b.needed > greatest(b.free, 0) AND r.source_id = ANY (p_sources) GROUP BY r.source_id) l)
  INTO stocks, deltas, lacking FROM level;
  IF lacking IS NOT NULL THEN
    RETURN jsonb_build_object('sold_out', lacking);
  END IF;

  IF again THEN
    UPDATE reservation SET state = 'released', settled_at = now()
    WHERE outlet_id = p_outlet AND order_id = p_order AND state = 'reserved';
  END IF;
  INSERT INTO reservation (outlet_id, order_id, line_id, stock_id, quantity_milli)
  SELECT p_outlet, p_order, w.line_id, r.stock_id, sum(r.quantity_milli * w.quantity)
  FROM unnest(p_lines, p_sources, p_quantities) AS w(line_id, source_id, quantity)
  JOIN recipe r ON r.outlet_id = p_outlet AND r.source_id = w.source_id AND r.kind = 'counted'
  GROUP BY w.line_id, r.stock_id;
  PERFORM change_levels(p_outlet, stocks, array_fill(0::bigint, ARRAY[cardinality(stocks)]), deltas);
  RETURN NULL;
END $$;
