-- What is sold, at which price and tax, and whether it can be had right now.

CREATE TABLE menu.outlet_menu (
  outlet_id integer NOT NULL,
  version bigint NOT NULL DEFAULT 0,
  event_version bigint NOT NULL DEFAULT 0,
  revision bigint NOT NULL DEFAULT 0,
  CONSTRAINT outlet_menu_pkey PRIMARY KEY (outlet_id)
);

CREATE TABLE menu.tax_class (
  outlet_id integer NOT NULL,
  code text NOT NULL,
  version integer NOT NULL,
  name text NOT NULL,
  inclusive boolean NOT NULL,
  components jsonb NOT NULL,
  created_at timestamptz(6) NOT NULL DEFAULT now(),
  CONSTRAINT tax_class_pkey PRIMARY KEY (outlet_id, code, version),
  CONSTRAINT tax_class_components_check CHECK (jsonb_typeof(components) = 'array')
);

CREATE TABLE menu.station (
  outlet_id integer NOT NULL,
  code text NOT NULL,
  name text NOT NULL,
  position integer NOT NULL DEFAULT 0,
  active boolean NOT NULL DEFAULT true,
  CONSTRAINT station_pkey PRIMARY KEY (outlet_id, code)
);

CREATE TABLE menu.category (
  outlet_id integer NOT NULL,
  id uuid NOT NULL DEFAULT uuidv7(),
  code text NOT NULL,
  name text NOT NULL,
  name_hi text,
  position integer NOT NULL DEFAULT 0,
  active boolean NOT NULL DEFAULT true,
  CONSTRAINT category_pkey PRIMARY KEY (outlet_id, id)
);
CREATE UNIQUE INDEX category_outlet_id_code_key ON menu.category (outlet_id, code);

