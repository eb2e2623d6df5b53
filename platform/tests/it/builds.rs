//! Builds on the real engine: what comes of them, what they may not do, and that nothing of them stays behind.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Once;

use chrono::Utc;
use helios::artifacts::Artifacts;
use helios::build::Caps;
use helios::build::docker::marks_of;
use helios::bundle::{self, Limits, Named};
use helios::domain::job::{BuildJob, BuildResult, EnvironmentRef, IrPayload, Want};
use helios::engine::Engine;
use helios::roles::build_worker::BuildWorker;
use helios::roles::worker::{Handler as _, JobContext, JobError, LogEntry};
use helios::store::Store;
use helios_client::{Failure, FailureKind};
use oal_check::{InMemory, Options, Project};
use oal_ir::NodeId;
use tempfile::TempDir;
use tokio::sync::mpsc::UnboundedReceiver;
use uuid::Uuid;

use super::bundle::project;
use super::support::Database;

mod buildkit;
mod caps;
mod images;
mod native;

/// A worker with a database and a directory of its own. What it builds is removed with it.
struct Rig {
    worker: BuildWorker,
    engine: Engine,
    store: Store,
    artifacts: Artifacts,
    org: Uuid,
    data: TempDir,
    _kept: TempDir,
    _database: Database,
}

/// What came of a job.
struct Outcome {
    result: Result<BuildResult, JobError>,
    log: Vec<String>,
}

async fn engine() -> Engine {
    Engine::connect("unix:///var/run/docker.sock").await.expect("these tests need a container engine")
}

impl Rig {
    async fn new() -> Self {
        Self::with(Caps { free: 1, ..Caps::default() }).await
    }

    async fn with(caps: Caps) -> Self {
        let data = tempfile::tempdir().unwrap();
        Self::at(caps, data).await
    }

    async fn with_credentials(directory: &Path) -> Self {
        let (caps, data) = (Caps { free: 1, ..Caps::default() }, tempfile::tempdir().unwrap());
        Self::on(engine().await.with_credentials(directory), caps, data).await
    }

    async fn at(caps: Caps, data: TempDir) -> Self {
        Self::on(engine().await, caps, data).await
    }

    async fn on(engine: Engine, caps: Caps, data: TempDir) -> Self {
        static BASES: Once = Once::new();
        BASES.call_once(|| {
            let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/images/build");
            let made = Command::new(script).arg("busybox:1").output().expect("the script that makes base images");
            assert!(made.status.success(), "no base image: {}", String::from_utf8_lossy(&made.stderr));
        });
        let database = Database::new().await;
        let store = database.store().await;
        let org = Uuid::now_v7();
        let name = format!("org-{}", &org.simple().to_string()[20..]);
        sqlx::query("INSERT INTO orgs (id, name) VALUES ($1, $2)")
            .bind(org)
            .bind(name)
            .execute(store.pool())
            .await
            .unwrap();
        let kept = tempfile::tempdir().unwrap();
        let artifacts = Artifacts::open(kept.path()).unwrap();
        let worker =
            BuildWorker::new(store.clone(), artifacts.clone(), engine.clone(), caps, data.path()).await.unwrap();
        Self { worker, engine, store, artifacts, org, data, _kept: kept, _database: database }
    }

    /// A job for the first component of this program and these files.
    fn job(&self, program: &str, files: &[(&str, &str)]) -> BuildJob {
        let dir = project(files);
        let named = ["web"].into_iter().collect::<Named>();
        let bundle = bundle::pack(dir.path(), &named, &Limits::PROJECT).unwrap();
        self.job_of(program, bundle.path())
    }

    fn job_of(&self, program: &str, bundle: &Path) -> BuildJob {
        let text = format!("app t {{ owner: \"hello@example.com\" }}\n{program}");
        let mut files: InMemory = [("app.oal".to_owned(), text)].into_iter().collect();
        let checked = oal_check::check(&Project::load("app.oal", &mut files), &Options::default());
        let ir = oal_check::lower(&checked, "default").expect(program);
        let (node, component) =
            ir.components.iter().find(|(_, component)| component.spec.workload().is_some()).unwrap();
        let want = match component.spec.workload().unwrap().image {
            None => Want::Build,
            Some(name) => Want::Image { name: name.to_string(), always: false },
        };
        BuildJob {
            environment: EnvironmentRef {
                org: self.org,
                org_name: "test".to_owned(),
                id: Uuid::now_v7(),
                app: "t".to_owned(),
                name: "default".to_owned(),
            },
            node: node.clone(),
            ir: IrPayload::Artifact(self.artifacts.put(&ir.to_canonical().unwrap()).unwrap()),
            source: self.artifacts.put(&std::fs::read(bundle).unwrap()).unwrap(),
            want,
            secrets: BTreeMap::new(),
        }
    }

