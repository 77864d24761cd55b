-- Writes the events that a change of the available quantity calls for: depleted, shortage, restocked, low; most changes
-- call for none.
CREATE OR REPLACE FUNCTION inventory.emit_level_events(p_stock inventory.stock, p_before bigint, p_after bigint)
RETURNS void LANGUAGE plpgsql SET search_path = inventory, pg_temp AS $$
DECLARE
  level bigint := p_stock.reorder_level_milli;
  gone uuid[];
  back uuid[];
  depleted boolean := false;
BEGIN
  IF p_stock.kind = 'counted' THEN
    -- a seller (an item by its smallest variant, or a modifier) is gone when one portion is not left
    SELECT array_agg(seller) FILTER (WHERE p_before >= portion AND p_after < portion),
      array_agg(seller) FILTER (WHERE p_before < portion AND p_after >= portion) INTO gone, back
    FROM (SELECT coalesce(item_id, source_id) AS seller, min(quantity_milli) AS portion FROM recipe
      WHERE outlet_id = p_stock.outlet_id AND stock_id = p_stock.id GROUP BY 1) s;
    depleted := gone IS NOT NULL OR (p_before > 0 AND p_after <= 0);
    IF depleted THEN
      PERFORM emit_event('depleted', p_stock.outlet_id, p_stock.id, gone, NULL);
    END IF;
    IF p_after < 0 AND p_after < p_before THEN
      PERFORM emit_event('shortage', p_stock.outlet_id, p_stock.id, gone,
        orders_at_risk(p_stock.outlet_id, p_stock.id, p_stock.on_hand_milli));
    END IF;
  END IF;
  IF back IS NOT NULL OR (p_before <= level AND p_after > level) THEN
    PERFORM emit_event('restocked', p_stock.outlet_id, p_stock.id, back, NULL);
  ELSIF NOT depleted AND ((p_before > level AND p_after <= level) OR (p_stock.kind = 'estimated' AND p_before >= 0 AND p_after < 0)) THEN
    PERFORM emit_event('low', p_stock.outlet_id, p_stock.id, NULL, NULL);
  END IF;
END $$;
