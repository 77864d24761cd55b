-- What the platform itself keeps, and how it makes a room.
CREATE SCHEMA platform;

-- The functions and types of prisma/functions that this database has: hashes of a file's head and of its whole text, and
-- of what the database then said.
CREATE TABLE platform.sql_source (
  name text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('function', 'type')),
  head text NOT NULL,
  text text NOT NULL,
  definition text NOT NULL,
  applied_at timestamptz(6) NOT NULL DEFAULT clock_timestamp()
);

-- Makes a room's schema, with its event log and what a consumer, a retry and a duplicate request need: a new room's
-- migration is this call and its own tables. Migrations run once, so a later change of these tables is a migration that
-- alters every room's and replaces this procedure.
-- `outbox.xid` stands first: columns are filled in order, so a row's transaction has its xid before its id is drawn.
-- A reader that has seen a gap may then forget it once every transaction that could own that id has ended.
CREATE PROCEDURE platform.create_room(room text) LANGUAGE plpgsql AS $procedure$
BEGIN
  EXECUTE format($tables$
    CREATE SCHEMA %1$I;
    CREATE TABLE %1$I.outbox (
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
    ) PARTITION BY RANGE (created_at);
    CREATE TABLE %1$I.outbox_default PARTITION OF %1$I.outbox DEFAULT;
    CREATE TABLE %1$I.inbox (
      log text NOT NULL,
      event_id uuid NOT NULL,
      handled_at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (log, event_id)
    );
    CREATE INDEX inbox_handled_at_idx ON %1$I.inbox (handled_at);
    CREATE TABLE %1$I.reader (
      log text PRIMARY KEY,
      position bigint NOT NULL DEFAULT 0,
      gaps jsonb NOT NULL DEFAULT '{}'
    );
    CREATE TABLE %1$I.parked (
      log text NOT NULL,
      position bigint NOT NULL,
      subject text NOT NULL,
      event jsonb NOT NULL,
      reason text NOT NULL,
      parked_at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (log, position)
    );
    CREATE INDEX parked_subject_idx ON %1$I.parked (log, subject);
    CREATE TABLE %1$I.idempotency (
      outlet_id integer NOT NULL,
      principal text NOT NULL,
      route text NOT NULL,
      key text NOT NULL,
      body_hash bytea NOT NULL,
      status integer,
      body bytea,
      created_at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (outlet_id, principal, route, key)
    );
    CREATE INDEX idempotency_created_at_idx ON %1$I.idempotency (created_at);
  $tables$, room);
END $procedure$;
