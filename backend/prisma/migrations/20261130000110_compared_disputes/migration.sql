ALTER TABLE payments.comparison DROP CONSTRAINT comparison_list_check;
ALTER TABLE payments.comparison ADD CONSTRAINT comparison_list_check CHECK (list IN ('payments', 'refunds', 'disputes'));
