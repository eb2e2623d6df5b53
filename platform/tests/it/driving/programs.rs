//! What the OAL worker says of a bundle.

use std::collections::BTreeMap;

use helios::artifacts::Artifacts;
use helios::bundle;
use helios::domain::job::{OalJob, OalResult};
use helios::roles::oal_worker::{Most, OalWorker};
use helios_client::Failure;

const APP: &str = "app shop {}\nenvironment dev {}\nenvironment prod {}\nparam level: String = \"info\"\n";

struct Bench {
    directory: tempfile::TempDir,
    worker: OalWorker,
    artifacts: Artifacts,
}

impl Bench {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let artifacts = Artifacts::open(directory.path().join("artifacts")).unwrap();
        Self { worker: OalWorker::new(artifacts.clone(), env!("CARGO_BIN_EXE_helios").into()), artifacts, directory }
    }

    async fn check(&self, files: &[(&str, &str)], environment: &str, params: &[(&str, &str)]) -> OalResult {
        let project = tempfile::tempdir_in(self.directory.path()).unwrap();
        for (path, text) in files {
            let path = project.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let packed = bundle::pack(project.path(), &bundle::Named::default(), &bundle::Limits::PROJECT).unwrap();
        let source = self.artifacts.put(&std::fs::read(packed.path()).unwrap()).unwrap();
        self.of(source, environment, params).await
    }

    async fn of(&self, source: String, environment: &str, params: &[(&str, &str)]) -> OalResult {
        let params: BTreeMap<_, _> = params.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let job = OalJob { source, environment: environment.to_owned(), app: "shop".to_owned(), params };
        self.worker.check(job).await.unwrap()
    }

    async fn refused(&self, files: &[(&str, &str)], environment: &str, params: &[(&str, &str)]) -> Failure {
        match self.check(files, environment, params).await {
            OalResult::Rejected(failure) => *failure,
            lowered => panic!("{lowered:?}"),
        }
    }
}

#[tokio::test]
async fn a_sound_program_becomes_a_document_with_its_places_and_files() {
    let bench = Bench::new();
    let program = format!(
        "use \"./parts/web.oal\" {{ port }}\n{APP}service web {{ build: {{ context: \"web\" }}, ports: {{ http: port }}, \
         files: {{ \"/etc/web.conf\": file(\"web.conf\") }}, env: {{ LEVEL: level }} }}\n"
    );
    let files = [
        ("deploy/app.oal", program.as_str()),
        ("deploy/parts/web.oal", "let port = 8080\n"),
        ("deploy/web/Dockerfile", "FROM scratch\n"),
        ("deploy/web.conf", "on\n"),
        ("node_modules/other/app.oal", "app other {}\n"),
    ];
    let lowered = bench.check(&files, "prod", &[("level", "\"debug\"")]).await;
    let OalResult::Lowered { ir_digest, ir_artifact, contexts } = lowered.clone() else { panic!("{lowered:?}") };
    let ir = oal_ir::read(&bench.artifacts.get(&ir_artifact, 1 << 20).unwrap()).unwrap();
    assert_eq!((ir.digest.as_str(), ir.environment.as_str()), (ir_digest.as_str(), "prod"));
    let map = ir.source_map.as_ref().unwrap();
    assert!(map.files.iter().any(|file| file.path == "deploy/parts/web.oal"));
    let file = ir.files.values().next().unwrap();
    assert_eq!((ir.files.len(), file.size), (1, 3));
    assert_eq!(contexts.len(), 1);
    // The same again is the same; another file in the context is another context and the same document.
    let again = bench.check(&files, "prod", &[("level", "\"debug\"")]).await;
    assert_eq!(format!("{again:?}"), format!("{lowered:?}"));
    let mut other = files.to_vec();
    other.push(("deploy/web/main.c", "int main;\n"));
    let OalResult::Lowered { ir_digest: same, contexts: changed, .. } =
        bench.check(&other, "prod", &[("level", "\"debug\"")]).await
    else {
        panic!()
    };
    assert_eq!(same, ir_digest);
    assert_ne!(changed, contexts);
}

