-- Outlets, people, their sign-ins, and who did what.

CALL platform.create_room('staff');

CREATE TABLE staff.outlet (
  id integer PRIMARY KEY CHECK (id > 0),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
  legal_name text CHECK (length(legal_name) BETWEEN 1 AND 200),
  gstin text CHECK (gstin ~ '^[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][0-9A-Z]Z[0-9A-Z]$'),
  gst_regime text NOT NULL DEFAULT 'none' CHECK (gst_regime IN ('regular', 'composition', 'none')),
  fssai text CHECK (fssai ~ '^[0-9]{14}$'),
  state_code text CHECK (state_code ~ '^[0-9]{2}$'),
  address text CHECK (length(address) BETWEEN 1 AND 400),
  phone text CHECK (phone ~ '^\+?[0-9 ()-]{6,20}$'),
  timezone text NOT NULL DEFAULT 'Asia/Kolkata'
    CHECK (timestamptz '2000-01-01 00:00+00' AT TIME ZONE timezone IS NOT NULL), -- raises for a zone it does not know
  day_cutoff_minutes integer NOT NULL DEFAULT 240 CHECK (day_cutoff_minutes BETWEEN 0 AND 720),
  currency text NOT NULL DEFAULT 'INR' CHECK (currency = 'INR'),
  dine_in_payment text NOT NULL DEFAULT 'pay_later' CHECK (dine_in_payment IN ('pay_later', 'prepaid')),
  takeaway_payment text NOT NULL DEFAULT 'prepaid' CHECK (takeaway_payment IN ('pay_later', 'prepaid')),
  approve_first_order boolean NOT NULL DEFAULT false,
  payment_timeout_s integer NOT NULL DEFAULT 600 CHECK (payment_timeout_s BETWEEN 30 AND 86400),
  late_grace_s integer NOT NULL DEFAULT 900 CHECK (late_grace_s BETWEEN 0 AND 86400),
  amber_s integer NOT NULL DEFAULT 480 CHECK (amber_s BETWEEN 1 AND 86400),
  red_s integer NOT NULL DEFAULT 900 CHECK (red_s BETWEEN 1 AND 86400),
  version bigint NOT NULL DEFAULT 1,
  CHECK (amber_s < red_s),
  CHECK (gst_regime = 'none' OR gstin IS NOT NULL),
  CHECK (gstin IS NULL OR left(gstin, 2) = state_code)
);

CREATE TABLE staff.person (
  outlet_id integer NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  username text CHECK (username ~ '^[a-z0-9][a-z0-9._@-]{1,63}$'),
  password_hash text,
  pin_hash bytea CHECK (length(pin_hash) = 32),
  role text NOT NULL CHECK (role IN ('owner', 'manager', 'waiter', 'kitchen')),
  active boolean NOT NULL DEFAULT true,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz(6) NOT NULL DEFAULT now(),
  PRIMARY KEY (outlet_id, id),
  UNIQUE (username),
  FOREIGN KEY (outlet_id) REFERENCES staff.outlet (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
  CHECK (password_hash IS NULL OR username IS NOT NULL),
  CHECK (password_hash IS NOT NULL OR pin_hash IS NOT NULL)
);
-- a PIN is looked up by one probe; someone who left does not keep it from others
CREATE UNIQUE INDEX person_pin_key ON staff.person (outlet_id, pin_hash) WHERE active;

CREATE TABLE staff.session (
  outlet_id integer NOT NULL,
  id uuid NOT NULL,
  person_id uuid NOT NULL,
  refresh_hash bytea NOT NULL CHECK (length(refresh_hash) = 32),
  previous_hash bytea CHECK (length(previous_hash) = 32),
  expires_at timestamptz(6) NOT NULL,
  revoked_at timestamptz(6),
  revoked_for text CHECK (revoked_for IN ('logout', 'reuse', 'changed')),
  version bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (outlet_id, id),
  FOREIGN KEY (outlet_id, person_id) REFERENCES staff.person (outlet_id, id) ON DELETE RESTRICT ON UPDATE RESTRICT,
  CHECK ((revoked_at IS NULL) = (revoked_for IS NULL))
);
CREATE INDEX session_live_idx ON staff.session (outlet_id, person_id) WHERE revoked_at IS NULL;
CREATE INDEX session_revoked_idx ON staff.session (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX session_expires_at_idx ON staff.session (expires_at);

-- `key` is a hash of what is locked out: a username, or an outlet and an address. Names typed wrong may be passwords.
CREATE TABLE staff.login_failure (
  key bytea PRIMARY KEY CHECK (length(key) = 32),
  failures integer NOT NULL CHECK (failures > 0),
  last_at timestamptz(6) NOT NULL,
  locked_until timestamptz(6)
);
CREATE INDEX login_failure_last_at_idx ON staff.login_failure (last_at);

CREATE TABLE staff.audit (
  outlet_id integer NOT NULL,
  id uuid NOT NULL DEFAULT uuidv7(),
  at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  actor_id uuid,
  actor_name text,
  action text NOT NULL,
  subject text NOT NULL,
  detail jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (outlet_id, id)
);
