-- A manager's PIN for one act of somebody else: good once, for the session, permission, subject and amount that it names.
CREATE TABLE staff.lift (
  outlet_id integer NOT NULL,
  id uuid NOT NULL DEFAULT uuidv7(),
  token_hash bytea NOT NULL,
  session_id uuid NOT NULL,
  permission text NOT NULL,
  subject text NOT NULL,
  amount_paise bigint NOT NULL,
  approver_id uuid NOT NULL,
  created_at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz(6) NOT NULL,
  used_at timestamptz(6),
  CONSTRAINT lift_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT lift_session_fkey FOREIGN KEY (outlet_id, session_id) REFERENCES staff.session (outlet_id, id) ON DELETE CASCADE ON UPDATE RESTRICT,
  CONSTRAINT lift_approver_fkey FOREIGN KEY (outlet_id, approver_id) REFERENCES staff.person (outlet_id, id) ON DELETE RESTRICT ON UPDATE RESTRICT,
  CONSTRAINT lift_token_hash_check CHECK (length(token_hash) = 32),
  CONSTRAINT lift_amount_paise_check CHECK (amount_paise >= 0)
);
CREATE UNIQUE INDEX lift_token_hash_key ON staff.lift (token_hash);
CREATE INDEX lift_expires_at_idx ON staff.lift (expires_at);

-- who let it be given back, where the role of who asked for it could not
ALTER TABLE payments.refund ADD COLUMN approved_by uuid;
ALTER TABLE payments.refund ADD COLUMN approved_by_name text;
