-- A sitting is one party at a table. Guests' sessions, orders' bills and what may be seen belong to it.

CREATE TABLE orders.sitting (
  outlet_id integer NOT NULL,
  id uuid NOT NULL DEFAULT uuidv7(),
  table_id uuid NOT NULL,
  table_name text NOT NULL,
  covers integer,
  opened_by text NOT NULL,
  opened_at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamptz(6),
  ending text,
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT sitting_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT sitting_covers_check CHECK (covers BETWEEN 1 AND 200),
  CONSTRAINT sitting_opened_by_check CHECK (opened_by IN ('guest', 'staff')),
  CONSTRAINT sitting_ending_check CHECK (ending IN ('cleared', 'timed_out', 'walk_out') AND ended_at IS NOT NULL OR ending IS NULL AND ended_at IS NULL)
);
CREATE UNIQUE INDEX sitting_open_table_key ON orders.sitting (outlet_id, table_id) WHERE ended_at IS NULL;

ALTER TABLE orders.guest_session ADD COLUMN sitting_id uuid;
ALTER TABLE orders.guest_session ADD COLUMN qr_generation integer;
ALTER TABLE orders.guest_session ADD COLUMN admission text NOT NULL DEFAULT 'admitted';
ALTER TABLE orders.guest_session ADD CONSTRAINT guest_session_admission_check CHECK (admission IN ('admitted', 'waiting', 'refused'));
CREATE INDEX guest_session_sitting_idx ON orders.guest_session (outlet_id, sitting_id) WHERE sitting_id IS NOT NULL;

ALTER TABLE orders.bill ADD COLUMN sitting_id uuid;
ALTER TABLE orders.bill ADD COLUMN walked_out_at timestamptz(6);
ALTER TABLE orders.bill DROP CONSTRAINT bill_status_check;
ALTER TABLE orders.bill ADD CONSTRAINT bill_status_check CHECK (status IN ('open', 'closed', 'voided', 'written_off'));
DROP INDEX orders.bill_open_table_key;
CREATE UNIQUE INDEX bill_open_sitting_key ON orders.bill (outlet_id, sitting_id)
  WHERE status = 'open' AND payment = 'pay_later' AND sitting_id IS NOT NULL;
CREATE INDEX bill_sitting_idx ON orders.bill (outlet_id, sitting_id) WHERE sitting_id IS NOT NULL;

ALTER TABLE staff.outlet ADD COLUMN admit_joiners boolean NOT NULL DEFAULT true;
ALTER TABLE staff.outlet ADD COLUMN sitting_timeout_s integer NOT NULL DEFAULT 3600;
ALTER TABLE staff.outlet ADD CONSTRAINT outlet_sitting_timeout_s_check CHECK (sitting_timeout_s BETWEEN 60 AND 86400);
