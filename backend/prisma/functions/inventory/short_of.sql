-- Of what each of these orders would take now, each by itself: the sources whose counted stock is too little, with the whole
-- portions that are left. Nothing is held by it.
CREATE OR REPLACE FUNCTION inventory.short_of(p_outlet integer, p_orders uuid[], p_sources uuid[], p_quantities integer[])
RETURNS TABLE (order_id uuid, source_id uuid, available bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = inventory, pg_temp AS $$
  WITH need AS (
    SELECT w.order_id, w.source_id, r.stock_id, r.quantity_milli AS each_milli,
      sum(r.quantity_milli * w.quantity) OVER (PARTITION BY w.order_id, r.stock_id) AS whole_milli
    FROM unnest(p_orders, p_sources, p_quantities) AS w(order_id, source_id, quantity)
    JOIN recipe r ON r.outlet_id = p_outlet AND r.source_id = w.source_id AND r.kind = 'counted')
  SELECT n.order_id, n.source_id, min(greatest(s.on_hand_milli - s.reserved_milli, 0) / n.each_milli)::bigint
  FROM need n JOIN stock s ON s.outlet_id = p_outlet AND s.id = n.stock_id
  WHERE n.whole_milli > greatest(s.on_hand_milli - s.reserved_milli, 0) GROUP BY n.order_id, n.source_id
$$;
