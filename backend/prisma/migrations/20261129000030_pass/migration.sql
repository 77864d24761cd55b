-- What stands at the pass, who has seen a ticket, and who decides about cancelling it.

ALTER TABLE kitchen.ticket
  ADD COLUMN at_pass boolean,
  ADD COLUMN seen boolean NOT NULL DEFAULT false,
  ADD COLUMN cleared boolean NOT NULL DEFAULT false,
  ADD COLUMN cancel_decider text,
  ADD COLUMN served_at timestamptz(6),
  DROP CONSTRAINT ticket_visible;
UPDATE kitchen.ticket SET at_pass = state IN ('held', 'queued', 'cooking', 'ready');
ALTER TABLE kitchen.ticket
  ALTER COLUMN at_pass SET NOT NULL,
  -- what was voided beside what is served is shown until it is seen
  ADD CONSTRAINT ticket_visible CHECK (visible OR state NOT IN ('held', 'queued', 'cooking')),
  ADD CONSTRAINT ticket_at_pass CHECK (at_pass OR state NOT IN ('held', 'queued', 'cooking', 'ready')),
  ADD CONSTRAINT ticket_cancel_decider CHECK (CASE WHEN cancel_requested
    THEN cancel_decider IN ('kitchen', 'floor') ELSE cancel_decider IS NULL END);
DROP INDEX kitchen.ticket_ready_idx;
CREATE INDEX ticket_at_pass_idx ON kitchen.ticket (outlet_id, placed_at) WHERE at_pass;

ALTER TABLE kitchen.bill ADD COLUMN closed boolean NOT NULL DEFAULT false;
