-- The trace of the request that caused a deployment or a job (W3C Trace Context, `traceparent`).
ALTER TABLE deployments ADD COLUMN traceparent text;
ALTER TABLE jobs ADD COLUMN traceparent text;
