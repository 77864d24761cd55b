-- one refund that the owner makes at the provider may keep several promises
DROP INDEX payments.refund_outlet_id_attempt_id_provider_refund_id_key;
CREATE INDEX refund_outlet_id_attempt_id_provider_refund_id_idx ON payments.refund (outlet_id, attempt_id, provider_refund_id);
