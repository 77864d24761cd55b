-- Documents: frozen at issue, numbered without gaps, chained by hash. They replace the invoice numbers on bills.

ALTER TABLE menu.tax_class ADD COLUMN hsn text NOT NULL DEFAULT '996331',
  ADD CONSTRAINT tax_class_hsn_check CHECK (hsn ~ '^[0-9]{4,8}$');

DROP INDEX orders.bill_invoice_number_key;
ALTER TABLE orders.bill DROP COLUMN invoice_number,
  ADD COLUMN payments jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN buyer jsonb;
DROP TABLE orders.invoice_counter;

CREATE TABLE orders.document_series (
  outlet_id integer NOT NULL,
  gstin text NOT NULL,
  kind text NOT NULL,
  financial_year integer NOT NULL,
  last_number integer NOT NULL DEFAULT 0,
  last_hash bytea NOT NULL,
  last_issued_at timestamptz(6),
  CONSTRAINT document_series_pkey PRIMARY KEY (outlet_id, gstin, kind, financial_year)
);

CREATE TABLE orders.document (
  outlet_id integer NOT NULL,
  id uuid NOT NULL,
  kind text NOT NULL,
  gstin text NOT NULL,
  financial_year integer NOT NULL,
  sequence integer NOT NULL,
  number text NOT NULL,
  token text NOT NULL,
  bill_id uuid NOT NULL,
  corrects uuid,
  issued_at timestamptz(6) NOT NULL,
  issued_on date NOT NULL,
  business_day date NOT NULL,
  taxable_paise bigint NOT NULL,
  total_paise bigint NOT NULL,
  buyer_name text,
  buyer_gstin text,
  previous_hash bytea NOT NULL,
  hash bytea NOT NULL,
  body text NOT NULL,
  CONSTRAINT document_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT document_kind_check CHECK (kind IN ('tax_invoice', 'bill_of_supply', 'receipt', 'liquor_invoice', 'credit_note')),
  CONSTRAINT document_corrects_check CHECK ((kind = 'credit_note') = (corrects IS NOT NULL)),
  CONSTRAINT document_number_check CHECK (number ~ '^[A-Z0-9/-]{1,16}$' AND sequence > 0),
  CONSTRAINT document_money_check CHECK (taxable_paise >= 0 AND total_paise >= 0),
  CONSTRAINT document_hash_check CHECK (hash = sha256(previous_hash || convert_to(body, 'UTF8')))
);
CREATE UNIQUE INDEX document_outlet_id_gstin_kind_financial_year_sequence_key ON orders.document (outlet_id, gstin, kind, financial_year, sequence);
CREATE UNIQUE INDEX document_outlet_id_gstin_financial_year_number_key ON orders.document (outlet_id, gstin, financial_year, number);
CREATE UNIQUE INDEX document_token_key ON orders.document (token);
CREATE INDEX document_outlet_id_bill_id_idx ON orders.document (outlet_id, bill_id);
CREATE INDEX document_outlet_id_issued_on_id_idx ON orders.document (outlet_id, issued_on, id);
