-- A closed business day: its report as it was, and the outlet's books locked through it.
ALTER TABLE staff.outlet ADD COLUMN locked_through date, ADD COLUMN locked_at timestamptz(6),
  ADD CONSTRAINT outlet_locked_check CHECK ((locked_through IS NULL) = (locked_at IS NULL));

CREATE TABLE payments.day_close (
  outlet_id integer NOT NULL,
  id uuid NOT NULL,
  number integer NOT NULL,
  business_day date NOT NULL,
  closed_at timestamptz(6) NOT NULL,
  closed_by uuid NOT NULL,
  closed_by_name text NOT NULL,
  body text NOT NULL,
  CONSTRAINT day_close_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT day_close_number_check CHECK (number > 0)
);
CREATE UNIQUE INDEX day_close_outlet_id_number_key ON payments.day_close (outlet_id, number);
CREATE UNIQUE INDEX day_close_outlet_id_business_day_key ON payments.day_close (outlet_id, business_day);
