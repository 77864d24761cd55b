-- Passkeys of owners and managers: public keys, each of one device or account of theirs.
CREATE TABLE staff.passkey (
  outlet_id integer NOT NULL,
  id uuid NOT NULL DEFAULT uuidv7(),
  person_id uuid NOT NULL,
  name text NOT NULL,
  credential_id bytea NOT NULL,
  public_key bytea NOT NULL,
  sign_count bigint NOT NULL,
  created_at timestamptz(6) NOT NULL DEFAULT now(),
  last_used_at timestamptz(6),
  CONSTRAINT passkey_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT passkey_person_fkey FOREIGN KEY (outlet_id, person_id) REFERENCES staff.person (outlet_id, id) ON DELETE RESTRICT ON UPDATE RESTRICT,
  CONSTRAINT passkey_name_check CHECK (length(name) BETWEEN 1 AND 60),
  CONSTRAINT passkey_credential_id_check CHECK (length(credential_id) BETWEEN 1 AND 1023)
);
CREATE UNIQUE INDEX passkey_credential_id_key ON staff.passkey (credential_id);
CREATE INDEX passkey_person_idx ON staff.passkey (outlet_id, person_id);

-- Challenges that were answered rightly, until nobody would take them any more. What strangers ask for writes no row.
CREATE TABLE staff.used_challenge (
  hash bytea NOT NULL,
  expires_at timestamptz(6) NOT NULL,
  CONSTRAINT used_challenge_pkey PRIMARY KEY (hash),
  CONSTRAINT used_challenge_hash_check CHECK (length(hash) = 32)
);
CREATE INDEX used_challenge_expires_at_idx ON staff.used_challenge (expires_at);

ALTER TABLE staff.sign_in DROP CONSTRAINT sign_in_method_check;
ALTER TABLE staff.sign_in ADD CONSTRAINT sign_in_method_check CHECK (method IN ('password', 'pin', 'passkey'));