    fn context(&self) -> (JobContext, UnboundedReceiver<LogEntry>) {
        let deadline = Utc::now() + chrono::Duration::hours(1);
        JobContext::new(Uuid::now_v7(), self.org, None, 1, 1, deadline)
    }

    async fn run(&self, job: BuildJob) -> Outcome {
        let (context, mut lines) = self.context();
        let result = self.worker.handle(job, &context).await;
        self.nothing_left(&context).await;
        let mut log = Vec::new();
        while let Ok(entry) = lines.try_recv() {
            log.push(entry.line);
        }
        Outcome { result, log }
    }

    /// Builds `web` with this recipe.
    async fn build(&self, recipe: &str) -> Outcome {
        self.build_with("", &[("web/Dockerfile", recipe)]).await
    }

    /// Builds `web` with these fields of `build` and these files.
    async fn build_with(&self, fields: &str, files: &[(&str, &str)]) -> Outcome {
        self.run(self.job(&program(fields), files)).await
    }

    async fn nothing_left(&self, context: &JobContext) {
        let left = self.engine.build_containers(&marks_of(context)).await.unwrap();
        assert!(left.is_empty(), "containers of the build are left: {left:?}");
        let left = std::fs::read_dir(self.data.path().join("builds")).unwrap().count();
        assert_eq!(left, 0, "the sources are left on the disk");
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        // With what builds left of their steps.
        let label = format!("label=helios.org={}", self.org);
        let found = Command::new("docker").args(["images", "--all", "--quiet", "--filter", &label]).output();
        let found = found.map(|found| String::from_utf8_lossy(&found.stdout).into_owned()).unwrap_or_default();
        for id in found.lines() {
            let _ = Command::new("docker").args(["rmi", "--force", id]).output();
        }
    }
}

impl Outcome {
    fn image(&self) -> (&str, bool) {
        match &self.result {
            Ok(BuildResult::Image { image, reused, .. }) => (image, *reused),
            other => panic!("{other:?}\n{}", self.log.join("\n")),
        }
    }

    fn failure(&self) -> &Failure {
        match &self.result {
            Ok(BuildResult::Failed(failure)) => failure,
            other => panic!("{other:?}\n{}", self.log.join("\n")),
        }
    }

    fn has_line(&self, text: &str) -> bool {
        self.log.iter().any(|line| line.contains(text))
    }
}

fn program(fields: &str) -> String {
    format!("service web {{ build: {{ context: \"./web\", {fields} }} }}")
}

