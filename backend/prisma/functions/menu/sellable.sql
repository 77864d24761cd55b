-- Whether an item can be had now: on sale, in stock, and with enough left to choose from in each of its groups.
CREATE OR REPLACE FUNCTION menu.sellable(i menu.item) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT i.available AND NOT i.stock_out AND NOT EXISTS (
    SELECT FROM menu.item_modifier_group l JOIN menu.modifier_group g ON (g.outlet_id, g.id) = (l.outlet_id, l.group_id)
    WHERE l.outlet_id = i.outlet_id AND l.item_id = i.id AND g.active AND g.min > (
      SELECT count(*) FROM menu.modifier m
      WHERE m.outlet_id = g.outlet_id AND m.group_id = g.id AND m.active AND m.available AND NOT m.stock_out))
$$;