#[tokio::test]
async fn what_was_asked_for_wrongly_is_said_with_what_there_is() {
    let bench = Bench::new();
    let files = [("app.oal", APP)];
    let failure = bench.refused(&files, "prdo", &[]).await;
    assert_eq!(failure.message, "no environment of `shop` is called `prdo`");
    assert_eq!(failure.help.unwrap(), "did you mean `prod`? there are: `dev`, `prod`");
    let failure = bench.refused(&files, "prod", &[("leval", "1")]).await;
    assert!(failure.rendered.unwrap().contains("there is no param `leval`"));
    let failure = bench.refused(&[("app.oal", &APP.replace("app shop", "app shopp"))], "prod", &[]).await;
    assert_eq!(failure.message, "the program is called `shopp`, not `shop`");
    let two = [("a/app.oal", APP), ("b/app.oal", APP)];
    let failure = bench.refused(&two, "prod", &[]).await;
    assert_eq!(failure.message, "`a/app.oal` and `b/app.oal` are both the program of `shop`");
    let failure = bench.refused(&[("readme.md", "")], "prod", &[]).await;
    assert_eq!(failure.message, "there is no `.oal` file in what was sent");
    // Of several programs the one that is meant is taken.
    let both = [("a/app.oal", APP), ("b/app.oal", "app other {}\n")];
    assert!(matches!(bench.check(&both, "prod", &[]).await, OalResult::Lowered { .. }));
}

#[tokio::test]
async fn an_error_in_another_environment_keeps_this_one_back() {
    let bench = Bench::new();
    let program = APP.replace("environment dev {}", "environment dev { web.imgae: \"nginx\" }")
        + "service web { image: \"nginx:1.27\" }\n";
    let failure = bench.refused(&[("app.oal", &program)], "prod", &[]).await;
    let rendered = failure.rendered.unwrap();
    assert!(rendered.contains("`imgae`") && rendered.contains("app.oal:2"), "{rendered}");
}

#[tokio::test]
async fn a_file_that_was_not_sent_is_said_at_its_line() {
    let bench = Bench::new();
    let program =
        format!("{APP}service web {{\n  image: \"nginx:1.27\"\n  files: {{ \"/a\": file(\"gone.conf\") }}\n}}\n");
    let failure = bench.refused(&[("app.oal", &program)], "prod", &[]).await;
    assert_eq!(failure.message, "`gone.conf` is not in what was sent");
    assert_eq!(failure.node.unwrap().as_str(), "service/web");
}

#[tokio::test]
async fn what_is_no_bundle_is_refused_for_good() {
    let bench = Bench::new();
    let source = bench.artifacts.put(b"not a bundle").unwrap();
    let OalResult::Rejected(failure) = bench.of(source, "prod", &[]).await else { panic!() };
    assert!(failure.message.starts_with("the sources cannot be read: "), "{}", failure.message);
}

/// Nested as deep as it gets and repeated: the stack of the check holds, and it ends.
#[tokio::test]
async fn a_hostile_program_neither_hangs_nor_crashes() {
    let bench = Bench::new();
    let deep = format!("{APP}let x = {}1{}\n", "(".repeat(200_000), ")".repeat(200_000));
    bench.refused(&[("app.oal", &deep)], "prod", &[]).await;
    let wide = format!(
        "{APP}let a = [x for x in 0..100000]\nlet b = [y + z for y in a]\nlet c = [[p for p in a] for q in a]\nservice s for i in c {{ image: \"nginx:1.27\" }}\n"
    );
    bench.refused(&[("app.oal", &wide)], "prod", &[]).await;
}

#[tokio::test]
async fn a_check_has_so_much_memory_and_time_and_no_more() {
    let mut bench = Bench::new();
    let large: String = (0..60_000).map(|number| format!("service s{number} {{ image: \"busybox:1\" }}\n")).collect();
    let program = format!("{APP}{large}");
    let limits = [
        (Most { memory: 28 << 20, seconds: 60 }, "the check of the program needs more than 28 MiB of memory"),
        (Most { memory: 1 << 30, seconds: 1 }, "the check of the program took longer than 1 s"),
    ];
    for (most, message) in limits {
        bench.worker = bench.worker.with_most(most);
        let failure = bench.refused(&[("app.oal", &program)], "dev", &[]).await;
        assert_eq!(failure.message, message);
    }
    bench.worker = bench.worker.with_most(Most::default());
    assert!(matches!(bench.check(&[("app.oal", APP)], "dev", &[]).await, OalResult::Lowered { .. }));
}
