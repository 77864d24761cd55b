-- What is sold, at which price and tax, and whether it can be had right now.

CALL platform.create_room('menu');

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
