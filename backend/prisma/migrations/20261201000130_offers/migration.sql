CALL platform.create_room('offers');

CREATE TABLE offers.offer (
  outlet_id integer NOT NULL,
  id uuid NOT NULL,
  terms jsonb NOT NULL,
  paused boolean NOT NULL DEFAULT false,
  ended_at timestamptz(6),
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz(6) NOT NULL DEFAULT now(),
  PRIMARY KEY (outlet_id, id)
);
