//! A method for every operation of the API.

use bytes::Bytes;
use futures::stream::TryStream;
use reqwest::header::{CONNECTION, CONTENT_TYPE, IF_MATCH, UPGRADE};
use reqwest::{Body, Method};
use uuid::Uuid;

use super::{Client, ClientError, ExecSession, Follow, Result};
use crate::access::{AuditEntry, AuditVerification, Identity, NewToken, Token, TokenWithSecret};
use crate::backup::{Backup, NewBackup};
use crate::deployment::{Approval, Cancellation, Deployment, DeploymentEvent, NewDeployment, Step};
use crate::environment::{App, Environment, EnvironmentStatus, NewEnvironment, Params, Release, Source};
use crate::exec::{NewExec, PROTOCOL};
use crate::job::{Job, NewDown, NewRun};
use crate::log::{LogLine, LogQuery};
use crate::page::{Page, PageQuery};
use crate::plan::{NewPlan, Plan};
use crate::secret::{NewSecret, Secret, SecretRotation, SecretVersionsQuery};
use crate::text::{Digest, Name};

/// Every method fails as [`ClientError`] says.
#[expect(clippy::missing_errors_doc, reason = "said once for all of them")]
impl Client {
    /// Who is asking.
    pub async fn identity(&self) -> Result<Identity> {
        self.get(&["identity"], &()).await
    }

    /// The organisation's tokens, newest first.
    pub async fn tokens(&self, page: &PageQuery) -> Result<Page<Token>> {
        self.get(&["tokens"], page).await
    }

    /// Makes a token.
    pub async fn create_token(&self, token: &NewToken) -> Result<TokenWithSecret> {
        self.create(&["tokens"], token).await
    }

    /// Revokes a token, at once; one that is revoked stays so.
    pub async fn revoke_token(&self, id: Uuid) -> Result<()> {
        let request = self.request(Method::DELETE, &["tokens", &id.to_string()]);
        self.send(request, true).await.map(drop)
    }

    /// What was done in the organisation, newest first.
    pub async fn audit(&self, page: &PageQuery) -> Result<Page<AuditEntry>> {
        self.get(&["audit"], page).await
    }

    /// Whether the record of what was done is as it was written.
    pub async fn verify_audit(&self) -> Result<AuditVerification> {
        self.get(&["audit", "verification"], &()).await
    }

    /// The organisation's applications, by name.
    pub async fn apps(&self, page: &PageQuery) -> Result<Page<App>> {
        self.get(&["apps"], page).await
    }

    /// An application.
    pub async fn app(&self, app: &Name) -> Result<App> {
        self.get(&["apps", app.as_str()], &()).await
    }

    /// Makes an application if it is not there.
    pub async fn put_app(&self, app: &Name) -> Result<App> {
        self.put(&["apps", app.as_str()], &serde_json::json!({})).await
    }

    /// An application's environments, by name.
    pub async fn environments(&self, app: &Name, page: &PageQuery) -> Result<Page<Environment>> {
        self.get(&["apps", app.as_str(), "environments"], page).await
    }

    /// An environment.
    pub async fn environment(&self, app: &Name, environment: &Name) -> Result<Environment> {
        self.get(&["apps", app.as_str(), "environments", environment.as_str()], &()).await
    }

    /// Makes an environment if it is not there.
    pub async fn put_environment(&self, app: &Name, environment: &Name, as_: &NewEnvironment) -> Result<Environment> {
        self.put(&["apps", app.as_str(), "environments", environment.as_str()], as_).await
    }

    /// How an environment is.
    pub async fn status(&self, app: &Name, environment: &Name) -> Result<EnvironmentStatus> {
        self.get(&["apps", app.as_str(), "environments", environment.as_str(), "status"], &()).await
    }

    /// An environment's releases, newest first.
    pub async fn releases(&self, app: &Name, environment: &Name, page: &PageQuery) -> Result<Page<Release>> {
        self.get(&["apps", app.as_str(), "environments", environment.as_str(), "releases"], page).await
    }

    /// A release.
    pub async fn release(&self, app: &Name, environment: &Name, number: i64) -> Result<Release> {
        let number = number.to_string();
        self.get(&["apps", app.as_str(), "environments", environment.as_str(), "releases", &number], &()).await
    }

