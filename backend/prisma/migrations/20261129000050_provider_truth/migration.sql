-- What the provider does by itself: money that it gave back uncaptured, webhooks that came too early, money that fits no
-- payment of ours, and how far its books have been compared with ours.

ALTER TABLE payments.attempt DROP CONSTRAINT attempt_status_check,
  ADD CONSTRAINT attempt_status_check CHECK (status IN ('created', 'authorized', 'captured', 'failed', 'unknown', 'returned'));

ALTER TABLE payments.webhook
  ADD COLUMN state text NOT NULL DEFAULT 'received',
  ADD COLUMN event text,
  ADD COLUMN subject text,
  ADD CONSTRAINT webhook_state_check CHECK (state IN ('received', 'waiting', 'parked', 'applied', 'superseded')),
  ADD CONSTRAINT webhook_next_try_check CHECK ((next_try_at IS NOT NULL) = (state IN ('received', 'waiting')));
CREATE INDEX webhook_subject_idx ON payments.webhook (provider, subject) WHERE state = 'waiting';
CREATE INDEX webhook_open_idx ON payments.webhook (received_at) WHERE state IN ('waiting', 'parked');

CREATE TABLE payments.unmatched (
  provider text NOT NULL,
  provider_payment_id text NOT NULL,
  provider_order_id text NOT NULL,
  amount_paise bigint NOT NULL,
  currency text NOT NULL,
  reason text NOT NULL,
  seen_at timestamptz(6) NOT NULL DEFAULT now(),
  settled_at timestamptz(6),
  settled_by text,
  CONSTRAINT unmatched_pkey PRIMARY KEY (provider, provider_payment_id),
  CONSTRAINT unmatched_settled_check CHECK ((settled_at IS NULL) = (settled_by IS NULL))
);
CREATE INDEX unmatched_open_idx ON payments.unmatched (seen_at) WHERE settled_at IS NULL;

CREATE TABLE payments.comparison (
  provider text NOT NULL,
  list text NOT NULL,
  whole boolean NOT NULL,
  first_at timestamptz(6) NOT NULL,
  last_at timestamptz(6) NOT NULL,
  skip integer NOT NULL DEFAULT 0,
  next_at timestamptz(6) NOT NULL DEFAULT now(),
  whole_at timestamptz(6),
  CONSTRAINT comparison_pkey PRIMARY KEY (provider),
  CONSTRAINT comparison_list_check CHECK (list IN ('payments', 'refunds')),
  CONSTRAINT comparison_window_check CHECK (first_at < last_at AND skip >= 0)
);
