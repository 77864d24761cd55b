-- A visible ticket's share of its board's hash, which is the sum of them modulo 2^32.
CREATE OR REPLACE FUNCTION kitchen.checksum(p_ticket uuid, p_version bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$ SELECT crc32(convert_to(p_ticket || ':' || p_version, 'UTF8')) $$;
