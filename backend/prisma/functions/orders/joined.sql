-- One JSON object of two: the second comes without its opening brace.
CREATE OR REPLACE FUNCTION orders.joined(p_first json, p_rest text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT left(p_first::text, -1) || ',' || p_rest $$;
