-- What documents are made of, with the next place in each of their series, locked until the transaction ends. `sale`
-- among the kinds is the outlet's ordinary document by its regime. A series is of a GSTIN, outlet, kind and financial
-- year of the moment of issue; within it no document is older than the one before.
CREATE OR REPLACE FUNCTION orders.begin_documents(p_outlet integer, p_kinds text[], p_codes text[], p_versions integer[])
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = orders, pg_temp AS $$
DECLARE
  v_now constant timestamptz := clock_timestamp();
  v_outlet constant jsonb := staff.read_outlet(p_outlet);
  v_gstin constant text := CASE v_outlet->>'gst_regime' WHEN 'none' THEN '' ELSE coalesce(v_outlet->>'gstin', '') END;
  v_year constant integer := orders.financial_year(v_now, v_outlet->>'timezone');
  v_sale constant text := CASE v_outlet->>'gst_regime' WHEN 'regular' THEN 'tax_invoice'
    WHEN 'composition' THEN 'bill_of_supply' ELSE 'receipt' END;
  v_kind text;
  v_series orders.document_series;
  v_places jsonb := '[]';
  v_issued_at timestamptz;
BEGIN
  -- in one order, so that no two transactions wait for each other
  FOR v_kind IN SELECT CASE kind WHEN 'sale' THEN v_sale ELSE kind END AS k FROM unnest(p_kinds) kind ORDER BY k LOOP
    INSERT INTO document_series (outlet_id, gstin, kind, financial_year, last_hash)
    VALUES (p_outlet, v_gstin, v_kind, v_year, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING;
    SELECT * INTO STRICT v_series FROM document_series
    WHERE outlet_id = p_outlet AND gstin = v_gstin AND kind = v_kind AND financial_year = v_year FOR UPDATE;
    v_issued_at := greatest(v_now, v_series.last_issued_at);
    v_places := v_places || jsonb_build_object('kind', v_kind, 'gstin', v_gstin, 'financial_year', v_year,
      'sequence', v_series.last_number + 1, 'previous_hash', encode(v_series.last_hash, 'hex'), 'issued_at', v_issued_at,
      'business_day', staff.business_day_at(p_outlet, v_issued_at));
  END LOOP;
  PERFORM staff.hold_days(p_outlet, ARRAY(SELECT (place->>'business_day')::date FROM jsonb_array_elements(v_places) place));
  RETURN jsonb_build_object('outlet', v_outlet, 'places', v_places,
    'hsn', coalesce(to_jsonb(menu.tax_codes(p_outlet, p_codes, p_versions)), '[]'));
END $$;
