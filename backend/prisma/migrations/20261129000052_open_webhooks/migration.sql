-- What waits is counted every few seconds: by an index of what is not at its end, however much is kept.

DROP INDEX payments.webhook_open_idx;
CREATE INDEX webhook_unfinished_idx ON payments.webhook (state, received_at) WHERE state IN ('received', 'waiting', 'parked');
