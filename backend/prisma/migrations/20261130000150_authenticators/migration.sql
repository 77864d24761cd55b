-- Authenticator apps of owners and managers. `secret` is sealed with a key that is not in the database; a recovery code
-- is kept by HMAC. Until the first right code the app is being set up, and asked for nowhere.
CREATE TABLE staff.authenticator (
  outlet_id integer NOT NULL,
  person_id uuid NOT NULL,
  secret bytea NOT NULL,
  created_at timestamptz(6) NOT NULL DEFAULT now(),
  proven_at timestamptz(6),
  last_step bigint NOT NULL DEFAULT 0,
  recovery_hashes bytea[] NOT NULL DEFAULT '{}',
  CONSTRAINT authenticator_pkey PRIMARY KEY (outlet_id, person_id),
  CONSTRAINT authenticator_person_fkey FOREIGN KEY (outlet_id, person_id) REFERENCES staff.person (outlet_id, id) ON DELETE RESTRICT ON UPDATE RESTRICT,
  CONSTRAINT authenticator_secret_check CHECK (length(secret) = 48),
  CONSTRAINT authenticator_recovery_hashes_check CHECK (cardinality(recovery_hashes) <= 10)
);
