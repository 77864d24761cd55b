-- What stands against selling: for each order of a batch (`p_outlets`, `p_versions` by its number from 1) either that its
-- menu is stale, or the items and modifiers that are sold out. `p_item_of` and `p_modifier_of` hold the order's number.
CREATE OR REPLACE FUNCTION menu.check_sales(p_outlets integer[], p_versions bigint[], p_item_of integer[], p_items uuid[],
  p_modifier_of integer[], p_modifiers uuid[]) RETURNS TABLE (n integer, stale boolean, sold_out jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = menu, pg_temp
AS $$
BEGIN
  RETURN QUERY SELECT s.at::integer, m.outlet_id IS NULL, x.sold_out
  FROM unnest(p_outlets, p_versions) WITH ORDINALITY s(outlet, version, at)
  LEFT JOIN outlet_menu m ON m.outlet_id = s.outlet AND m.version = s.version
  LEFT JOIN (SELECT u.of, jsonb_agg(jsonb_build_object('item_id', u.id, 'name', u.name)) AS sold_out FROM (
      SELECT s.of, i.id, i.name FROM unnest(p_item_of, p_items) s(of, id)
      JOIN item i ON i.outlet_id = p_outlets[s.of] AND i.id = s.id AND (NOT i.active OR NOT i.available OR i.stock_out)
      UNION ALL
      SELECT s.of, m.id, m.name FROM unnest(p_modifier_of, p_modifiers) s(of, id)
      JOIN modifier m ON m.outlet_id = p_outlets[s.of] AND m.id = s.id AND (NOT m.active OR NOT m.available OR m.stock_out)
    ) u GROUP BY u.of) x ON x.of = s.at
  WHERE m.outlet_id IS NULL OR x.of IS NOT NULL;
END $$;
