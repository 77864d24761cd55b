-- What a recipe may be written for: `item/variant` or `+group/modifier` by code. `item_id` is NULL for modifiers.
CREATE OR REPLACE FUNCTION menu.read_sources(p_outlet integer)
RETURNS TABLE (code text, source_id uuid, item_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = menu, pg_temp AS $$
SELECT i.code || '/' || v.code, v.id, i.id FROM variant v JOIN item i ON (i.outlet_id, i.id) = (v.outlet_id, v.item_id)
WHERE v.outlet_id = p_outlet AND v.active AND i.active
UNION ALL
SELECT '+' || g.code || '/' || m.code, m.id, NULL FROM modifier m
JOIN modifier_group g ON (g.outlet_id, g.id) = (m.outlet_id, m.group_id)
WHERE m.outlet_id = p_outlet AND m.active AND g.active
$$;
