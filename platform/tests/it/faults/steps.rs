//! Whatever is killed at whatever step of a deployment: it comes to the end that it should, and what runs is what it says.
//!
//! One application for each step. Their deployments go on at the same time until each stands at its step, held there by triggers
//! in the database. Then something is killed, and all are let go on.

use std::collections::BTreeMap;
use std::time::Duration;

use helios::domain::job::Phase;
use helios::engine::Engine;
use helios::roles::serve::Role;
use helios::store::deployments::{self, Answer};
use helios_client::DeploymentState;
use tokio::time::Instant;
use uuid::Uuid;

use super::platform::{Platform, ROLES};
use crate::support::engine::OwnEngine;
use DeploymentState::{
    AwaitingApproval, Building, Cancelled, Cancelling, Checking, CleaningUp, Draining, Failed, Live, Planning, Queued,
    Releasing, RolledBack, RollingBack, Shifting, Starting, Superseded, Verifying,
};

/// How long a test waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a build says.
const BUILD_LINES: [&str; 3] = ["fetching nothing", "compiling nothing", "linking nothing"];

/// Keeps deployments where they are; the jobs of that step from ending where they have to have begun, from being sent where not.
const HOLD: &str = r"
CREATE TABLE held (deployment uuid PRIMARY KEY, state text NOT NULL, begun boolean NOT NULL);
GRANT INSERT ON held TO helios_tenant;
CREATE FUNCTION hold_deployment() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.state <> OLD.state AND EXISTS (SELECT FROM public.held WHERE deployment = OLD.id AND state = OLD.state) THEN
    RAISE EXCEPTION 'the test holds it';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION hold_job() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.state NOT IN ('queued', 'running')
    AND EXISTS (SELECT FROM public.held WHERE deployment = OLD.deployment_id AND state = OLD.stage AND begun) THEN
    RAISE EXCEPTION 'the test holds it';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION hold_message() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS (SELECT FROM public.held JOIN public.jobs ON deployment_id = deployment AND stage = held.state AND NOT begun
    WHERE NEW.message_id LIKE jobs.id || ':%') THEN
    NEW.due_at := 'infinity';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER hold BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION hold_message();
CREATE TRIGGER hold BEFORE UPDATE ON deployments FOR EACH ROW EXECUTE FUNCTION hold_deployment();
CREATE TRIGGER hold BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION hold_job();
";

/// When things are broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// The work of each step is done or under way, and nobody has heard of its end.
    BeforeItsEnd,
    /// The work of all steps began so long ago.
    After(Duration),
}

/// A step, and the application whose deployments are held at it.
pub(super) struct Case {
    step: DeploymentState,
    app: String,
    place: Uuid,
    /// What is live now.
    live: Option<String>,
}

/// A service that says its version, takes some time to begin and some to end.
fn web(app: &str, version: &str, source: &str, fields: &str, health: &str) -> String {
    format!(
        r#"app {app} {{}}
service web {{
  {source}
  command: ["sh", "-c", "mkdir /tmp/www; echo {version} > /tmp/www/index.html; trap 'sleep 0.3; exit' TERM; sleep 0.2; httpd -f -p 8000 -h /tmp/www & wait"]
  ports: {{ http: 8000 }}
  health: http(path: "{health}", every: 300ms, timeout: 1s, retries: 1)
  stop_grace: 2s
  {fields}
}}
route site {{ host: "{app}.localhost", to: web.http, tls: off }}
"#
    )
}

const IMAGE: &str = r#"image: "busybox:1""#;
const START_FIRST: &str = "update: { monitor: 300ms }";

/// Something that only runs when it is asked to.
fn idle(app: &str, version: &str) -> String {
    format!("app {app} {{}}\njob report {{ image: \"busybox:1\", command: [\"echo\", \"{version}\"] }}\n")
}

