//! What the platform costs beside what it runs, on this machine, with the services of `helios up`: memory when idle, the time of
//! a status request under load, of a deployment that changes nothing, and of one that changes a file against the same by hand.
//!
//! `cargo bench -p helios --bench cost`. Needs what `helios doctor` asks for, and the images of `platform/tests/images/build`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement that fails says so by a panic, and its result is what it prints"
)]

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use helios_client::{Client, Name};
use rustix::process::{Pid, Signal, kill_process};

/// Requests for the status, each second and in all.
const RATE: u32 = 200;
const REQUESTS: u32 = 4000;
/// How often each deployment is measured.
const TIMES: usize = 5;

fn main() {
    let work = tempfile::Builder::new().prefix("helios-cost-").tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(work.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    let project = work.path().join("guestbook");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/guestbook");
    assert!(Command::new("cp").arg("-r").arg(example).arg(&project).status().unwrap().success());

    let data = work.path().join("data");
    let mut up = Up::start(&data, &project);
    println!("{:52} {:>10}   at most", "", "measured");
    std::thread::sleep(Duration::from_secs(10));
    row("memory of `helios` when idle, MB", up.megabytes(), Some(80.0));

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut latencies = runtime.block_on(load(&data));
    latencies.sort_unstable();
    let at = |share: f64| milliseconds(latencies[((latencies.len() - 1) as f64 * share) as usize]);
    row(&format!("status at {RATE} requests a second, p50, ms"), at(0.5), None);
    row("  p99, ms", at(0.99), Some(20.0));
    row("  longest, ms", at(1.0), None);

    let unchanged = median((0..TIMES).map(|_| deploy(&data, &project)).collect());
    row("a deployment that changes nothing, ms", unchanged, Some(300.0));

    let mut with_platform = Vec::new();
    let mut by_hand = Vec::new();
    for round in 0..TIMES {
        touch(&project, round);
        by_hand.push(hand(&project));
        with_platform.push(deploy(&data, &project));
    }
    let (with_platform, by_hand) = (median(with_platform), median(by_hand));
    row("a changed file: `docker build` and `docker run`, ms", by_hand, None);
    row("  the same by a deployment, ms", with_platform, None);
    row(
        "  what the platform adds beyond the program's own monitor time, ms",
        with_platform - by_hand - MONITOR,
        Some(2000.0),
    );

    assert_eq!(helios(&data).args(["down", "--volumes", "--yes"]).arg(&project).status().unwrap().code(), Some(0));
    up.end();
}

/// How long the program asks that a new copy be healthy before it counts: `update.monitor` of the guestbook, its default.
const MONITOR: f64 = 5000.0;

fn row(what: &str, measured: f64, most: Option<f64>) {
    let most = most.map_or(String::new(), |most| format!("{most:.0}"));
    println!("{what:52} {measured:10.1}   {most}");
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn helios(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_helios"));
    command.env("HELIOS_DATA", data).env_remove("DATABASE_URL").env_remove("NATS_URL").stdin(Stdio::null());
    command
}

/// `helios up`, in the background.
struct Up(Child);

impl Up {
    fn start(data: &Path, project: &Path) -> Self {
        let mut process = helios(data).arg("up").arg(project).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("http://")), "`helios up` ended");
        std::thread::spawn(move || lines.count());
        Self(process)
    }

    fn megabytes(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1024.0
    }

    fn end(&mut self) {
        kill_process(Pid::from_raw(self.0.id().try_into().unwrap()).unwrap(), Signal::INT).unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Asks for the status at a steady rate, however long the answers take: each time counts from when the request was due.
async fn load(data: &Path) -> Vec<Duration> {
    let chosen: serde_json::Value = serde_json::from_slice(&std::fs::read(data.join("chosen.json")).unwrap()).unwrap();
    let token = std::fs::read_to_string(data.join("admin.token")).unwrap();
    let client = Client::new(&format!("http://127.0.0.1:{}", chosen["api_port"]), token.trim()).unwrap();
    let (app, environment): (Name, Name) = ("guestbook".parse().unwrap(), "default".parse().unwrap());
    let started = tokio::time::Instant::now();
    let mut requests = Vec::new();
    for number in 0..REQUESTS {
        let due = started + Duration::from_secs(1) * number / RATE;
        tokio::time::sleep_until(due).await;
        let (client, app, environment) = (client.clone(), app.clone(), environment.clone());
        requests.push(tokio::spawn(async move {
            client.status(&app, &environment).await.unwrap();
            due.elapsed()
        }));
    }
    let mut latencies = Vec::new();
    for request in requests {
        latencies.push(request.await.unwrap());
    }
    latencies
}

/// Deploys and waits until it is live; the time in milliseconds.
fn deploy(data: &Path, project: &Path) -> f64 {
    let started = Instant::now();
    let output = helios(data).arg("deploy").arg(project).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    milliseconds(started.elapsed())
}

fn touch(project: &Path, round: usize) {
    let file = project.join("web/server.py");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(file, format!("{text}\n# {round}\n")).unwrap();
}

/// Builds the image, starts a container of it, and waits until that listens, as one would without a platform.
fn hand(project: &Path) -> f64 {
    let web: PathBuf = project.join("web");
    let started = Instant::now();
    let image = docker(&["build", "--quiet", web.to_str().unwrap()]);
    let secrets = ["--env", "COOKIE_KEY=k", "--env", "DATABASE_URL=postgres://nobody@127.0.0.1/none"];
    let mut run = vec!["run", "--detach", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"];
    run.extend(secrets);
    run.push(&image);
    let container = docker(&run);
    let address = docker(&["inspect", "--format", "{{.NetworkSettings.IPAddress}}", &container]);
    while std::net::TcpStream::connect((address.as_str(), 8000)).is_err() {
        std::thread::sleep(Duration::from_millis(5));
        assert!(started.elapsed() < Duration::from_secs(60), "the page does not start by hand");
    }
    let time = milliseconds(started.elapsed());
    docker(&["rm", "--force", &container]);
    docker(&["rmi", "--force", &image]);
    time
}

fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).output().unwrap();
    assert!(output.status.success(), "docker {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
