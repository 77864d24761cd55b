-- A webhook that can't be applied ends when a person says why it doesn't matter; what they said is its outcome.

ALTER TABLE payments.webhook DROP CONSTRAINT webhook_state_check,
  ADD CONSTRAINT webhook_state_check CHECK (state IN ('received', 'waiting', 'parked', 'applied', 'superseded', 'dismissed'));
