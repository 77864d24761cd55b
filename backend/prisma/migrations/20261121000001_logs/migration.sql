-- Every room's schema, with its event log and what a consumer, a retry and a duplicate request need.
-- `outbox.xid` stands first: columns are filled in order, so a row's transaction has its xid before its id is drawn.
-- A reader that has seen a gap may then forget it once every transaction that could own that id has ended.
DO $$
DECLARE room text;
BEGIN
  FOREACH room IN ARRAY ARRAY['staff', 'menu', 'inventory', 'orders', 'kitchen', 'payments', 'notifications'] LOOP
    EXECUTE format('CREATE SCHEMA %I', room);
    EXECUTE format('CREATE TABLE %I.outbox (
      xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
      id bigint GENERATED ALWAYS AS IDENTITY,
      created_at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
      event_id uuid NOT NULL,
      type text NOT NULL,
      subject text NOT NULL,
      outlet_id integer NOT NULL,
      aggregate_version bigint NOT NULL,
      correlation_id text NOT NULL,
      causation_id text,
      traceparent text,
      data json NOT NULL,
      PRIMARY KEY (id, created_at)
    ) PARTITION BY RANGE (created_at)', room);
    EXECUTE format('CREATE TABLE %I.outbox_default PARTITION OF %I.outbox DEFAULT', room, room);
    EXECUTE format('CREATE TABLE %I.inbox (
      log text NOT NULL,
      event_id uuid NOT NULL,
      handled_at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (log, event_id)
    )', room);
    EXECUTE format('CREATE INDEX inbox_handled_at_idx ON %I.inbox (handled_at)', room);
    EXECUTE format('CREATE TABLE %I.reader (
      log text PRIMARY KEY,
      position bigint NOT NULL DEFAULT 0,
      gaps jsonb NOT NULL DEFAULT ''{}''
    )', room);
    EXECUTE format('CREATE TABLE %I.parked (
      log text NOT NULL,
      position bigint NOT NULL,
      subject text NOT NULL,
      event jsonb NOT NULL,
      reason text NOT NULL,
      parked_at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (log, position)
    )', room);
    EXECUTE format('CREATE INDEX parked_subject_idx ON %I.parked (log, subject)', room);
    EXECUTE format('CREATE TABLE %I.idempotency (
      outlet_id integer NOT NULL,
      principal text NOT NULL,
      route text NOT NULL,
      key text NOT NULL,
      body_hash bytea NOT NULL,
      status integer,
      body bytea,
      created_at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (outlet_id, principal, route, key)
    )', room);
    EXECUTE format('CREATE INDEX idempotency_created_at_idx ON %I.idempotency (created_at)', room);
  END LOOP;
END $$;
