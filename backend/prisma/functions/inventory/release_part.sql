-- Give back what `p_quantity` of the `p_of` portions of a line hold. A line that the kitchen has started keeps all: it will
-- be consumed.
CREATE OR REPLACE FUNCTION inventory.release_part(p_outlet integer, p_order uuid, p_line uuid, p_quantity integer, p_of integer)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = inventory, pg_temp AS $$
DECLARE
  stocks uuid[];
  deltas bigint[];
BEGIN
  SELECT array_agg(stock_id) INTO stocks FROM reservation
  WHERE outlet_id = p_outlet AND order_id = p_order AND line_id = p_line AND state = 'reserved';
  IF stocks IS NULL OR EXISTS (SELECT FROM usage WHERE outlet_id = p_outlet AND order_id = p_order AND line_id = p_line)
  THEN
    RETURN;
  END IF;
  PERFORM FROM stock WHERE outlet_id = p_outlet AND id = ANY (stocks) ORDER BY id FOR UPDATE;
  WITH given AS (
    UPDATE reservation SET quantity_milli = CASE WHEN p_quantity < p_of THEN quantity_milli - quantity_milli / p_of * p_quantity
        ELSE quantity_milli END,
      state = CASE WHEN p_quantity < p_of THEN state ELSE 'released' END,
      settled_at = CASE WHEN p_quantity < p_of THEN settled_at ELSE now() END
    WHERE outlet_id = p_outlet AND order_id = p_order AND line_id = p_line AND state = 'reserved'
    RETURNING stock_id, old.quantity_milli / p_of * p_quantity AS quantity
  )
  SELECT array_agg(stock_id), array_agg(-quantity) INTO stocks, deltas FROM given;
  IF stocks IS NOT NULL THEN
    PERFORM change_levels(p_outlet, stocks, array_fill(0::bigint, ARRAY[cardinality(stocks)]), deltas);
  END IF;
END $$;
