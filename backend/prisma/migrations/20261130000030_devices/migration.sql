-- Devices, each paired once by a manager; and every sign-in with where it came from.

-- `code` is shown on a device that waits: a manager has typed it, the device has not asked since.
CREATE TABLE staff.device (
  outlet_id integer NOT NULL,
  id uuid NOT NULL DEFAULT uuidv7(),
  name text NOT NULL,
  code text,
  code_expires_at timestamptz(6),
  token_hash bytea,
  paired_at timestamptz(6),
  paired_by uuid,
  last_seen timestamptz(6),
  build text,
  revoked_at timestamptz(6),
  CONSTRAINT device_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT device_outlet_id_fkey FOREIGN KEY (outlet_id) REFERENCES staff.outlet (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
  CONSTRAINT device_name_check CHECK (length(name) BETWEEN 1 AND 60),
  CONSTRAINT device_build_check CHECK (length(build) <= 64),
  CONSTRAINT device_token_hash_check CHECK (length(token_hash) = 32),
  CONSTRAINT device_state_check CHECK (
    code IS NOT NULL AND code_expires_at IS NOT NULL AND token_hash IS NULL AND paired_at IS NULL
    OR code IS NULL AND code_expires_at IS NULL AND token_hash IS NOT NULL AND paired_at IS NOT NULL)
);
CREATE UNIQUE INDEX device_code_key ON staff.device (code);
CREATE UNIQUE INDEX device_token_hash_key ON staff.device (token_hash);

ALTER TABLE staff.session ADD COLUMN device_id uuid;
ALTER TABLE staff.session ADD CONSTRAINT session_device_fkey FOREIGN KEY (outlet_id, device_id)
  REFERENCES staff.device (outlet_id, id) ON DELETE RESTRICT ON UPDATE RESTRICT;
ALTER TABLE staff.session DROP CONSTRAINT session_revoked_for_check;
ALTER TABLE staff.session ADD CONSTRAINT session_revoked_for_check CHECK (revoked_for IN ('logout', 'reuse', 'changed', 'device'));
CREATE INDEX session_device_idx ON staff.session (outlet_id, device_id) WHERE revoked_at IS NULL;

-- Tries of known people only: what strangers invent writes no row.
CREATE TABLE staff.sign_in (
  outlet_id integer NOT NULL,
  id uuid NOT NULL DEFAULT uuidv7(),
  at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  person_id uuid NOT NULL,
  method text NOT NULL,
  outcome text NOT NULL,
  network text NOT NULL,
  device_id uuid,
  CONSTRAINT sign_in_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT sign_in_person_fkey FOREIGN KEY (outlet_id, person_id) REFERENCES staff.person (outlet_id, id) ON DELETE RESTRICT ON UPDATE RESTRICT,
  CONSTRAINT sign_in_method_check CHECK (method IN ('password', 'pin')),
  CONSTRAINT sign_in_outcome_check CHECK (outcome IN ('ok', 'failed', 'locked out'))
);
CREATE INDEX sign_in_from_idx ON staff.sign_in (outlet_id, person_id, network, at) WHERE outcome = 'ok';
CREATE INDEX sign_in_at_idx ON staff.sign_in (at);

-- A try for a name that nobody has is written here, as one for a known name is written to its own row.
INSERT INTO staff.login_failure (key, failures, last_at) VALUES (decode(repeat('00', 32), 'hex'), 1, now());
