//! A secret that was set by hand is where its containers need it, and nowhere else: searched for while all of it runs, in every
//! form in which it could be told.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use memchr::memmem;

use super::{App, Live, web};

/// The forms of a value that are looked for: as it is, and as Base64 and hexadecimal digits.
struct Forms(Vec<String>);

impl Forms {
    fn of(value: &str) -> Self {
        let hex = value.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
        // What comes before shifts the digits of Base64: three forms, without the digits that depend on it.
        let shifted = (0..3).flat_map(|before| {
            let padded = "=".repeat(before) + value;
            let inner = |text: String| text[4..text.len() - 4].to_owned();
            [inner(STANDARD.encode(&padded)), inner(URL_SAFE.encode(&padded))]
        });
        Self([value.to_owned(), hex.to_uppercase(), hex].into_iter().chain(shifted).collect())
    }

    fn are_in(&self, bytes: &[u8]) -> bool {
        self.0.iter().any(|form| memmem::find(bytes, form.as_bytes()).is_some())
    }

    /// The files below a directory that have it, or are called so.
    fn files(&self, directory: &Path) -> BTreeSet<PathBuf> {
        let mut found = BTreeSet::new();
        let mut left = vec![directory.to_owned()];
        while let Some(path) = left.pop() {
            let Ok(kind) = std::fs::symlink_metadata(&path) else { continue };
            let bytes = match kind.is_dir() {
                true => {
                    left.extend(std::fs::read_dir(&path).unwrap().flatten().map(|entry| entry.path()));
                    Vec::new()
                }
                false if kind.is_file() => std::fs::read(&path).unwrap_or_default(),
                false => continue,
            };
            if self.are_in(&bytes) || self.are_in(path.as_os_str().as_encoded_bytes()) {
                found.insert(path);
            }
        }
        found
    }

    /// Processes outside of containers that have it in their command line or environment.
    fn processes(&self) -> BTreeSet<String> {
        let here = std::fs::metadata("/proc/self/ns/mnt").unwrap().ino();
        let mut found = BTreeSet::new();
        for process in std::fs::read_dir("/proc").unwrap().flatten() {
            let at = |name: &str| process.path().join(name);
            if std::fs::metadata(at("ns/mnt")).is_ok_and(|space| space.ino() == here) {
                for name in ["cmdline", "environ"] {
                    let bytes = std::fs::read(at(name)).unwrap_or_default();
                    if self.are_in(&bytes) {
                        found.insert(format!("{name}: {}", String::from_utf8_lossy(&bytes)));
                    }
                }
            }
        }
        found
    }
}

fn docker(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("docker").args(arguments).output().unwrap();
    assert!(output.status.success(), "docker {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn lines(text: Vec<u8>) -> Vec<String> {
    String::from_utf8(text).unwrap().split_whitespace().map(str::to_owned).collect()
}

/// A program that has the secret in variables and files, in images that are built, and in jobs whose output tells it.
fn program() -> String {
    let uses = "VERSION: \"one\", KEY: key, URL: \"http://user:${key}@db/\"";
    let file = "\"/run/secrets/key\": text(text: key), \"/program.py\"";
    let service = web("one").replace("VERSION: \"one\"", uses).replace("\"/program.py\":", &format!("{file}:"));
    let built = service.replace("image: \"python:3.12-slim\"", "build: { context: \".\" }");
    assert!(built.contains("context") && built.contains("/run/secrets/key"), "{built}");
    built
        + "secret key {}\n\
           job tell {\n  on: release\n  image: \"busybox:1\"\n  command: [\"sh\", \"-c\", \"echo it is $KEY; cat /key\"]\n  \
           env: { KEY: key }\n  files: { \"/key\": text(text: key) }\n}\n"
}

#[test]
fn a_secret_that_was_set_is_told_nowhere_while_its_application_runs() {
    let began = chrono::Utc::now().timestamp();
    let live = Arc::new(Live::start_with(&["RUST_LOG=debug,helios=trace".to_owned()]));
    let value = format!("canary-{}-of-this-run", uuid::Uuid::now_v7().simple());
    let forms = Forms::of(&value);
    let within = format!("x{value}y");
    assert!(forms.are_in(within.as_bytes()) && forms.are_in(STANDARD.encode(&within).as_bytes()), "it is found");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut told = BTreeSet::new();
            while !stop.load(Ordering::Relaxed) {
                told.extend(forms.processes());
                std::thread::sleep(Duration::from_millis(20));
            }
            told
        });
        // However this ends, so does the watch.
        let end = End(&stop);
        the_whole_life(Arc::clone(&live), &value, &forms, began);
        drop(end);
        assert_eq!(watch.join().unwrap(), BTreeSet::new(), "processes that tell it");
    });
}

struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn the_whole_life(live: Arc<Live>, value: &str, forms: &Forms, began: i64) {
    let app = App::on(live, "canary", &program());
    std::fs::write(app.files.path("Dockerfile"), "FROM python:3.12-slim\nCOPY program.py /built.py\nENV A=b\n")
        .unwrap();
    app.run_with_input(&["secrets", "set", "key", "-e", "dev"], value).code(0);
    let mut told = vec![app.run(&["deploy", "-e", "dev", "--verbose"]).code(0)];
    let inside =
        app.run(&["exec", "-e", "dev", "web", "--", "sh", "-c", "echo $KEY $URL; cat /run/secrets/key"]).code(0);
    assert_eq!(inside.out.matches(value).count(), 3, "where it is needed it is");
    app.run(&["run", "tell", "-e", "dev"]).code(0);
    // One that cannot live, and says with its last words what it should not.
    let fails = program().replace("[\"python3\", \"/program.py\"]", "[\"sh\", \"-c\", \"echo $URL >&2; exit 5\"]");
    app.program(&fails);
    told.push(app.run(&["plan", "-e", "dev"]).code(0));
    told.push(app.run(&["deploy", "-e", "dev"]).code(4).err("exit"));
    for ran in &told {
        assert!(!forms.are_in(ran.out.as_bytes()) && !forms.are_in(ran.err.as_bytes()), "{ran:?}");
    }
    the_engine_tells_nothing(&app, forms, began);
    the_api_tells_nothing(&app, forms);
    the_database_tells_nothing(&app, forms);
    let (root, run) = (app.live.data.path(), app.live.data.path().join("run"));
    assert!(root.join("log").metadata().unwrap().len() > 100_000, "the log has everything");
    let mut files: BTreeSet<PathBuf> =
        forms.files(root).into_iter().chain(forms.files(app.live.nats.directory())).collect();
    // What a container has mounted is where containers get it from, for nobody else to read.
    files.retain(|path| !(path.starts_with(&run) && is_private(&run, path)));
    assert_eq!(files, BTreeSet::new(), "files that tell it");

    app.run(&["down", "-e", "dev"]).code(0);
    assert_eq!(forms.files(root), BTreeSet::new(), "files that tell it after the end");
}

/// Whether nobody but its owner gets at a file below this directory.
fn is_private(root: &Path, path: &Path) -> bool {
    let closed = |path: &Path| path.metadata().unwrap().mode() & 0o007 == 0;
    path.ancestors().take_while(|path| path.starts_with(root)).any(closed)
}

/// Events of the engine, histories and layers of images.
fn the_engine_tells_nothing(app: &App, forms: &Forms, began: i64) {
    let (since, until) = (began.to_string(), chrono::Utc::now().timestamp().to_string());
    let events = docker(&["events", "--since", &since, "--until", &until, "--format", "{{json .}}"]);
    assert!(String::from_utf8_lossy(&events).contains(&app.live.org), "there are events");
    assert!(!forms.are_in(&events), "events of the engine");
    let ours = format!("label=helios.org={}", app.live.org);
    let images: BTreeSet<String> =
        lines(docker(&["image", "ls", "--all", "--no-trunc", "-q", "--filter", &ours])).into_iter().collect();
    assert!(!images.is_empty());
    for image in images {
        assert!(!forms.are_in(&docker(&["history", "--no-trunc", &image])), "the history of {image}");
        assert!(!forms.are_in(&docker(&["inspect", &image])), "{image}");
        assert!(!forms.are_in(&docker(&["save", &image])), "layers of {image}");
    }
}

/// All that can be asked for about the application.
fn the_api_tells_nothing(app: &App, forms: &Forms) {
    let get = |path: &str| {
        let url = format!("{}{path}", app.live.url);
        let header = format!("Authorization: Bearer {}", app.live.token);
        let output =
            Command::new("curl").args(["-sS", "--fail", "--max-time", "30", "-H", &header, &url]).output().unwrap();
        assert!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!forms.are_in(&output.stdout), "{path}: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stdout).unwrap()
    };
    let environment = "/v1/apps/canary/environments/dev";
    for path in ["/status", "/releases", "/params", "/secrets", "/secrets/versions?name=secret/key"] {
        get(&format!("{environment}{path}"));
    }
    for path in
        ["/v1/audit?limit=200", "/v1/apps", "/v1/apps/canary/environments", "/v1/tokens", "/v1/identity", "/metrics"]
    {
        get(path);
    }
    let all: serde_json::Value = serde_json::from_str(&get(&format!("{environment}/deployments"))).unwrap();
    let all = all["items"].as_array().unwrap();
    assert_eq!(all.len(), 2);
    for deployment in all {
        let id = deployment["id"].as_str().unwrap();
        for what in ["", "/steps", "/events", "/logs"] {
            let text = get(&format!("/v1/deployments/{id}{what}"));
            assert!(what != "/logs" || text.contains("it is "), "the job has said it: {text}");
        }
    }
}

/// A dump of all that the database has.
fn the_database_tells_nothing(app: &App, forms: &Forms) {
    let output = Command::new("pg_dump").args(["--format=plain", &app.live.database.url]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("it is ") && text.contains("secret/key"), "it is the whole database");
    let line = text.lines().find(|line| forms.are_in(line.as_bytes()));
    assert_eq!(line, None, "the database tells it");
}
