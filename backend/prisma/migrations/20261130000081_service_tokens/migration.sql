-- Tokens of integrations; only their hashes, since they are random.
CREATE TABLE staff.service_token (
  outlet_id integer NOT NULL,
  id uuid NOT NULL DEFAULT uuidv7(),
  name text NOT NULL,
  token_hash bytea NOT NULL,
  scopes text[] NOT NULL,
  created_at timestamptz(6) NOT NULL DEFAULT now(),
  created_by uuid NOT NULL,
  expires_at timestamptz(6) NOT NULL,
  revoked_at timestamptz(6),
  CONSTRAINT service_token_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT service_token_outlet_id_fkey FOREIGN KEY (outlet_id) REFERENCES staff.outlet (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
  CONSTRAINT service_token_name_check CHECK (length(name) BETWEEN 1 AND 60),
  CONSTRAINT service_token_token_hash_check CHECK (length(token_hash) = 32),
  CONSTRAINT service_token_scopes_check CHECK (cardinality(scopes) > 0)
);
CREATE UNIQUE INDEX service_token_token_hash_key ON staff.service_token (token_hash);