CREATE TABLE menu.item (
  outlet_id integer NOT NULL,
  id uuid NOT NULL DEFAULT uuidv7(),
  code text NOT NULL,
  category_id uuid NOT NULL,
  name text NOT NULL,
  name_hi text,
  description text NOT NULL DEFAULT '',
  diet text NOT NULL,
  allergens text[] NOT NULL DEFAULT '{}',
  station text NOT NULL,
  tax_code text NOT NULL,
  position integer NOT NULL DEFAULT 0,
  active boolean NOT NULL DEFAULT true,
  available boolean NOT NULL DEFAULT true,
  unavailable_reason text,
  stock_out boolean NOT NULL DEFAULT false,
  version bigint NOT NULL DEFAULT 0,
  CONSTRAINT item_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT item_diet_check CHECK (diet IN ('veg', 'non_veg', 'egg')),
  CONSTRAINT item_category_fkey FOREIGN KEY (outlet_id, category_id) REFERENCES menu.category (outlet_id, id) ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT item_station_fkey FOREIGN KEY (outlet_id, station) REFERENCES menu.station (outlet_id, code) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE UNIQUE INDEX item_outlet_id_code_key ON menu.item (outlet_id, code);
CREATE INDEX item_outlet_id_category_id_idx ON menu.item (outlet_id, category_id);
CREATE INDEX item_unsellable_idx ON menu.item (outlet_id, id) WHERE NOT active OR NOT available OR stock_out;

CREATE TABLE menu.variant (
  outlet_id integer NOT NULL,
  id uuid NOT NULL DEFAULT uuidv7(),
  item_id uuid NOT NULL,
  code text NOT NULL,
  name text NOT NULL,
  price_paise bigint NOT NULL,
  position integer NOT NULL DEFAULT 0,
  active boolean NOT NULL DEFAULT true,
  CONSTRAINT variant_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT variant_price_check CHECK (price_paise BETWEEN 0 AND 100000000),
  CONSTRAINT variant_item_fkey FOREIGN KEY (outlet_id, item_id) REFERENCES menu.item (outlet_id, id) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE UNIQUE INDEX variant_outlet_id_item_id_code_key ON menu.variant (outlet_id, item_id, code);

CREATE TABLE menu.modifier_group (
  outlet_id integer NOT NULL,
  id uuid NOT NULL DEFAULT uuidv7(),
  code text NOT NULL,
  name text NOT NULL,
  min integer NOT NULL,
  max integer NOT NULL,
  position integer NOT NULL DEFAULT 0,
  active boolean NOT NULL DEFAULT true,
  CONSTRAINT modifier_group_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT modifier_group_range_check CHECK (min BETWEEN 0 AND max AND max BETWEEN 1 AND 50)
);
CREATE UNIQUE INDEX modifier_group_outlet_id_code_key ON menu.modifier_group (outlet_id, code);

CREATE TABLE menu.modifier (
  outlet_id integer NOT NULL,
  id uuid NOT NULL DEFAULT uuidv7(),
  group_id uuid NOT NULL,
  code text NOT NULL,
  name text NOT NULL,
  price_paise bigint NOT NULL,
  position integer NOT NULL DEFAULT 0,
  active boolean NOT NULL DEFAULT true,
  available boolean NOT NULL DEFAULT true,
  stock_out boolean NOT NULL DEFAULT false,
  CONSTRAINT modifier_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT modifier_price_check CHECK (price_paise BETWEEN 0 AND 100000000),
  CONSTRAINT modifier_group_fkey FOREIGN KEY (outlet_id, group_id) REFERENCES menu.modifier_group (outlet_id, id) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE UNIQUE INDEX modifier_outlet_id_group_id_code_key ON menu.modifier (outlet_id, group_id, code);
CREATE INDEX modifier_unsellable_idx ON menu.modifier (outlet_id, id) WHERE NOT active OR NOT available OR stock_out;

CREATE TABLE menu.item_modifier_group (
  outlet_id integer NOT NULL,
  item_id uuid NOT NULL,
  group_id uuid NOT NULL,
  position integer NOT NULL DEFAULT 0,
  CONSTRAINT item_modifier_group_pkey PRIMARY KEY (outlet_id, item_id, group_id),
  CONSTRAINT item_modifier_group_item_fkey FOREIGN KEY (outlet_id, item_id) REFERENCES menu.item (outlet_id, id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT item_modifier_group_group_fkey FOREIGN KEY (outlet_id, group_id) REFERENCES menu.modifier_group (outlet_id, id) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX item_modifier_group_outlet_id_group_id_idx ON menu.item_modifier_group (outlet_id, group_id);

-- Which stock holds an item or a modifier back. Two stocks are two rows, so that the events of one can't undo
-- those of the other, in whatever order they come.
CREATE TABLE menu.held_back (
  outlet_id integer NOT NULL,
  source_id uuid NOT NULL,
  stock_id uuid NOT NULL,
  CONSTRAINT held_back_pkey PRIMARY KEY (outlet_id, source_id, stock_id)
);

-- A tax class is immutable: lines name the version that they were sold under.
CREATE FUNCTION menu.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a version of a tax class is never changed; add another';
END $$;
CREATE TRIGGER tax_class_immutable BEFORE UPDATE OR DELETE ON menu.tax_class
  FOR EACH ROW EXECUTE FUNCTION menu.refuse_change();

-- What stands against selling: for each order of a batch (`p_outlets`, `p_versions` by its number from 1) either that its
-- menu is stale, or the items and modifiers that are sold out. `p_item_of` and `p_modifier_of` hold the order's number.
CREATE FUNCTION menu.check_sales(p_outlets integer[], p_versions bigint[], p_item_of integer[], p_items uuid[],
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

-- The outlet's whole menu of this moment as one document: for pricing, and for the guests' read model.
CREATE FUNCTION menu.read_snapshot(p_outlet integer)
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
      'station', i.station, 'tax_code', i.tax_code, 'available', i.available AND NOT i.stock_out,
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

-- What a recipe may be written for: `item/variant` or `+group/modifier` by code. `item_id` is NULL for modifiers.
CREATE FUNCTION menu.read_sources(p_outlet integer)
RETURNS TABLE (code text, source_id uuid, item_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = menu, pg_temp AS $$
SELECT i.code || '/' || v.code, v.id, i.id FROM variant v JOIN item i ON (i.outlet_id, i.id) = (v.outlet_id, v.item_id)
WHERE v.outlet_id = p_outlet AND v.active AND i.active
UNION ALL
SELECT '+' || g.code || '/' || m.code, m.id, NULL FROM modifier m
JOIN modifier_group g ON (g.outlet_id, g.id) = (m.outlet_id, m.group_id)
WHERE m.outlet_id = p_outlet AND m.active AND g.active
$$;

REVOKE ALL ON FUNCTION menu.check_sales(integer[], bigint[], integer[], uuid[], integer[], uuid[]), menu.read_snapshot(integer),
  menu.read_sources(integer) FROM PUBLIC;
