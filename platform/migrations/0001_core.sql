-- The platform's whole truth. Every table that belongs to an organisation says so in `org_id` and has a policy that shows a
-- tenant's transaction only its own rows; the platform's own loops run as the owner of the tables, which no policy binds.
-- Rules for later migrations: add, never rename or drop in the release that stops using something; new columns have a default.

CREATE TABLE orgs (
  id uuid PRIMARY KEY,
  name text NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9-]{0,38}$'),
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Only the SHA-256 of a token is kept.
CREATE TABLE tokens (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs,
  name text NOT NULL,
  hash bytea NOT NULL UNIQUE,
  scopes text[] NOT NULL,
  app text,
  environment text,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  created_by uuid,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE apps (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (org_id, name)
);

CREATE TABLE environments (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs,
  app_id uuid NOT NULL REFERENCES apps,
  name text NOT NULL,
  target text NOT NULL DEFAULT 'docker',
  -- The release that runs, observed; set with the transition to `live`, `rolled_back`.
  live_release_id uuid,
  -- The running release must not be put right while this is set: the environment is being taken down.
  down_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (app_id, name)
);

-- Values of the program's params (`--param NAME=VALUE`), never changed, only followed by a higher version.
CREATE TABLE config_versions (
  environment_id uuid NOT NULL REFERENCES environments,
  org_id uuid NOT NULL REFERENCES orgs,
  version bigint NOT NULL,
  params jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (environment_id, version)
);

-- A value that is sealed: a `secret` component, by its node id, or a credential the platform made for a managed component,
-- as `<node id>#<name>`, such as `database/visits#password`.
CREATE TABLE secrets (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs,
  environment_id uuid NOT NULL REFERENCES environments,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (environment_id, name)
);

-- Immutable but for re-wrapping of the data key when the master key is changed.
CREATE TABLE secret_versions (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs,
  secret_id uuid NOT NULL REFERENCES secrets,
  version bigint NOT NULL,
  -- The master key that wraps the data key.
  key_id text NOT NULL,
  wrapped_key bytea NOT NULL,
  sealed bytea NOT NULL,
  generated boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (secret_id, version)
);

-- What lies in the artifact store; the store has the bytes.
CREATE TABLE artifacts (
  org_id uuid NOT NULL REFERENCES orgs,
  digest text NOT NULL CHECK (digest ~ '^sha256:[0-9a-f]{64}$'),
  kind text NOT NULL CHECK (kind IN ('source', 'ir')),
  size bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, digest)
);

