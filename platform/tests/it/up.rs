//! `helios up`, as a new user runs it: the guestbook on this machine, with nothing set up before.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::build_cache::BuildCache;

/// How long the first start may take on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(240);

struct Up {
    process: Child,
    lines: mpsc::Receiver<String>,
    said: Vec<String>,
}

fn guestbook() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/guestbook")
}

fn helios(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_helios"));
    command.env("HELIOS_DATA", data).env_remove("DATABASE_URL").env_remove("NATS_URL");
    command.env_remove("HELIOS_URL").env_remove("HELIOS_TOKEN").env("NO_COLOR", "1");
    command
}

impl Up {
    fn start(data: &Path, directory: &Path) -> Self {
        let mut command = helios(data);
        command.arg("up").arg(directory).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let streams: [Box<dyn Read + Send>; 2] =
            [Box::new(process.stdout.take().unwrap()), Box::new(process.stderr.take().unwrap())];
        for stream in streams {
            let sender = sender.clone();
            std::thread::spawn(move || {
                BufReader::new(stream).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
            });
        }
        Self { process, lines, said: Vec::new() }
    }

    /// Waits for a line that has the text in it.
    fn until(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        while let Ok(line) = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.said.push(line.clone());
            if line.contains(text) {
                return line;
            }
        }
        panic!("`helios up` never said `{text}`, but:\n{}", self.said.join("\n"));
    }

    /// Ctrl-C; returns the exit code.
    fn interrupt(&mut self) -> Option<i32> {
        let pid = Pid::from_raw(self.process.id().try_into().unwrap()).unwrap();
        kill_process(pid, Signal::INT).unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        while Instant::now() < deadline {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("`helios up` does not end on Ctrl-C");
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).output().unwrap();
    assert!(output.status.success(), "docker {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Containers of guestbooks; `all` with those that do not run.
fn containers(all: bool) -> Vec<String> {
    let mut arguments = vec!["ps", "--format", "{{.Names}}", "--filter", "label=helios.app=guestbook"];
    arguments.extend(all.then_some("--all"));
    docker(&arguments).lines().map(str::to_owned).collect()
}

/// Volumes of guestbooks.
fn volumes() -> Vec<String> {
    docker(&["volume", "ls", "-q", "--filter", "label=helios.app=guestbook"]).lines().map(str::to_owned).collect()
}

/// Asks the edge for the page, as a browser that keeps the cookie.
fn visit(url: &str, jar: &Path) -> String {
    let mut command = Command::new("curl");
    command
        .args(["--silent", "--show-error", "--fail", "--max-time", "30", "--cookie-jar"])
        .arg(jar)
        .arg("--cookie")
        .arg(jar);
    let output = command.arg(url).output().unwrap();
    assert!(output.status.success(), "{url}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The secrets of the guestbook are where its containers need them, and nowhere else: no file of the platform (its database,
/// streams, artifacts, logs), no command line, no log of a container, no history or layer of an image has one.
fn nothing_tells_secrets(data: &Path, containers: &[String]) {
    let environment = |container: &String| docker(&["inspect", "--format", "{{json .Config.Env}}", container]);
    let page = containers.iter().find(|name| name.contains("-web-")).unwrap();
    let variables: Vec<String> = serde_json::from_str(&environment(page)).unwrap();
    let value = |name: &str| variables.iter().find_map(|one| one.strip_prefix(&format!("{name}="))).unwrap().to_owned();
    let key = value("COOKIE_KEY");
    let password = value("DATABASE_URL").split(['@', ':']).nth(2).unwrap().to_owned();
    for secret in [&key, &password] {
        nothing_tells(data, containers, secret);
    }
}

/// The same of one value.
fn nothing_tells(data: &Path, containers: &[String], secret: &str) {
    assert!(secret.len() >= 16, "it is generated");
    let found = Command::new("grep").args(["-rlaF", "-e", secret]).arg(data).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&found.stdout), "", "files that tell a secret");
    for process in std::fs::read_dir("/proc").unwrap().flatten() {
        let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        let told = line.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!told || line.starts_with(b"grep"), "{}", String::from_utf8_lossy(&line));
    }
    for container in containers {
        let image = docker(&["inspect", "--format", "{{.Image}}", container]);
        for told in [docker(&["logs", container]), docker(&["history", "--no-trunc", &image])] {
            assert!(!told.contains(secret), "{container}: {told}");
        }
        let saved = data.with_extension("image");
        docker(&["save", "--output", saved.to_str().unwrap(), &image]);
        let found = Command::new("grep").args(["-caF", "-e", secret]).arg(&saved).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&found.stdout).trim(), "0", "{image} tells a secret");
    }
}

