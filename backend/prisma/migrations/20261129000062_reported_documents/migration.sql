-- Documents as managers read of them: what was issued and credited on a business day; folded from events.

CREATE TABLE reports.document (
  outlet_id integer NOT NULL,
  document_id uuid NOT NULL,
  business_day date NOT NULL, -- of its issue
  kind text NOT NULL,
  taxable_paise bigint NOT NULL,
  total_paise bigint NOT NULL,
  PRIMARY KEY (outlet_id, document_id)
);
CREATE INDEX document_outlet_id_business_day_idx ON reports.document (outlet_id, business_day);
