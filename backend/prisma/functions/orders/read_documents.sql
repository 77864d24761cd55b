-- The texts of a bill's documents, oldest first.
CREATE OR REPLACE FUNCTION orders.read_documents(p_outlet integer, p_bill uuid) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = orders, pg_temp AS $$
  SELECT body FROM document WHERE outlet_id = p_outlet AND bill_id = p_bill ORDER BY issued_at, kind, sequence $$;
