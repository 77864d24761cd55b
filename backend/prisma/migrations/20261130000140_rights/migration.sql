-- What roles may do, by outlet, where its owner has changed it: {role: {permission: {allowed, limit_paise}}}.
CREATE TABLE staff.rights (
  outlet_id integer NOT NULL,
  version bigint NOT NULL,
  granted jsonb NOT NULL,
  CONSTRAINT rights_pkey PRIMARY KEY (outlet_id),
  CONSTRAINT rights_outlet_id_fkey FOREIGN KEY (outlet_id) REFERENCES staff.outlet (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
  CONSTRAINT rights_granted_check CHECK (jsonb_typeof(granted) = 'object')
);
