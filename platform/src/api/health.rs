//! Whether the process lives, whether it can do its work, and what it has measured. No token is needed: nothing here tells of an
//! organisation.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;
use http::StatusCode;
use http::header::CONTENT_TYPE;

use super::Api;
use super::refusal::Answer;
use crate::store::Store;
use crate::store::measures;

/// How long each part has to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// The age of the oldest message that waits to be published, above which the process is not ready.
const OUTBOX_AGE: f64 = 30.0;

type Check = Box<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// What must be so for the process to do its work.
#[derive(Default)]
pub struct Readiness {
    checks: Vec<(&'static str, Check)>,
}

impl Readiness {
    /// What every process needs: a database that answers, with this program's tables, and messages that get out.
    #[must_use]
    pub fn of_store(store: &Store) -> Self {
        let (answers, migrated, outbox) = (store.clone(), store.clone(), store.clone());
        Self::default()
            .and("postgres", move || {
                let store = answers.clone();
                Box::pin(async move { measures::answers(&store).await.map_err(|error| error.to_string()) })
            })
            .and("migrations", move || {
                let store = migrated.clone();
                Box::pin(async move {
                    match measures::unapplied(&store).await {
                        Ok(0) => Ok(()),
                        Ok(count) => Err(format!("{count} migrations have not been applied")),
                        Err(error) => Err(error.to_string()),
                    }
                })
            })
            .and("outbox", move || {
                let store = outbox.clone();
                Box::pin(async move {
                    match measures::outbox_age(&store).await {
                        Ok(age) if age <= OUTBOX_AGE => Ok(()),
                        Ok(age) => Err(format!("a message has been waiting to be published for {age:.0} s")),
                        Err(error) => Err(error.to_string()),
                    }
                })
            })
    }

    /// The same, and one thing more.
    #[must_use]
    pub fn and(
        mut self,
        name: &'static str,
        check: impl Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync + 'static,
    ) -> Self {
        self.checks.push((name, Box::new(check)));
        self
    }

    async fn ask(&self) -> BTreeMap<&'static str, String> {
        let asked = self.checks.iter().map(async |(name, check)| {
            let answer = tokio::time::timeout(PATIENCE, check()).await;
            let answer = answer.unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())));
            (*name, answer.err().unwrap_or_else(|| String::from("ok")))
        });
        futures::future::join_all(asked).await.into_iter().collect()
    }
}

/// The process lives.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// The process can do its work; if not, 503. Either way with a line for each part.
pub(super) async fn readyz(State(api): State<Api>) -> Response {
    let parts = api.readiness.ask().await;
    let ready = !api.shutdown.is_cancelled() && parts.values().all(|answer| answer == "ok");
    let lines: String = parts.iter().map(|(name, answer)| format!("{name}: {answer}\n")).collect();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, lines).into_response()
}

/// What was measured, for Prometheus (OpenMetrics 1.0).
pub(super) async fn metrics(State(api): State<Api>) -> Answer<Response> {
    let text = api.metrics.write(measures::all(&api.store).await?);
    Ok(([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response())
}
