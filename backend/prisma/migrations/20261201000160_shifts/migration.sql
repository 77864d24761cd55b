-- Shifts: who had which drawer, what was in it, what came and went, and what was counted.
ALTER TABLE staff.outlet
  ADD COLUMN cash_drawers text[] NOT NULL DEFAULT ARRAY['Main drawer', 'Second drawer', 'Bar drawer'],
  ADD COLUMN cash_reasons text[] NOT NULL DEFAULT ARRAY['Change from the bank', 'Paid a supplier', 'Small purchase', 'Tips paid out', 'Taken to the safe'],
  ADD COLUMN cash_needs_shift boolean NOT NULL DEFAULT false,
  ADD COLUMN shift_difference_paise integer NOT NULL DEFAULT 10000;

CREATE TABLE payments.shift (
  outlet_id integer NOT NULL,
  id uuid NOT NULL,
  drawer text NOT NULL,
  person_id uuid NOT NULL,
  person_name text NOT NULL,
  status text NOT NULL DEFAULT 'open',
  float_paise bigint NOT NULL,
  business_day date NOT NULL,
  opened_at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  counts jsonb NOT NULL DEFAULT '[]',
  counted_paise bigint,
  expected_paise bigint,
  closed_day date,
  closed_at timestamptz(6),
  closed_by uuid,
  closed_by_name text,
  approved_at timestamptz(6),
  approved_by uuid,
  approved_by_name text,
  note text,
  version bigint NOT NULL DEFAULT 0,
  CONSTRAINT shift_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT shift_status_check CHECK (status IN ('open', 'to_approve', 'closed')),
  CONSTRAINT shift_float_check CHECK (float_paise >= 0 AND counted_paise >= 0),
  CONSTRAINT shift_closed_check CHECK ((status = 'open') = (counted_paise IS NULL) AND (status = 'open') = (expected_paise IS NULL)
    AND (status = 'open') = (closed_at IS NULL) AND (status = 'open') = (closed_by IS NULL) AND (status = 'open') = (closed_day IS NULL))
);
-- a drawer has one shift at a time, and so has a person: what he takes belongs to no other
CREATE UNIQUE INDEX shift_drawer_key ON payments.shift (outlet_id, drawer) WHERE status = 'open';
CREATE UNIQUE INDEX shift_person_key ON payments.shift (outlet_id, person_id) WHERE status = 'open';
CREATE INDEX shift_outlet_id_closed_day_idx ON payments.shift (outlet_id, closed_day);

CREATE TABLE payments.cash_movement (
  outlet_id integer NOT NULL,
  id uuid NOT NULL,
  shift_id uuid NOT NULL,
  kind text NOT NULL,
  amount_paise bigint NOT NULL,
  reason text NOT NULL,
  note text,
  by_id uuid NOT NULL,
  by_name text NOT NULL,
  at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT cash_movement_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT cash_movement_shift_fkey FOREIGN KEY (outlet_id, shift_id) REFERENCES payments.shift (outlet_id, id) ON DELETE RESTRICT ON UPDATE RESTRICT,
  CONSTRAINT cash_movement_kind_check CHECK (kind IN ('in', 'out')),
  CONSTRAINT cash_movement_amount_check CHECK (amount_paise > 0)
);
CREATE INDEX cash_movement_outlet_id_shift_id_idx ON payments.cash_movement (outlet_id, shift_id);

ALTER TABLE payments.attempt ADD COLUMN shift_id uuid;
ALTER TABLE payments.refund ADD COLUMN shift_id uuid;
CREATE INDEX attempt_shift_idx ON payments.attempt (outlet_id, shift_id) WHERE shift_id IS NOT NULL;
CREATE INDEX refund_shift_idx ON payments.refund (outlet_id, shift_id) WHERE shift_id IS NOT NULL;
