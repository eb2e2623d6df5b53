-- Whose the host names of routes are: on each target a name and path is one environment's, from its planning until what it
-- runs no longer has it. The rules are in `store/hosts.rs`.
CREATE TABLE host_claims (
  target text NOT NULL,
  host text NOT NULL,
  -- Without a slash at its end; empty for all paths.
  path text NOT NULL,
  org_id uuid NOT NULL REFERENCES orgs,
  environment_id uuid NOT NULL REFERENCES environments,
  PRIMARY KEY (target, host, path)
);
CREATE INDEX host_claims_by_environment ON host_claims (environment_id);
ALTER TABLE host_claims ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON host_claims TO helios_tenant USING (org_id = current_setting('helios.org')::uuid)
  WITH CHECK (org_id = current_setting('helios.org')::uuid);

-- What is served already stays whose it is; of two that have the same, the older one's.
INSERT INTO host_claims (target, host, path, org_id, environment_id)
SELECT r.target, lower(name), CASE WHEN redirected THEN '' ELSE rtrim(site ->> 'path', '/') END, r.org_id, r.environment_id
FROM edge_routes r CROSS JOIN jsonb_array_elements(r.routes -> 'sites') site CROSS JOIN LATERAL (
  SELECT site ->> 'host' AS name, false AS redirected
  UNION ALL SELECT jsonb_array_elements_text(site -> 'aliases'), false
  UNION ALL SELECT jsonb_array_elements_text(site -> 'redirect_from'), true
) names ORDER BY r.environment_id ON CONFLICT DO NOTHING;
