//! The law of a job's row: under any order of what workers, the reaper and users do, it goes through the states as the model
//! says, and whoever is too late changes nothing.

use std::time::Duration;

use helios::store::Store;
use helios::store::jobs::held::{self, Claim, Held, Renewal, Retried};
use helios::store::jobs::{self, End, overdue};
use helios::store::logs::{self, Line};
use helios_client::JobState;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use uuid::Uuid;

use crate::support::Database;
use crate::support::world::{TIMING, new_job, organisation};

const LEASE: Duration = Duration::from_secs(600);
const WORKERS: usize = 3;

/// What may happen. Workers write with the last fence they had, however old.
#[derive(Debug, Clone)]
enum Step {
    /// A worker gets the message that was sent so many before the last one.
    Deliver {
        worker: usize,
        age: u32,
    },
    Renew {
        worker: usize,
    },
    Write {
        worker: usize,
        lines: usize,
    },
    Done {
        worker: usize,
    },
    Dead {
        worker: usize,
    },
    Cancelled {
        worker: usize,
    },
    Retry {
        worker: usize,
    },
    Release {
        worker: usize,
    },
    /// A user asks for the end.
    Cancel,
    /// The lease runs out, as far as it is held.
    Expire,
    /// The deadline passes.
    Deadline,
    Reap,
    /// The bus has lost everything.
    Wipe,
}

fn step() -> impl Strategy<Value = Step> {
    let worker = || 0..WORKERS;
    prop_oneof![
        6 => (worker(), 0..2_u32).prop_map(|(worker, age)| Step::Deliver { worker, age }),
        2 => worker().prop_map(|worker| Step::Renew { worker }),
        3 => (worker(), 1..4_usize).prop_map(|(worker, lines)| Step::Write { worker, lines }),
        1 => worker().prop_map(|worker| Step::Done { worker }),
        1 => worker().prop_map(|worker| Step::Dead { worker }),
        1 => worker().prop_map(|worker| Step::Cancelled { worker }),
        3 => worker().prop_map(|worker| Step::Retry { worker }),
        2 => worker().prop_map(|worker| Step::Release { worker }),
        1 => Just(Step::Cancel),
        3 => Just(Step::Expire),
        1 => Just(Step::Deadline),
        4 => Just(Step::Reap),
        2 => Just(Step::Wipe),
    ]
}

/// The job as it must be.
#[derive(Debug, Clone, PartialEq)]
struct Model {
    state: JobState,
    attempt: i32,
    sent: i32,
    fence: i64,
    cancel: bool,
    late: bool,
    expired: bool,
    lines: i64,
}

const MOST: i32 = 7;

impl Model {
    const fn new() -> Self {
        let state = JobState::Queued;
        Self { state, attempt: 0, sent: 1, fence: 0, cancel: false, late: false, expired: false, lines: 0 }
    }

    fn holds(&self, fence: i64) -> bool {
        self.state == JobState::Running && self.fence == fence
    }

    /// Back to the queue for another message, or to an end.
    fn again(&mut self) {
        if self.attempt >= MOST {
            self.state = JobState::Dead;
        } else {
            (self.state, self.sent) = (JobState::Queued, self.sent + 1);
        }
    }
}

/// A job in the database with its model, and what each worker believes.
struct Run<'a> {
    store: &'a Store,
    org: Uuid,
    job: Uuid,
    model: Model,
    fences: [i64; WORKERS],
}

