-- Somebody goes on at another outlet; a new password ends their sessions at all of them.
ALTER TABLE staff.session DROP CONSTRAINT session_revoked_for_check;
ALTER TABLE staff.session ADD CONSTRAINT session_revoked_for_check
  CHECK (revoked_for IN ('logout', 'reuse', 'changed', 'device', 'switched'));
CREATE INDEX session_person_idx ON staff.session (person_id) WHERE revoked_at IS NULL;