-- Immutable and whole: what is needed to run it again as it was.
CREATE TABLE releases (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs,
  environment_id uuid NOT NULL REFERENCES environments,
  number bigint NOT NULL,
  -- The digest the IR document states of itself, and that of its bytes in the artifact store.
  ir_digest text NOT NULL,
  ir_artifact text NOT NULL,
  source_digest text NOT NULL,
  -- Node id -> image id of the engine (the digest of the image's configuration).
  images jsonb NOT NULL,
  -- Node id -> digest of the sources that its image is built from.
  contexts jsonb NOT NULL DEFAULT '{}',
  config_version bigint,
  -- Name in `secrets` -> id in `secret_versions`.
  secret_versions jsonb NOT NULL,
  -- Over all of the above: same digest, same release.
  digest text NOT NULL,
  deployment_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (environment_id, number)
);

CREATE TABLE deployments (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs,
  environment_id uuid NOT NULL REFERENCES environments,
  kind text NOT NULL CHECK (kind IN ('deploy', 'rollback', 'promote')),
  state text NOT NULL,
  -- Counts the changes of state; every change is a compare-and-set on it.
  version bigint NOT NULL DEFAULT 1,
  -- What was asked for: the source bundle and the params of a deploy; the release that a rollback or promote takes.
  source_digest text,
  params jsonb NOT NULL DEFAULT '{}',
  from_release_id uuid REFERENCES releases,
  -- What came of it so far.
  ir_digest text,
  ir_artifact text,
  contexts jsonb NOT NULL DEFAULT '{}',
  config_version bigint,
  secret_versions jsonb,
  plan jsonb,
  release_id uuid REFERENCES releases,
  previous_release_id uuid REFERENCES releases,
  urls jsonb NOT NULL DEFAULT '[]',
  failure jsonb,
  -- What others said meanwhile.
  cancel_requested boolean NOT NULL DEFAULT false,
  cancel_reason text,
  approved_plan text,
  approved_by uuid,
  requested_by uuid,
  request_id text,
  deadline timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
);
-- At most one active and one waiting deployment of an environment.
CREATE UNIQUE INDEX deployments_active ON deployments (environment_id)
  WHERE state NOT IN ('queued', 'live', 'cancelled', 'rolled_back', 'failed', 'superseded');
CREATE UNIQUE INDEX deployments_queued ON deployments (environment_id) WHERE state = 'queued';
CREATE INDEX deployments_open ON deployments (updated_at)
  WHERE state NOT IN ('live', 'cancelled', 'rolled_back', 'failed', 'superseded');
CREATE INDEX deployments_by_environment ON deployments (environment_id, created_at DESC, id DESC);
ALTER TABLE releases ADD FOREIGN KEY (deployment_id) REFERENCES deployments DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE environments ADD FOREIGN KEY (live_release_id) REFERENCES releases;

CREATE TABLE deployment_steps (
  deployment_id uuid NOT NULL REFERENCES deployments,
  org_id uuid NOT NULL REFERENCES orgs,
  version bigint NOT NULL,
  from_state text,
  to_state text NOT NULL,
  reason text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (deployment_id, version)
);

-- Work for a worker. The bus carries the job; this row says who holds it and what came of it.
CREATE TABLE jobs (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs,
  deployment_id uuid REFERENCES deployments,
  environment_id uuid REFERENCES environments,
  -- `oal`, `build`, `deploy`, `run`
  kind text NOT NULL,
  -- The deployment's state it was made for, or another word for what it is for; with `slot` unique in a deployment.
  stage text NOT NULL,
  slot text NOT NULL DEFAULT '',
  subject text NOT NULL,
  -- As it was written, to the letter: it may hold a document.
  body json NOT NULL,
  state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed', 'dead', 'cancelled')),
  -- How often a worker has begun it, and how often it may: with waits that double from a second, an engine or a service may be
  -- away for a minute.
  attempt int NOT NULL DEFAULT 0,
  max_attempts int NOT NULL DEFAULT 7,
  -- How often it was given to the bus; the number in its message.
  sent int NOT NULL DEFAULT 0,
  -- Rises with each claim; whoever writes with an older one is too late.
  fence bigint NOT NULL DEFAULT 0,
  worker text,
  lease_until timestamptz,
  deadline timestamptz NOT NULL,
  cancel_requested boolean NOT NULL DEFAULT false,
  result jsonb,
  error text,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  UNIQUE (deployment_id, stage, slot)
);
CREATE INDEX jobs_open ON jobs (created_at) WHERE state IN ('queued', 'running');

-- What is to be published, written with the change it tells of. Kept for a day after the server has acknowledged it.
CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subject text NOT NULL,
  -- `Nats-Msg-Id`: for jobs `<job>:<sent>`, so that what is sent again is not taken for a duplicate.
  message_id text NOT NULL,
  payload json NOT NULL,
  attempts int NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz
);
CREATE INDEX outbox_due ON outbox (due_at) WHERE published_at IS NULL;
CREATE INDEX outbox_message ON outbox (message_id);

CREATE TABLE dead_letters (
  id uuid PRIMARY KEY,
  org_id uuid REFERENCES orgs,
  job_id uuid REFERENCES jobs,
  subject text NOT NULL,
  payload json NOT NULL,
  reason text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);

-- A finished build by all that went into it; the same key is never built twice.
CREATE TABLE builds (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs,
  key text NOT NULL,
  image text NOT NULL,
  size bigint NOT NULL,
  builder text NOT NULL,
  -- The job whose log is this build's log.
  job_id uuid NOT NULL,
  last_used_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (org_id, key)
);

