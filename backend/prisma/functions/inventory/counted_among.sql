-- Which orders of a batch (`p_outlets` by their number from 1) draw on counted stock at all: the others reserve nothing.
CREATE OR REPLACE FUNCTION inventory.counted_among(p_outlets integer[], p_source_of integer[], p_sources uuid[]) RETURNS SETOF integer
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = inventory, pg_temp
AS $$
BEGIN
  RETURN QUERY SELECT DISTINCT s.of FROM unnest(p_source_of, p_sources) s(of, id)
  JOIN recipe r ON r.outlet_id = p_outlets[s.of] AND r.source_id = s.id AND r.kind = 'counted';
END $$;