fn job(command: &str) -> String {
    format!(r#"job prepare {{ on: release, image: "busybox:1", command: ["sh", "-c", "{command}"], stop_grace: 1s }}"#)
}

/// The files of a deployment that comes to this step and is held there, and its end once it is let go. None for ends: nothing
/// happens there that could be broken off. A new step has to be given a way here.
fn way(step: DeploymentState, app: &str, version: &str) -> Option<(Vec<(&'static str, String)>, DeploymentState)> {
    let good = web(app, version, IMAGE, START_FIRST, "/");
    let (program, end) = match step {
        Queued | Checking | Planning => (idle(app, version), Live),
        Starting | Verifying | Shifting | Draining => (good, Live),
        AwaitingApproval => (format!("{good}volume data_{version} {{}}\n"), Live),
        Building => (web(app, version, r#"build: { context: "." }"#, START_FIRST, "/"), Live),
        Releasing => (good + &job("sleep 0.5"), Live),
        Cancelling => (good + &job("sleep 1000"), Cancelled),
        CleaningUp => (web(app, version, IMAGE, START_FIRST, "/missing"), Failed),
        // There cannot be two at a time, so that it is found only when the old one is gone.
        RollingBack => (web(app, version, IMAGE, "update: { order: stop_first }", "/missing"), RolledBack),
        Live | Cancelled | RolledBack | Failed | Superseded => return None,
    };
    let run: String = BUILD_LINES.iter().map(|line| format!("echo {line} of {version}; sleep 0.3; ")).collect();
    Some((vec![("app.oal", program), ("Dockerfile", format!("FROM busybox:1\nRUN {run}true\n"))], end))
}

/// Whether a case's program has something that runs all the time. Where no container is needed the test is spared their time.
fn serves(step: DeploymentState) -> bool {
    !matches!(step, Queued | Checking | Planning)
}

/// What is live of a case before anything is broken.
fn before(step: DeploymentState, app: &str) -> Option<Vec<(&'static str, String)>> {
    let good = |fields| vec![("app.oal", web(app, "before", IMAGE, fields, "/"))];
    match step {
        step if !serves(step) => Some(vec![("app.oal", idle(app, "before"))]),
        AwaitingApproval => Some(way(step, app, "before")?.0),
        RollingBack => Some(good("update: { order: stop_first }")),
        _ => Some(good(START_FIRST)),
    }
}

/// Whether jobs are what a step is made of.
fn has_jobs(step: DeploymentState) -> bool {
    matches!(step, Checking | Building) || Phase::of(step).is_some()
}

impl Platform {
    /// An application for each of these steps, with what runs before; nothing does at the step `empty`.
    pub(super) async fn cases(
        &self,
        steps: impl IntoIterator<Item = DeploymentState>,
        empty: Option<DeploymentState>,
    ) -> Vec<Case> {
        sqlx::raw_sql(HOLD).execute(self.store.pool()).await.unwrap();
        let (mut cases, mut first) = (Vec::new(), Vec::new());
        for step in steps {
            let app = step.name().replace('_', "");
            let place = self.add(&app).await;
            let files = before(step, &app).filter(|_| empty != Some(step));
            if let Some(files) = &files {
                first.push((self.request(place, files, None).await, Live));
            }
            cases.push(Case { step, app, place, live: files.map(|_| "before".to_owned()) });
        }
        self.all_end(first).await;
        cases
    }

    /// Asks for a deployment that is to be held at a step.
    async fn request(
        &self,
        place: Uuid,
        files: &[(&'static str, String)],
        at: Option<(DeploymentState, Moment)>,
    ) -> Uuid {
        let mut tx = self.store.tenant(self.org).await.unwrap();
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, &**text)).collect();
        let id = self.ask_for(&mut tx, place, &files).await;
        if let Some((step, moment)) = at {
            let insert = "INSERT INTO held (deployment, state, begun) VALUES ($1, $2, $3)";
            let insert = sqlx::query(insert).bind(id).bind(step.name()).bind(moment == Moment::BeforeItsEnd);
            insert.execute(&mut *tx).await.unwrap();
        }
        tx.commit().await.unwrap();
        id
    }

    async fn is_at(&self, id: Uuid, step: DeploymentState, moment: Moment) -> bool {
        let found = self.deployment(id).await;
        assert!(!found.state.is_terminal(), "{} became {:?} before {step:?}", found.app, found.state);
        let jobs = "SELECT count(*), count(*) FILTER (WHERE state = 'running') FROM jobs WHERE deployment_id = $1 AND stage = $2";
        let jobs = sqlx::query_as(jobs).bind(id).bind(found.state.name()).fetch_one(self.store.pool());
        let (all, running): (i64, i64) = jobs.await.unwrap();
        if step == Cancelling && found.state == Releasing && running > 0 {
            let mut tx = self.store.tenant(self.org).await.unwrap();
            assert_eq!(deployments::cancel(&mut tx, self.org, id, "a test").await.unwrap(), Answer::Granted);
            tx.commit().await.unwrap();
        }
        let begun = if moment == Moment::BeforeItsEnd { running } else { all };
        found.state == step && (begun > 0 || !has_jobs(step))
    }

    async fn until(&self, what: &str, mut is_so: impl AsyncFnMut(&Self) -> Result<(), String>) {
        let deadline = Instant::now() + PATIENCE;
        while let Err(why) = is_so(self).await {
            assert!(Instant::now() < deadline, "{what}: {why}\n{}", self.logs());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn all_end(&self, expected: Vec<(Uuid, DeploymentState)>) {
        for (id, end) in expected {
            let ended = async |platform: &Self| match platform.deployment(id).await {
                found if found.state.is_terminal() => Ok(()),
                found => Err(format!("{} is {:?}", found.app, found.state)),
            };
            self.until("a deployment comes to no end", ended).await;
            let found = self.deployment(id).await;
            let why = found.failure.map(|failure| failure.message);
            assert_eq!(found.state, end, "{}: {why:?}\n{}", found.app, self.logs());
        }
    }

    /// Brings deployments of all cases to their steps, does `fault`, lets them go on, and looks at what has come of it.
    pub(super) async fn broken(
        &mut self,
        cases: &mut [Case],
        version: &str,
        moment: Moment,
        fault: impl AsyncFnOnce(&mut Self),
    ) {
        let mut under_way = Vec::new();
        for case in &*cases {
            let (files, end) = way(case.step, &case.app, version).unwrap();
            under_way.push((self.request(case.place, &files, Some((case.step, moment))).await, end));
        }
        let held = async |platform: &Self| {
            for (case, (id, _)) in cases.iter().zip(&under_way) {
                if !platform.is_at(*id, case.step, moment).await {
                    return Err(case.step.name().to_owned());
                }
            }
            Ok(())
        };
        self.until("a deployment never comes to its step", held).await;
        if let Moment::After(time) = moment {
            self.let_go().await;
            tokio::time::sleep(time).await;
            let running = "SELECT count(*) FROM jobs WHERE state = 'running'";
            let running: i64 = sqlx::query_scalar(running).fetch_one(self.store.pool()).await.unwrap();
            assert!(running > 0, "nothing is broken off after {time:?}");
        }
        fault(self).await;
        for (case, (id, end)) in cases.iter_mut().zip(&under_way) {
            if case.step == AwaitingApproval {
                let plan = self.deployment(*id).await.plan.unwrap().digest;
                let mut tx = self.store.tenant(self.org).await.unwrap();
                let answer = deployments::approve(&mut tx, self.org, *id, &plan, Uuid::now_v7()).await.unwrap();
                assert_eq!(answer, Answer::Granted);
                tx.commit().await.unwrap();
            }
            if *end == Live {
                case.live = Some(version.to_owned());
            }
        }
        self.let_go().await;
        self.all_end(under_way.clone()).await;
        self.nothing_is_left_over(cases, version).await;
        for (case, (id, _)) in cases.iter().zip(&under_way) {
            if case.step == Building {
                self.build_is_whole(*id, version).await;
            }
        }
    }

    async fn let_go(&self) {
        let let_go =
            "DELETE FROM held; UPDATE outbox SET due_at = now() WHERE due_at = 'infinity'; NOTIFY helios_outbox";
        sqlx::raw_sql(let_go).execute(self.store.pool()).await.unwrap();
    }

    async fn nothing_is_left_over(&self, cases: &[Case], version: &str) {
        let open: i64 = sqlx::query_scalar("SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')")
            .fetch_one(self.store.pool())
            .await
            .unwrap();
        assert_eq!(open, 0, "{version}: jobs that nobody ended");
        let dead: Vec<String> =
            sqlx::query_scalar("SELECT reason FROM dead_letters").fetch_all(self.store.pool()).await.unwrap();
        assert_eq!(dead, Vec::<String>::new(), "{version}");
        let live: Vec<(Uuid, i64)> =
            sqlx::query_as("SELECT e.id, r.number FROM environments e JOIN releases r ON r.id = e.live_release_id")
                .fetch_all(self.store.pool())
                .await
                .unwrap();
        let live: BTreeMap<Uuid, i64> = live.into_iter().collect();
        // What it should be, what the engine has, and what the status says.
        let wanted: Vec<String> = cases
            .iter()
            .filter(|case| case.live.is_some() && serves(case.step))
            .map(|case| format!("{} {} running", case.place, live[&case.place]))
            .collect();
        let format = r#"{{.Label "helios.environment"}} {{.Label "helios.release"}} {{.State}}"#;
        let runs = sorted(self.objects(&["ps", "-a", "--format", format]));
        assert_eq!(runs, sorted(wanted.clone()), "{version}: what runs\n{}", self.logs());
        let status = async |platform: &Self| {
            let said = "SELECT environment_id || ' ' || release_number || ' ' || state FROM instances";
            let said: Vec<String> = sqlx::query_scalar(said).fetch_all(platform.store.pool()).await.unwrap();
            if sorted(said.clone()) == runs { Ok(()) } else { Err(format!("{said:?} instead of {runs:?}")) }
        };
        self.until("the status is not what runs", status).await;
        let of = |case: &&Case| case.live.is_some();
        let networks = self.objects(&["network", "ls", "--format", r#"{{.Label "helios.environment"}}"#]);
        let places = cases.iter().filter(of).map(|case| case.place.to_string());
        assert_eq!(sorted(networks), sorted(places.collect()), "{version}: networks");
        for case in cases {
            if let (Some(version), true) = (&case.live, serves(case.step)) {
                assert_eq!(self.answer(&case.app).await.trim_end(), version, "{}", case.app);
            }
        }
    }

    /// All that a build said is in its log, and nothing of it is left at the engine.
    async fn build_is_whole(&self, deployment: Uuid, version: &str) {
        let lines: Vec<(Uuid, String)> = sqlx::query_as(
            "SELECT j.id, l.line FROM jobs j JOIN log_lines l ON l.job_id = j.id \
             WHERE j.deployment_id = $1 AND j.kind = 'build' ORDER BY l.seq",
        )
        .bind(deployment)
        .fetch_all(self.store.pool())
        .await
        .unwrap();
        let wanted = BUILD_LINES.map(|line| format!("{line} of {version}"));
        // An attempt that was broken off may have said some of it before.
        let whole = lines.windows(wanted.len()).any(|lines| lines.iter().map(|(_, line)| line).eq(&wanted));
        assert!(whole, "{lines:?}");
        let engine = Engine::connect(self.engine()).await.unwrap();
        let (job, _) = &lines[0];
        let left = engine.build_containers(&format!("build-{}-", job.simple())).await.unwrap();
        assert_eq!(left, Vec::<String>::new(), "{version}: containers of builds");
    }
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort_unstable();
    lines
}

/// The steps at which something can be broken off.
pub(super) fn steps() -> impl Iterator<Item = DeploymentState> {
    DeploymentState::ALL.iter().copied().filter(|step| way(*step, "app", "v").is_some())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_may_be_killed_at_every_step() {
    assert_eq!(ROLES.len(), Role::ALL.len(), "all roles are killed");
    assert!(DeploymentState::ALL.iter().all(|state| state.is_terminal() || steps().any(|step| step == *state)));
    let engine = OwnEngine::start(true, &["busybox:1"]);
    let mut platform = Platform::new(&engine.host()).await;
    platform.start_roles();
    let mut cases = platform.cases(steps(), Some(Cancelling)).await;
    let middle = ("middle", "deploy-agent", Moment::After(Duration::from_millis(300)));
    let ends = ROLES.map(|role| (role, role, Moment::BeforeItsEnd));
    for (version, role, moment) in ends.into_iter().chain([middle]) {
        let version = version.replace('-', "_");
        platform.broken(&mut cases, &version, moment, async |platform| platform.restart(role)).await;
    }
}

/// The engine is killed while it does what the steps have asked it for, and comes back.
async fn engine_killed(live_restore: bool, moments: &[u64]) {
    let mut engine = OwnEngine::start(live_restore, &["busybox:1"]);
    let mut platform = Platform::new(&engine.host()).await;
    platform.start_roles();
    // Nowhere is a network removed: killed just then, this engine (20.10) never starts again.
    let with_engine = steps().filter(|step| has_jobs(*step) && *step != Checking);
    let mut cases = platform.cases(with_engine, None).await;
    for after in moments {
        let moment = Moment::After(Duration::from_millis(*after));
        platform.broken(&mut cases, &format!("after_{after}"), moment, async |_| engine.restart()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_may_be_killed_at_every_step() {
    engine_killed(false, &[300, 900]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_leaves_containers_running_may_be_killed_at_every_step() {
    engine_killed(true, &[600]).await;
}