impl Run<'_> {
    async fn take(&mut self, step: &Step) {
        let (store, job) = (self.store, self.job);
        let model = &mut self.model;
        match *step {
            Step::Deliver { worker, age } => {
                let message = u32::try_from(model.sent).unwrap().saturating_sub(age);
                let claim = held::claim(store, job, message, "worker", LEASE).await.unwrap();
                if model.state.is_terminal() || message < u32::try_from(model.sent).unwrap() {
                    assert!(matches!(claim, Claim::Over), "{claim:?}");
                } else if model.state == JobState::Running {
                    assert!(matches!(claim, Claim::Elsewhere), "{claim:?}");
                } else if model.cancel || model.late {
                    assert!(matches!(claim, Claim::Over), "{claim:?}");
                    model.state = if model.cancel { JobState::Cancelled } else { JobState::Failed };
                } else {
                    let Claim::Taken(Held { fence, attempt, .. }) = claim else { panic!("{claim:?}") };
                    *model = Model {
                        state: JobState::Running,
                        attempt: model.attempt + 1,
                        fence: model.fence + 1,
                        expired: false,
                        ..model.clone()
                    };
                    assert_eq!((fence, i32::try_from(attempt).unwrap()), (model.fence, model.attempt));
                    self.fences[worker] = fence;
                }
            }
            Step::Renew { worker } => {
                let renewal = held::renew(store, job, self.fences[worker], LEASE).await.unwrap();
                let expected = match (model.holds(self.fences[worker]), model.cancel) {
                    (false, _) => Renewal::Lost,
                    (true, true) => Renewal::Cancelled,
                    (true, false) => Renewal::Held,
                };
                assert_eq!(renewal, expected);
                model.expired &= expected == Renewal::Lost;
            }
            Step::Write { worker, lines } => {
                let fence = self.fences[worker];
                let first = logs::last(store, job).await.unwrap() + 1;
                let at = chrono::Utc::now();
                let lines: Vec<Line> =
                    (first..).take(lines).map(|seq| Line { seq, node: None, line: fence.to_string(), at }).collect();
                let holds = model.holds(fence);
                // Twice: it was not known whether the first one came through.
                for _ in 0..2 {
                    assert_eq!(logs::append(store, self.org, job, fence, &lines).await.unwrap(), holds);
                }
                model.lines += if holds { lines.len() as i64 } else { 0 };
            }
            Step::Done { worker } => self.finish(worker, End::Done(1.into()), JobState::Done).await,
            Step::Dead { worker } => self.finish(worker, End::Dead("why".to_owned()), JobState::Dead).await,
            Step::Cancelled { worker } => self.finish(worker, End::Cancelled, JobState::Cancelled).await,
            Step::Retry { worker } => {
                let fence = self.fences[worker];
                let retried = held::retry(store, job, fence, "why", Duration::ZERO).await.unwrap();
                if model.holds(fence) {
                    model.again();
                    let dead = model.state == JobState::Dead;
                    assert_eq!(retried, if dead { Retried::Dead } else { Retried::Queued });
                } else {
                    assert_eq!(retried, Retried::Lost);
                }
            }
            Step::Release { worker } => {
                let fence = self.fences[worker];
                assert_eq!(held::release(store, job, fence).await.unwrap(), model.holds(fence));
                if model.holds(fence) {
                    (model.state, model.attempt) = (JobState::Queued, model.attempt - 1);
                }
            }
            Step::Cancel => {
                let mut tx = store.system().await.unwrap();
                let asked = jobs::cancel(&mut tx, self.org, job).await.unwrap();
                tx.commit().await.unwrap();
                assert_eq!(asked, !model.state.is_terminal());
                model.cancel |= asked;
                if asked && model.fence == 0 {
                    model.state = JobState::Cancelled;
                }
            }
            Step::Expire => {
                self.set("lease_until = now()").await;
                self.model.expired = true;
            }
            Step::Deadline => {
                self.set("deadline = now()").await;
                self.model.late = true;
            }
            Step::Reap => {
                overdue::reap(store).await.unwrap();
                let expired = model.state == JobState::Running && model.expired;
                if expired || model.state == JobState::Queued && (model.cancel || model.late) {
                    match (model.cancel, model.late) {
                        (true, _) => model.state = JobState::Cancelled,
                        (_, true) => model.state = JobState::Failed,
                        _ => model.again(),
                    }
                }
            }
            Step::Wipe => {
                sqlx::query("UPDATE outbox SET published_at = now() - interval '1 s' WHERE published_at IS NULL")
                    .execute(store.pool())
                    .await
                    .unwrap();
                let sent = overdue::send_lost(store, Some(chrono::Utc::now()), TIMING.lease).await.unwrap();
                let lost = model.state == JobState::Queued;
                assert_eq!(sent, u64::from(lost));
                model.sent += i32::from(lost);
            }
        }
        self.compare().await;
    }

    async fn finish(&mut self, worker: usize, how: End, state: JobState) {
        let fence = self.fences[worker];
        let holds = self.model.holds(fence);
        assert_eq!(held::finish(self.store, self.job, fence, how).await.unwrap(), holds);
        if holds {
            self.model.state = state;
        }
    }

    async fn set(&self, what: &'static str) {
        let update =
            sqlx::AssertSqlSafe(format!("UPDATE jobs SET {what} WHERE id = $1 AND state IN ('queued', 'running')"));
        sqlx::query(update).bind(self.job).execute(self.store.pool()).await.unwrap();
    }

    async fn compare(&self) {
        let (state, attempt, sent, fence, lines, messages, letters): (String, i32, i32, i64, i64, i64, i64) =
            sqlx::query_as(
                "SELECT state, attempt, sent, fence, (SELECT count(*) FROM log_lines WHERE job_id = jobs.id), \
             (SELECT count(DISTINCT message_id) FROM outbox WHERE message_id LIKE jobs.id || ':%'), \
             (SELECT count(*) FROM dead_letters WHERE job_id = jobs.id) FROM jobs WHERE id = $1",
            )
            .bind(self.job)
            .fetch_one(self.store.pool())
            .await
            .unwrap();
        let model = &self.model;
        assert_eq!(
            (JobState::try_from(state).unwrap(), attempt, sent, fence, lines),
            (model.state, model.attempt, model.sent, model.fence, model.lines)
        );
        assert_eq!(messages, i64::from(sent), "each time it was sent there is a message of its own");
        assert_eq!(letters, i64::from(model.state == JobState::Dead));
    }
}

#[test]
fn a_job_goes_through_its_states_as_the_model_says() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let database = runtime.block_on(Database::new());
    let store = runtime.block_on(database.store());
    let org = runtime.block_on(organisation(&store));
    let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let result = runner.run(&prop::collection::vec(step(), 1..40), |steps| {
        runtime.block_on(async {
            // Those of earlier cases, which may have failed.
            sqlx::query("UPDATE jobs SET state = 'done'").execute(store.pool()).await.unwrap();
            let mut tx = store.system().await.unwrap();
            let new = new_job(org, serde_json::json!({}), Duration::from_secs(600));
            let job = jobs::create(&mut tx, &new).await.unwrap().unwrap();
            tx.commit().await.unwrap();
            let mut run = Run { store: &store, org, job, model: Model::new(), fences: [0; WORKERS] };
            for step in &steps {
                run.take(step).await;
            }
        });
        Ok(())
    });
    result.unwrap();
}