fn run(data: &Path, arguments: &[&str]) -> Output {
    helios(data).args(arguments).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn the_guestbook_runs_changes_nothing_the_second_time_and_goes() {
    let parent = tempfile::Builder::new().prefix("helios-up-").tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(parent.path(), std::os::unix::fs::PermissionsExt::from_mode(0o711)).unwrap();
    let (data, jar) = (parent.path().join("data"), parent.path().join("cookies"));
    // Somebody's own guestbook on this machine is not ours to touch.
    let (others, others_volumes) = (containers(true), volumes());
    let ours =
        |all: bool| -> Vec<String> { containers(all).into_iter().filter(|name| !others.contains(name)).collect() };

    let mut up = Up::start(&data, &guestbook());
    let line = up.until("http://guestbook.localhost");
    let at = line.find("http://").unwrap();
    let url = line[at..].split_whitespace().next().unwrap().to_owned();
    let first = visit(&url, &jar);
    assert!(first.contains("Visit number 1, your number 1."), "{first}");
    let second = visit(&url, &jar);
    assert!(second.contains("Visit number 2, your number 2."), "what was written is read back: {second}");
    let running = ours(false);
    assert_eq!(running.len(), 2, "the page and its database: {running:?}");

    nothing_tells_secrets(&data, &running);

    let again = run(&data, &["up", guestbook().to_str().unwrap()]);
    let said = String::from_utf8_lossy(&again.stdout).into_owned() + &String::from_utf8_lossy(&again.stderr);
    assert_eq!(again.status.code(), Some(0), "{said}");
    assert!(said.contains("nothing to do"), "{said}");
    assert_eq!(ours(false), running, "the same containers run");

    assert_eq!(up.interrupt(), Some(0));
    assert_eq!(ours(false), Vec::<String>::new(), "what it started has ended");

    let mut up = Up::start(&data, &guestbook());
    up.until("http://guestbook.localhost");
    let third = visit(&url, &jar);
    assert!(third.contains("Visit number 3, your number 3."), "the data outlive the command: {third}");
    let down = run(&data, &["down", guestbook().to_str().unwrap(), "--volumes", "--yes"]);
    assert_eq!(down.status.code(), Some(0), "{}", String::from_utf8_lossy(&down.stderr));
    assert_eq!(ours(true), Vec::<String>::new());
    assert_eq!(volumes(), others_volumes);
    assert_eq!(up.interrupt(), Some(0));
}

/// A recipe as they are written now: a cache that lasts, a secret for one step, files from a further directory. Nothing had to be
/// set for it, and the secret is nowhere but with that step and the program.
#[test]
fn what_only_buildkit_builds_is_built() {
    let parent = tempfile::Builder::new().prefix("helios-up-").tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(parent.path(), std::os::unix::fs::PermissionsExt::from_mode(0o711)).unwrap();
    let data = parent.path().join("data");
    let name = format!("kit-{}", std::process::id());
    let _cache = BuildCache::of(&name);
    let program = format!(
        "app {app} {{ owner: \"hello@example.com\" }}\n\
         secret key {{ generate: 32 }}\n\
         service web {{\n  build: {{ context: \"./web\", secrets: {{ token: \"${{key}}\" }}, contexts: {{ more: \"./more\" }} }}\n  \
         command: [\"/bin/busybox\", \"httpd\", \"-f\", \"-p\", \"8000\", \"-h\", \"/www\"]\n  env: {{ KEY: key }}\n  \
         ports: {{ http: 8000 }}\n  health: http(path: \"/\", every: 1s)\n}}\n\
         route site {{ host: \"{name}.localhost\", to: web.http, tls: off }}\n",
        app = name.replace('-', "_"),
    );
    let recipe = format!(
        "# syntax=docker/dockerfile:1\nFROM busybox:1\nCOPY --from=more --chmod=644 page /www/page\n\
         RUN --mount=type=cache,target=/var/cache/{name} --mount=type=secret,id=token \\\n  \
         touch /var/cache/{name}/x && sha256sum < /run/secrets/token > /www/index.html && echo a step of {name}\n"
    );
    let directory = parent.path().join("project");
    for (path, text) in [("app.oal", &*program), ("web/Dockerfile", &recipe), ("more/page", "from further away\n")] {
        std::fs::create_dir_all(directory.join(path).parent().unwrap()).unwrap();
        std::fs::write(directory.join(path), text).unwrap();
    }
    let label = format!("label=helios.app={}", name.replace('-', "_"));
    let containers = || -> Vec<String> {
        docker(&["ps", "--all", "--format", "{{.Names}}", "--filter", &label]).lines().map(str::to_owned).collect()
    };

    let mut up = Up::start(&data, &directory);
    let line = up.until(&format!("http://{name}.localhost"));
    let at = line.find("http://").unwrap();
    let url = line[at..].split_whitespace().next().unwrap().trim_end_matches('/').to_owned();
    let jar = parent.path().join("cookies");
    let (page, made) = (visit(&format!("{url}/page"), &jar), visit(&format!("{url}/"), &jar));
    let running = containers();
    let environment = docker(&["inspect", "--format", "{{json .Config.Env}}", &running[0]]);
    let environment: Vec<String> = serde_json::from_str(&environment).unwrap();
    let key = environment.iter().find_map(|one| one.strip_prefix("KEY=")).unwrap();
    nothing_tells(&data, &running, key);
    let down = run(&data, &["down", directory.to_str().unwrap(), "--yes"]);
    let ended = up.interrupt();
    for image in docker(&["images", "--quiet", "--filter", &label]).lines() {
        docker(&["rmi", "--force", image]);
    }

    assert_eq!(page, "from further away\n");
    let expected = Command::new("sh").args(["-c", "printf %s \"$1\" | sha256sum", "-", key]).output().unwrap();
    assert_eq!(made, String::from_utf8(expected.stdout).unwrap(), "the step saw the secret");
    assert_eq!((down.status.code(), ended), (Some(0), Some(0)));
    assert_eq!(containers(), Vec::<String>::new());
}