-- Lines of builds and of jobs that ran, in the order they were written.
CREATE TABLE log_lines (
  job_id uuid NOT NULL REFERENCES jobs,
  org_id uuid NOT NULL REFERENCES orgs,
  seq bigint NOT NULL,
  -- The component it is about.
  node text,
  line text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (job_id, seq)
);

-- What the agent saw last.
CREATE TABLE instances (
  environment_id uuid NOT NULL REFERENCES environments,
  org_id uuid NOT NULL REFERENCES orgs,
  container text NOT NULL,
  node text NOT NULL,
  replica int NOT NULL,
  release_number bigint NOT NULL,
  image text NOT NULL,
  state text NOT NULL,
  health text,
  restarts bigint NOT NULL DEFAULT 0,
  exit_code bigint,
  oom_killed boolean NOT NULL DEFAULT false,
  started_at timestamptz,
  observed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (environment_id, container)
);

-- What the edge is told, whole, for each environment; `generation` rises with every change of any row of the target.
CREATE TABLE edge_routes (
  environment_id uuid PRIMARY KEY REFERENCES environments,
  org_id uuid NOT NULL REFERENCES orgs,
  target text NOT NULL,
  routes jsonb NOT NULL,
  generation bigint NOT NULL
);
CREATE SEQUENCE edge_generation;

-- Times at which scheduled jobs were started; the key makes each time count once.
CREATE TABLE cron_runs (
  environment_id uuid NOT NULL REFERENCES environments,
  org_id uuid NOT NULL REFERENCES orgs,
  node text NOT NULL,
  due_at timestamptz NOT NULL,
  job_id uuid REFERENCES jobs,
  PRIMARY KEY (environment_id, node, due_at)
);

-- What clients follow; `id` is the event's id on the wire.
CREATE TABLE events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs,
  environment_id uuid REFERENCES environments,
  deployment_id uuid REFERENCES deployments,
  kind text NOT NULL,
  data jsonb NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX events_by_deployment ON events (deployment_id, id);

CREATE TABLE idempotency_keys (
  org_id uuid NOT NULL REFERENCES orgs,
  key text NOT NULL,
  -- A keyed hash over token, method, path and body of the request; a body may be a secret that is easily guessed.
  fingerprint bytea NOT NULL,
  -- Null while the first request is under way. The body is sealed: it may be a token, shown this once.
  status int,
  headers jsonb,
  body bytea,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, key)
);

-- Append-only; each row's hash covers the one before it.
CREATE TABLE audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs,
  token_id uuid,
  verb text NOT NULL,
  object text NOT NULL,
  before_digest text,
  after_digest text,
  request_id text,
  at timestamptz NOT NULL DEFAULT now(),
  previous_hash bytea,
  hash bytea NOT NULL
);
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME; END $$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER releases_immutable BEFORE UPDATE ON releases FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The second wall: a tenant's transaction runs as this role and names its organisation.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'helios_tenant') THEN CREATE ROLE helios_tenant NOLOGIN; END IF;
END $$;
GRANT helios_tenant TO CURRENT_USER;
GRANT USAGE ON SCHEMA public TO helios_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO helios_tenant;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO helios_tenant;
REVOKE ALL ON orgs, outbox, dead_letters FROM helios_tenant;
REVOKE UPDATE, DELETE ON audit_log, releases FROM helios_tenant;
GRANT SELECT ON orgs TO helios_tenant;
GRANT INSERT ON outbox TO helios_tenant;

ALTER TABLE orgs ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON orgs TO helios_tenant USING (id = current_setting('helios.org')::uuid);
DO $$ DECLARE name text; BEGIN
  FOREACH name IN ARRAY ARRAY[
    'tokens', 'apps', 'environments', 'config_versions', 'secrets', 'secret_versions', 'artifacts', 'releases', 'deployments',
    'deployment_steps', 'jobs', 'builds', 'log_lines', 'instances', 'edge_routes', 'cron_runs', 'events',
    'idempotency_keys', 'audit_log'
  ] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY tenant ON %I TO helios_tenant USING (org_id = current_setting(''helios.org'')::uuid) '
      'WITH CHECK (org_id = current_setting(''helios.org'')::uuid)', name);
  END LOOP;
END $$;
