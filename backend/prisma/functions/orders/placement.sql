-- What placing takes of one order, priced and decided as far as that can be without the database. `path` lists the states
-- that it comes into at once; with `approve` only the first, until staff have approved an order of its sitting. Whichever it
-- is: `approval_timeout_s` or `expires_after_s` says when it expires, NULL for never. `answer` and `event` are the rest of
-- two JSON objects, without their opening braces. `new_bill_id` is the bill's id where the order opens one.
CREATE TYPE orders.placement AS (
  outlet_id integer,
  order_id uuid,
  bill_id uuid,
  new_bill_id uuid,
  event_id uuid,
  session_id uuid,
  principal text,
  route text,
  key text,
  body_hash bytea,
  correlation_id text,
  traceparent text,
  outlet_version bigint,
  menu_version bigint,
  type text,
  token_prefix text,
  table_id uuid,
  customer_name text,
  note text,
  allergies text[],
  payment text,
  approve boolean,
  approval_timeout_s integer,
  path text[],
  expires_after_s integer,
  subtotal_paise bigint,
  discount_paise bigint,
  taxable_paise bigint,
  taxes jsonb,
  total_paise bigint,
  held_courses integer[],
  answer text,
  event text
);
