-- What placing takes of one order, priced: `answer` and `event` are the rest of two JSON objects, without their opening
-- braces; what only the database knows is put before it. `new_bill_id` is the bill's id where the order opens one.
CREATE TYPE orders.placement AS (
  outlet_id integer, order_id uuid, bill_id uuid, new_bill_id uuid, event_id uuid, session_id uuid, principal text, route text, key text,
  body_hash bytea, correlation_id text, traceparent text, outlet_version bigint, menu_version bigint, type text, table_id uuid, table_name text,
  customer_name text, note text, payment text, approve boolean, timeout_s integer, subtotal_paise bigint,
  discount_paise bigint, taxable_paise bigint, taxes text, total_paise bigint, held_courses integer[], answer text, event text
);
