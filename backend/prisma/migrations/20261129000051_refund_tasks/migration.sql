-- A refund that no provider can make is a task for a person; none fails for good.

DELETE FROM payments.refund WHERE status = 'failed';
UPDATE payments.refund SET status = 'to_hand_out' WHERE method = 'cash' AND status = 'requested';
ALTER TABLE payments.refund DROP CONSTRAINT refund_status_check,
  ADD CONSTRAINT refund_status_check CHECK (status IN ('requested', 'pending', 'unknown', 'to_hand_out', 'processed')),
  ADD COLUMN label text NOT NULL DEFAULT '',
  ADD COLUMN handed_by uuid,
  ADD COLUMN handed_by_name text,
  ADD COLUMN reference text,
  ADD CONSTRAINT refund_handed_check CHECK (handed_by IS NULL OR (handed_by_name IS NOT NULL AND status = 'processed')),
  ADD CONSTRAINT refund_next_try_check CHECK (next_try_at IS NULL OR status IN ('requested', 'pending', 'unknown'));
CREATE INDEX refund_open_idx ON payments.refund (outlet_id, id) WHERE status <> 'processed';
