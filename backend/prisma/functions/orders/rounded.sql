-- The whole rupee that a bill comes to; the round-off is the difference.
CREATE OR REPLACE FUNCTION orders.rounded(p_net bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$ SELECT (p_net + 50) / 100 * 100 $$;
