-- What of an order can not be made now, by the menu: the variants and modifiers that are off it or 86ed. NULL: nothing.
-- Counted stock is not asked here: its reservation decides.
CREATE OR REPLACE FUNCTION menu.not_sold(p_outlet integer, p_sources uuid[]) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = menu, pg_temp AS $$
  SELECT jsonb_agg(jsonb_build_object('source_id', s.id) ORDER BY s.id) FROM (SELECT DISTINCT unnest(p_sources) AS id) s
  WHERE NOT EXISTS (SELECT FROM variant v JOIN item i ON i.outlet_id = v.outlet_id AND i.id = v.item_id
      WHERE v.outlet_id = p_outlet AND v.id = s.id AND v.active AND i.active AND i.available)
    AND NOT EXISTS (SELECT FROM modifier m WHERE m.outlet_id = p_outlet AND m.id = s.id AND m.active AND m.available) $$;