    /// Whether the organisation has a source bundle already, so that it need not be sent.
    pub async fn has_source(&self, digest: &Digest) -> Result<bool> {
        match self.send(self.request(Method::HEAD, &["sources", digest.as_str()]), true).await {
            Ok(_) => Ok(true),
            Err(error) if error.status() == Some(404) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Sends a source bundle of `size` bytes. It is sent once: where it fails, begin the stream anew.
    pub async fn upload_source<S>(&self, digest: &Digest, size: u64, bytes: S) -> Result<Source>
    where
        S: TryStream + Send + 'static,
        S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
        Bytes: From<S::Ok>,
    {
        let request = self
            .http
            .request(Method::PUT, self.url(&["sources", digest.as_str()]))
            .header(CONTENT_TYPE, "application/octet-stream")
            .header("content-length", size)
            .body(Body::wrap_stream(bytes));
        self.json(request, false).await
    }

    /// What a deployment of a source bundle would do. A program with errors is a [`ClientError::Problem`] with `diagnostics`.
    pub async fn plan(&self, app: &Name, environment: &Name, plan: &NewPlan) -> Result<Plan> {
        self.create(&["apps", app.as_str(), "environments", environment.as_str(), "plans"], plan).await
    }

    /// Begins a deployment.
    pub async fn deploy(&self, app: &Name, environment: &Name, deployment: &NewDeployment) -> Result<Deployment> {
        self.create(&["apps", app.as_str(), "environments", environment.as_str(), "deployments"], deployment).await
    }

    /// An environment's deployments, newest first.
    pub async fn deployments(&self, app: &Name, environment: &Name, page: &PageQuery) -> Result<Page<Deployment>> {
        self.get(&["apps", app.as_str(), "environments", environment.as_str(), "deployments"], page).await
    }

    /// A deployment.
    pub async fn deployment(&self, id: Uuid) -> Result<Deployment> {
        self.get(&["deployments", &id.to_string()], &()).await
    }

    /// The changes of a deployment's state, oldest first.
    pub async fn steps(&self, id: Uuid) -> Result<Page<Step>> {
        self.get(&["deployments", &id.to_string(), "steps"], &()).await
    }

    /// Says yes to the plan of a deployment that waits for it.
    pub async fn approve(&self, id: Uuid, approval: &Approval) -> Result<Deployment> {
        self.create(&["deployments", &id.to_string(), "approve"], approval).await
    }

    /// Wishes a deployment to end; with `version`, only if it still stands where the caller saw it.
    pub async fn cancel(&self, id: Uuid, version: Option<i64>, why: &Cancellation) -> Result<Deployment> {
        let mut request = self
            .request(Method::POST, &["deployments", &id.to_string(), "cancel"])
            .header(super::IDEMPOTENCY_KEY, Uuid::now_v7().to_string())
            .json(why);
        if let Some(version) = version {
            request = request.header(IF_MATCH, format!("\"{version}\""));
        }
        self.json(request, true).await
    }

    /// What happens in a deployment, from its beginning or after the event `last`, to its end.
    #[must_use]
    pub fn events(&self, id: Uuid, last: Option<i64>) -> Follow<DeploymentEvent> {
        self.follow(self.url(&["deployments", &id.to_string(), "events"]), last.map(|id| id.to_string()))
    }

    /// The lines of all builds and jobs of a deployment, from the first or after the one with the id `last`, to its end.
    #[must_use]
    pub fn deployment_logs(&self, id: Uuid, last: Option<String>) -> Follow<LogLine> {
        self.follow(self.url(&["deployments", &id.to_string(), "logs"]), last)
    }

    /// Lines of running containers. Where the connection breaks, those that were written meanwhile are sent, too.
    pub fn logs(&self, app: &Name, environment: &Name, query: &LogQuery) -> Result<Follow<LogLine>> {
        let url = self.url(&["apps", app.as_str(), "environments", environment.as_str(), "logs"]);
        let request =
            self.http.request(Method::GET, url).query(query).build().map_err(|error| self.unreachable(error))?;
        Ok(self.follow(request.url().clone(), None))
    }

    /// The newest version of each of an environment's secrets, by name.
    pub async fn secrets(&self, app: &Name, environment: &Name, page: &PageQuery) -> Result<Page<Secret>> {
        self.get(&["apps", app.as_str(), "environments", environment.as_str(), "secrets"], page).await
    }

    /// The versions of a secret, newest first; none where there is no such secret.
    pub async fn secret_versions(
        &self,
        app: &Name,
        environment: &Name,
        query: &SecretVersionsQuery,
    ) -> Result<Page<Secret>> {
        self.get(&["apps", app.as_str(), "environments", environment.as_str(), "secrets", "versions"], query).await
    }

    /// The values that an environment's params were given, newest first.
    pub async fn params(&self, app: &Name, environment: &Name, page: &PageQuery) -> Result<Page<Params>> {
        self.get(&["apps", app.as_str(), "environments", environment.as_str(), "params"], page).await
    }

    /// Sets a secret.
    pub async fn set_secret(&self, app: &Name, environment: &Name, secret: &NewSecret) -> Result<Secret> {
        self.create(&["apps", app.as_str(), "environments", environment.as_str(), "secrets"], secret).await
    }

    /// Gives a generated secret a new value.
    pub async fn rotate_secret(&self, app: &Name, environment: &Name, secret: &SecretRotation) -> Result<Secret> {
        self.create(&["apps", app.as_str(), "environments", environment.as_str(), "secrets", "rotate"], secret).await
    }

    /// Runs a component to its end.
    pub async fn run(&self, app: &Name, environment: &Name, run: &NewRun) -> Result<Job> {
        self.create(&["apps", app.as_str(), "environments", environment.as_str(), "runs"], run).await
    }

    /// Takes an environment down.
    pub async fn down(&self, app: &Name, environment: &Name, down: &NewDown) -> Result<Job> {
        self.create(&["apps", app.as_str(), "environments", environment.as_str(), "down"], down).await
    }

    /// The copies of an environment's databases, newest first.
    pub async fn backups(&self, app: &Name, environment: &Name, page: &PageQuery) -> Result<Page<Backup>> {
        self.get(&["apps", app.as_str(), "environments", environment.as_str(), "backups"], page).await
    }

    /// Makes a copy of a database's data.
    pub async fn create_backup(&self, app: &Name, environment: &Name, backup: &NewBackup) -> Result<Job> {
        self.create(&["apps", app.as_str(), "environments", environment.as_str(), "backups"], backup).await
    }

    /// Brings a copy back; the data of now are lost.
    pub async fn restore_backup(&self, app: &Name, environment: &Name, id: Uuid) -> Result<Job> {
        let id = id.to_string();
        let path = ["apps", app.as_str(), "environments", environment.as_str(), "backups", &id, "restore"];
        self.create(&path, &serde_json::json!({})).await
    }

    /// A job.
    pub async fn job(&self, id: Uuid) -> Result<Job> {
        self.get(&["jobs", &id.to_string()], &()).await
    }

    /// Wishes a job to end that is no part of a deployment.
    pub async fn cancel_job(&self, id: Uuid) -> Result<Job> {
        self.create(&["jobs", &id.to_string(), "cancel"], &serde_json::json!({})).await
    }

    /// The lines of a job, from the first or after the one with the id `last`, to its end.
    #[must_use]
    pub fn job_logs(&self, id: Uuid, last: Option<String>) -> Follow<LogLine> {
        self.follow(self.url(&["jobs", &id.to_string(), "logs"]), last)
    }

    /// Starts a command in a running container.
    pub async fn exec(&self, app: &Name, environment: &Name, exec: &NewExec) -> Result<ExecSession> {
        let url = self.url(&["apps", app.as_str(), "environments", environment.as_str(), "exec"]);
        let request =
            self.http.request(Method::POST, url).header(CONNECTION, "upgrade").header(UPGRADE, PROTOCOL).json(exec);
        let answer = self.send(request, false).await?;
        let status = answer.status().as_u16();
        if status != 101 {
            return Err(ClientError::Answer { status, reason: String::from("it did not switch protocols") });
        }
        Ok(ExecSession::new(answer.upgrade().await.map_err(|source| self.unreachable(source))?))
    }
}
