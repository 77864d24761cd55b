-- What became of parties and bills: who moved them, when, and what is needed to undo it.
CREATE TABLE orders.rearrangement (
  outlet_id integer NOT NULL,
  id uuid NOT NULL DEFAULT uuidv7(),
  kind text NOT NULL,
  sitting_id uuid,
  at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  by uuid NOT NULL,
  by_name text,
  detail jsonb NOT NULL,
  undone_at timestamptz(6),
  undone_by text,
  CONSTRAINT rearrangement_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT rearrangement_kind_check CHECK (kind IN ('move', 'merge'))
);
CREATE INDEX rearrangement_sitting_idx ON orders.rearrangement (outlet_id, sitting_id, id);
