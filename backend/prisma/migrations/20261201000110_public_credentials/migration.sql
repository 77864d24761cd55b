-- What the demo's people were made with, which everybody knows: it works as long as it is still theirs.
CREATE TABLE staff.public_credential (
  outlet_id integer NOT NULL,
  person_id uuid NOT NULL,
  pin_hash bytea,
  password_hash text,
  CONSTRAINT public_credential_pkey PRIMARY KEY (outlet_id, person_id),
  CONSTRAINT public_credential_person_fkey FOREIGN KEY (outlet_id, person_id) REFERENCES staff.person (outlet_id, id) ON DELETE RESTRICT ON UPDATE RESTRICT
);
