-- How many copies of a service are wanted by the load they are under; none where it never changed, which is the fewest.
CREATE TABLE scales (
  environment_id uuid NOT NULL REFERENCES environments,
  org_id uuid NOT NULL REFERENCES orgs,
  node text NOT NULL,
  copies int NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (environment_id, node)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON scales TO helios_tenant;
ALTER TABLE scales ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON scales TO helios_tenant USING (org_id = current_setting('helios.org')::uuid)
  WITH CHECK (org_id = current_setting('helios.org')::uuid);
