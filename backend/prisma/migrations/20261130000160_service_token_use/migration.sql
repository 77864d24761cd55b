-- When an integration last called, to the minute; unknown of those that were made before.
ALTER TABLE staff.service_token ADD COLUMN last_used_at timestamptz(6);
