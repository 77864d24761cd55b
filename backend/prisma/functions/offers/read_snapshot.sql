-- The outlet's offers that are neither paused nor ended, and the time: for pricing, which keeps them in memory.
CREATE OR REPLACE FUNCTION offers.read_snapshot(p_outlet integer)
RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER SET search_path = offers, pg_temp AS $$
SELECT jsonb_build_object('read_at', clock_timestamp(), 'offers', (
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'terms', terms) ORDER BY id), '[]')
  FROM offer WHERE outlet_id = p_outlet AND NOT paused AND ended_at IS NULL)) $$;
