-- Which keys sign-ins are signed with. No key is here: each is derived from SECRET_KEY and its salt.
CREATE TABLE staff.signing_key (
  kid text NOT NULL,
  salt bytea NOT NULL,
  begins_at timestamptz(6) NOT NULL,
  ends_at timestamptz(6),
  CONSTRAINT signing_key_pkey PRIMARY KEY (kid),
  CONSTRAINT signing_key_kid_check CHECK (kid ~ '^[0-9a-f]{1,16}$'),
  CONSTRAINT signing_key_salt_check CHECK (length(salt) = CASE kid WHEN '1' THEN 0 ELSE 32 END)
);
INSERT INTO staff.signing_key (kid, salt, begins_at) VALUES ('1', '', to_timestamp(0));
