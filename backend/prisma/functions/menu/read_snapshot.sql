-- The outlet's whole menu of this moment as one document: for pricing, and for the guests' read model.
CREATE OR REPLACE FUNCTION menu.read_snapshot(p_outlet integer)
RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER SET search_path = menu, pg_temp AS $$
SELECT jsonb_build_object(
  'version', coalesce((SELECT version FROM outlet_menu WHERE outlet_id = p_outlet), 0),
  'revision', coalesce((SELECT revision FROM outlet_menu WHERE outlet_id = p_outlet), 0),
  'stations', (
    SELECT coalesce(jsonb_agg(jsonb_build_object('code', code, 'name', name) ORDER BY position, code), '[]')
    FROM station WHERE outlet_id = p_outlet AND active),
  'tax_classes', (
    SELECT coalesce(jsonb_object_agg(t.code, jsonb_build_object('code', t.code, 'version', t.version, 'name', t.name,
      'inclusive', t.inclusive, 'components', t.components)), '{}')
    FROM (SELECT DISTINCT ON (code) * FROM tax_class WHERE outlet_id = p_outlet ORDER BY code, version DESC) t),
  'groups', (
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'name', g.name, 'min', g.min, 'max', g.max, 'modifiers', (
      SELECT coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'name', m.name, 'price_paise', m.price_paise,
        'available', m.available AND NOT m.stock_out) ORDER BY m.position, m.id), '[]')
      FROM modifier m WHERE m.outlet_id = p_outlet AND m.group_id = g.id AND m.active))), '[]')
    FROM modifier_group g WHERE g.outlet_id = p_outlet AND g.active),
  'categories', (
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'code', c.code, 'name', c.name, 'name_hi', c.name_hi)
      ORDER BY c.position, c.id), '[]')
    FROM category c WHERE c.outlet_id = p_outlet AND c.active),
  'items', (
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', i.id, 'code', i.code, 'category_id', i.category_id, 'name', i.name,
      'name_hi', i.name_hi, 'description', i.description, 'diet', i.diet, 'allergens', i.allergens,
      'station', i.station, 'tax_code', i.tax_code, 'available', menu.sellable(i),
      'stock_out', i.stock_out,
      'groups', (
        SELECT coalesce(jsonb_agg(l.group_id ORDER BY l.position, l.group_id), '[]')
        FROM item_modifier_group l JOIN modifier_group g ON (g.outlet_id, g.id) = (l.outlet_id, l.group_id)
        WHERE l.outlet_id = p_outlet AND l.item_id = i.id AND g.active),
      'variants', v.variants) ORDER BY i.position, i.id), '[]')
    FROM item i JOIN category c ON (c.outlet_id, c.id) = (i.outlet_id, i.category_id),
    LATERAL (
      SELECT jsonb_agg(jsonb_build_object('id', id, 'name', name, 'price_paise', price_paise) ORDER BY position, id) AS variants
      FROM variant WHERE outlet_id = p_outlet AND item_id = i.id AND active) v
    WHERE i.outlet_id = p_outlet AND i.active AND c.active AND v.variants IS NOT NULL)
) $$;
