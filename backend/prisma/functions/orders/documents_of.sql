-- A bill's documents in short, oldest first.
CREATE OR REPLACE FUNCTION orders.documents_of(p_outlet integer, p_bill uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = orders, pg_temp AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'kind', kind, 'number', number, 'token', token,
    'issued_at', issued_at, 'total_paise', total_paise, 'seller', body::jsonb->'seller')
    ORDER BY issued_at, kind = 'credit_note', kind, sequence), '[]')
  FROM document WHERE outlet_id = p_outlet AND bill_id = p_bill $$;
