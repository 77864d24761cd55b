-- The day's statistics: failed tries, and the same figures by hour; payments are found by the day of their capture.

ALTER TABLE payments.attempt ADD COLUMN failed_at timestamptz(6), ADD COLUMN failed_day date,
  ADD CONSTRAINT attempt_failed_check CHECK ((failed_at IS NULL) = (failed_day IS NULL));
CREATE INDEX attempt_outlet_id_business_day_payment_id_idx ON payments.attempt (outlet_id, business_day, payment_id);
CREATE INDEX attempt_failed_day_idx ON payments.attempt (outlet_id, failed_day) WHERE failed_day IS NOT NULL;
CREATE INDEX refund_outlet_id_business_day_id_idx ON payments.refund (outlet_id, business_day, id);

ALTER TABLE payments.daily ADD COLUMN failed_count bigint NOT NULL DEFAULT 0;

CREATE TABLE payments.hourly (
  outlet_id integer NOT NULL,
  business_day date NOT NULL,
  hour smallint NOT NULL,
  method text NOT NULL,
  captured_count bigint NOT NULL DEFAULT 0,
  captured_paise bigint NOT NULL DEFAULT 0,
  refunded_count bigint NOT NULL DEFAULT 0,
  refunded_paise bigint NOT NULL DEFAULT 0,
  failed_count bigint NOT NULL DEFAULT 0,
  CONSTRAINT hourly_pkey PRIMARY KEY (outlet_id, business_day, hour, method),
  CONSTRAINT hourly_hour_check CHECK (hour BETWEEN 0 AND 23)
);
