-- The HSN or SAC of some versions of tax classes, in the order asked for.
CREATE OR REPLACE FUNCTION menu.tax_codes(p_outlet integer, p_codes text[], p_versions integer[]) RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = menu, pg_temp AS $$
  SELECT array_agg(t.hsn ORDER BY asked.n) FROM unnest(p_codes, p_versions) WITH ORDINALITY asked(code, version, n)
  LEFT JOIN tax_class t ON t.outlet_id = p_outlet AND t.code = asked.code AND t.version = asked.version $$;
