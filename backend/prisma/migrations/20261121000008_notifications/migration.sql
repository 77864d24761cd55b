-- Messages to guests and staff, each with how far its delivery got.

CALL platform.create_room('notifications');

CREATE TABLE notifications.message (
  outlet_id integer NOT NULL,
  id uuid NOT NULL,
  cause text NOT NULL, -- the event, or what one of several events tells of; with the audience, it is told once
  audience text NOT NULL CHECK (audience IN ('guest', 'staff')),
  kind text NOT NULL,
  title text NOT NULL,
  text text NOT NULL,
  order_id uuid,
  bill_id uuid,
  session_id uuid, -- the guest it is meant for; none means everyone on the bill
  table_name text,
  state text NOT NULL CHECK (state IN ('queued', 'sent', 'delivered', 'read')),
  created_at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  sent_at timestamptz(6),
  delivered_at timestamptz(6),
  read_at timestamptz(6),
  version bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (outlet_id, id),
  UNIQUE (outlet_id, cause, audience),
  CHECK (audience = 'staff' OR bill_id IS NOT NULL),
  CHECK (state = 'queued' OR sent_at IS NOT NULL),
  CHECK (state NOT IN ('delivered', 'read') OR delivered_at IS NOT NULL),
  CHECK (state <> 'read' OR read_at IS NOT NULL)
);
CREATE INDEX message_staff_idx ON notifications.message (outlet_id, id) WHERE audience = 'staff';
CREATE INDEX message_guest_idx ON notifications.message (outlet_id, bill_id, id) WHERE audience = 'guest';
CREATE INDEX message_created_at_idx ON notifications.message (created_at);

-- Whose guests a bill has, as the orders room tells: payment events name the bill only.
CREATE TABLE notifications.bill_session (
  outlet_id integer NOT NULL,
  session_id uuid NOT NULL,
  bill_id uuid NOT NULL,
  created_at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (outlet_id, session_id, bill_id)
);
CREATE INDEX bill_session_created_at_idx ON notifications.bill_session (created_at);