fn docker(args: &[&str]) -> String {
    let output = Command::new("docker").args(args).output().unwrap();
    assert!(output.status.success(), "docker {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn field(failure: &Failure) -> &str {
    failure.field.as_ref().map_or("", |field| field.as_str())
}

#[tokio::test]
async fn the_same_is_built_once() {
    let rig = Rig::new().await;
    let recipe =
        "FROM busybox:1\nARG GREETING=hi\nCOPY . /srv\nRUN echo made with $GREETING\nCMD [\"true\"]\n".to_owned();
    let files =
        |text| [("web/Dockerfile", &*recipe.clone().leak()), ("web/page", text), ("web/.dockerignore", "notes")];
    let first = rig.build_with("args: { GREETING: \"hello\" }", &files("one")).await;
    let (image, reused) = first.image();
    assert!(!reused && image.starts_with("sha256:"));
    // The steps are those of the recipe, whatever the platform has added.
    let steps: Vec<_> = first.log.iter().filter_map(|line| line.strip_prefix("Step ")).collect();
    let expected = [
        "1/5 : FROM busybox:1",
        "2/5 : ARG GREETING=hi",
        "3/5 : COPY . /srv",
        "4/5 : RUN echo made with $GREETING",
        "5/5 : CMD [\"true\"]",
    ];
    assert_eq!(steps, expected);
    assert!(first.has_line("made with hello") && !first.has_line("helios"), "{:?}", first.log);
    let facts = rig.engine.image(image).await.unwrap().unwrap();
    assert_eq!(facts.labels["helios.org"], rig.org.to_string());
    assert_eq!(facts.labels["helios.app"], "t");
    assert!(facts.labels["helios.build-key"].starts_with("sha256:"));

    let again = rig.build_with("args: { GREETING: \"hello\" }", &files("one")).await;
    assert_eq!(again.image(), (image, true));
    let mut ignored = files("one").to_vec();
    ignored.push(("web/notes", "what the builder never sees"));
    ignored.push(("other", "nor this"));
    assert_eq!(rig.build_with("args: { GREETING: \"hello\" }", &ignored).await.image(), (image, true));

    for (fields, text) in [("args: { GREETING: \"hello\" }", "two"), ("", "one"), ("network: false", "one")] {
        let other = rig.build_with(fields, &files(text)).await;
        assert!(!other.image().1, "{fields} {text}");
    }
    // An image that somebody has removed is built again.
    docker(&["rmi", "--force", image]);
    assert!(!rig.build_with("args: { GREETING: \"hello\" }", &files("one")).await.image().1);
}

#[tokio::test]
async fn a_key_is_built_by_one_at_a_time() {
    let rig = Rig::new().await;
    let recipe = "FROM busybox:1\nRUN sleep 1\n".to_owned();
    let job = || rig.job(&program(""), &[("web/Dockerfile", &recipe)]);
    let (one, two, three) = tokio::join!(rig.worker_run(job()), rig.worker_run(job()), rig.worker_run(job()));
    let mut reused = [one.image().1, two.image().1, three.image().1];
    reused.sort_unstable();
    assert_eq!(reused, [false, true, true]);
    assert_eq!(one.image().0, two.image().0);
}

impl Rig {
    /// Without a look at what is left: others run at the same time.
    async fn worker_run(&self, job: BuildJob) -> Outcome {
        let (context, _lines) = self.context();
        Outcome { result: self.worker.handle(job, &context).await, log: Vec::new() }
    }
}

#[tokio::test]
async fn a_step_that_fails_is_shown() {
    let rig = Rig::new().await;
    let outcome = rig.build("FROM busybox:1\nRUN echo before\nRUN echo the reason >&2; exit 3\n").await;
    let failure = outcome.failure();
    assert_eq!((failure.kind, field(failure)), (FailureKind::BuildStep, "/build"));
    assert_eq!(failure.message, "the step `RUN echo the reason >&2; exit 3` ended with exit code 3");
    assert_eq!(failure.node, Some("service/web".parse::<NodeId>().unwrap()));
    assert!(failure.log_tail.iter().any(|line| line == "the reason"), "{:?}", failure.log_tail);

    // What is left of it can be found, to be removed in its time.
    let left = rig.engine.images_with(&format!("helios.org={}", rig.org)).await.unwrap();
    assert!(left.len() == 1 && left[0].tags.is_empty(), "{left:?}");

    let outcome = rig.build("FROM busybox:1\nCOPY missing /x\n").await;
    assert_eq!(outcome.failure().kind, FailureKind::BuildStep);
    assert!(outcome.failure().help.as_ref().unwrap().contains(".gitignore"), "{:?}", outcome.failure());
    let outcome = rig.build("FROM busybox:1\n\nFROM busybox:1\nFETCH x\n").await;
    assert!(outcome.failure().message.contains("parse error line 4: unknown instruction"), "{:?}", outcome.failure());
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let rig = Rig::new().await;
    let outcome = rig.build_with("", &[("other", "")]).await;
    assert_eq!(field(outcome.failure()), "/build/context");
    let outcome = rig.build_with("dockerfile: \"sub/Recipe\"", &[("web/x", "")]).await;
    assert_eq!(field(outcome.failure()), "/build/dockerfile");
    assert_eq!(outcome.failure().message, "there is no `sub/Recipe` in `web`");
    let outcome = rig.build("FROM 127.0.0.1:1/base:1\nRUN true\n").await;
    assert_eq!((outcome.failure().kind, field(outcome.failure())), (FailureKind::ImagePull, "/build"));
    assert!(outcome.failure().message.contains("127.0.0.1:1/base:1"), "{:?}", outcome.failure());
}

#[tokio::test]
async fn what_the_builder_cannot_do_is_refused() {
    let rig = Rig::new().await;
    let recipe = "FROM busybox:1\nRUN true\n".to_owned();
    let files = [("web/Dockerfile", &*recipe), ("more/x", "")];
    let cases = [
        ("platforms: [\"linux/s390x\"]", "/build/platforms"),
        ("labels: { \"helios.org\": \"another\" }", "/build/labels"),
        ("tags: [\"postgres:16\"]", "/build/tags"),
    ];
    for (fields, place) in cases {
        let program = format!("secret key {{ generate: 32 }}\n{}", program(fields));
        let outcome = rig.run(rig.job(&program, &files)).await;
        let failure = outcome.failure();
        assert_eq!((failure.kind, field(failure)), (FailureKind::Unsupported, place), "{failure:?}");
        assert!(failure.help.is_some());
        assert!(!outcome.has_line("Step"), "it was begun: {:?}", outcome.log);
    }
}

/// Where BuildKit is not used, what only it can do is refused before anything is begun, and the setting is named.
#[tokio::test]
async fn what_only_buildkit_does_is_refused_without_it() {
    let rig = Rig::new().await;
    let secret = "secrets: { token: \"${key}\" }";
    let cases = [
        (secret, "RUN true", "/build/secrets", "a build with secrets"),
        ("", "RUN --mount=type=cache,target=/x true", "/build/dockerfile", "line 2 has RUN --mount"),
        ("", "COPY --chmod=600 Dockerfile /x", "/build/dockerfile", "line 2 has COPY --chmod"),
        ("", "RUN <<END\ntrue\nEND", "/build/dockerfile", "line 2 has a here-document"),
    ];
    for (fields, line, place, what) in cases {
        let program = format!("secret key {{ generate: 32 }}\n{}", program(fields));
        let outcome = rig.run(rig.job(&program, &[("web/Dockerfile", &format!("FROM busybox:1\n{line}\n"))])).await;
        let failure = outcome.failure();
        assert_eq!((failure.kind, field(failure)), (FailureKind::Unsupported, place), "{failure:?}");
        assert!(failure.message.starts_with(what) && outcome.log.is_empty(), "{failure:?} {:?}", outcome.log);
        let help = failure.help.as_ref().unwrap();
        assert!(help.contains("--buildkit when-needed") && help.contains("HELIOS_BUILDKIT"), "{help}");
    }
}

/// Further directories are there by their names, for either builder, and nowhere but where the recipe puts them.
#[tokio::test]
async fn files_come_from_further_directories() {
    let rig = Rig::new().await;
    further_directories(&rig, "").await;
    let outcome = rig.build_with("contexts: { more: \"./nowhere\" }", &[("web/Dockerfile", "FROM busybox:1\n")]).await;
    assert_eq!((outcome.failure().kind, field(outcome.failure())), (FailureKind::BuildStep, "/build/contexts/more"));
}

/// `before` stands before the command of the recipe's `RUN` line.
async fn further_directories(rig: &Rig, before: &str) {
    let recipe = format!(
        "FROM busybox:1 AS base\nFROM base\nCOPY --from=more sub/page /page\nCOPY --from=0 /bin/busybox /b\nCOPY . /srv\nRUN {before} cat /page; ls -A /srv\n"
    );
    let build = async |text| {
        let files = [("web/Dockerfile", &*recipe), ("more/sub/page", text), ("more/other", "x"), ("web/own", "")];
        rig.build_with("contexts: { more: \"./more\" }", &files).await
    };
    let first = build("from further away\n").await;
    let (image, reused) = first.image();
    assert!(!reused && first.has_line("from further away"), "{:?}", first.log);
    assert!(first.has_line("COPY --from=more sub/page /page") && !first.has_line("helios-build"), "{:?}", first.log);
    let files = docker(&["run", "--rm", "--network", "none", image, "ls", "-A", "/srv"]);
    assert_eq!(files.split_whitespace().collect::<Vec<_>>(), ["Dockerfile", "own"]);
    assert_eq!(build("from further away\n").await.image(), (image, true));
    let second = build("and now another\n").await;
    assert!(!second.image().1 && second.has_line("and now another"), "{:?}", second.log);
}

#[tokio::test]
async fn target_and_recipes_elsewhere_are_honoured() {
    let rig = Rig::new().await;
    let recipe = "FROM busybox:1\nRUN echo first\nFROM busybox:1 AS wanted\nCOPY . /srv\nRUN touch /wanted\nFROM busybox:1\nRUN exit 7\n";
    let files = [("build/Recipe", recipe), ("web/page", "x"), ("web/.dockerignore", "secret\n"), ("web/secret", "")];
    let outcome = rig.build_with("target: \"wanted\", dockerfile: \"../build/Recipe\"", &files).await;
    let (image, _) = outcome.image();
    let files = docker(&["run", "--rm", "--network", "none", image, "ls", "-A", "/srv", "/wanted"]);
    assert_eq!(files.split_whitespace().collect::<Vec<_>>(), ["/wanted", "/srv:", "page"]);
}

/// Files of a build have one time, not that of 1970, and another when anything changes: web servers make entity tags of it.
#[tokio::test]
async fn times_follow_the_contents() {
    let rig = Rig::new().await;
    let recipe = "FROM busybox:1\nCOPY . /srv\nRUN stat -c %Y /srv/page /srv/Dockerfile\n".to_owned();
    let mut times = Vec::new();
    for text in ["one", "two"] {
        let outcome = rig.build_with("", &[("web/Dockerfile", &recipe), ("web/page", text)]).await;
        outcome.image();
        let lines: Vec<i64> = outcome.log.iter().filter_map(|line| line.parse().ok()).collect();
        assert!(lines.len() == 2 && lines[0] == lines[1] && lines[0] > 946_684_000, "{:?}", outcome.log);
        times.push(lines[0]);
    }
    assert_ne!(times[0], times[1]);
}
