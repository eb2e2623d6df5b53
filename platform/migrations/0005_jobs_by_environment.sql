-- What was done last in an environment, and what is open there.
CREATE INDEX jobs_by_environment ON jobs (environment_id, created_at DESC, id DESC);
