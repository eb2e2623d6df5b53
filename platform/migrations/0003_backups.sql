-- Copies of databases' data. The copies themselves lie on the target; a row without a digest whose job has ended is one that could
-- not be made.
CREATE TABLE backups (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs,
  environment_id uuid NOT NULL REFERENCES environments,
  node text NOT NULL,
  scheduled boolean NOT NULL,
  job_id uuid REFERENCES jobs ON DELETE SET NULL,
  -- Of the copy that was made: bytes, and `sha256:…` of them.
  size bigint,
  digest text CHECK (digest ~ '^sha256:[0-9a-f]{64}$'),
  -- Why none was made.
  failure text,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  -- It was kept long enough, or its environment was destroyed: the copy is gone. The row stays for the count.
  removed_at timestamptz
);
CREATE INDEX backups_by_environment ON backups (environment_id, id DESC) WHERE removed_at IS NULL;
CREATE INDEX backups_by_job ON backups (job_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON backups TO helios_tenant;
ALTER TABLE backups ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON backups TO helios_tenant USING (org_id = current_setting('helios.org')::uuid)
  WITH CHECK (org_id = current_setting('helios.org')::uuid);
