-- How many counted portions these orders hold, together with what more is asked for; a part of one counts as one.
CREATE OR REPLACE FUNCTION inventory.portions_with(p_outlet integer, p_orders uuid[], p_sources uuid[], p_quantities integer[])
RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = inventory, pg_temp AS $$
  SELECT ceil((coalesce((SELECT sum(quantity_milli) FROM reservation
      WHERE outlet_id = p_outlet AND order_id = ANY (p_orders) AND state = 'reserved'), 0)
    + coalesce((SELECT sum(r.quantity_milli * w.quantity) FROM unnest(p_sources, p_quantities) AS w(source_id, quantity)
      JOIN recipe r ON r.outlet_id = p_outlet AND r.source_id = w.source_id AND r.kind = 'counted'), 0)) / 1000.0)::bigint
$$;
