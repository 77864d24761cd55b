-- The sums that the tables' checks guard are the sums of the refunds, whoever writes them.
CREATE OR REPLACE FUNCTION payments.check_refunded() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_attempt bigint;
  v_payment bigint;
BEGIN
  SELECT sum(amount_paise) INTO v_attempt FROM payments.refund
  WHERE outlet_id = NEW.outlet_id AND attempt_id = NEW.attempt_id;
  SELECT sum(amount_paise) INTO v_payment FROM payments.refund
  WHERE outlet_id = NEW.outlet_id AND payment_id = NEW.payment_id;
  IF v_attempt IS DISTINCT FROM (SELECT refunded_paise FROM payments.attempt WHERE outlet_id = NEW.outlet_id AND id = NEW.attempt_id)
    OR v_payment IS DISTINCT FROM (SELECT refunded_paise FROM payments.payment WHERE outlet_id = NEW.outlet_id AND id = NEW.payment_id) THEN
    RAISE EXCEPTION 'refunds of payment % do not add up to its refunded_paise', NEW.payment_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS refund_adds_up ON payments.refund;
CREATE CONSTRAINT TRIGGER refund_adds_up AFTER INSERT OR UPDATE ON payments.refund
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments.check_refunded();
