//! A container engine of a test's own, which it may kill: beside the machine's, with its own directories and socket, and in a
//! network namespace of its own. In the machine's, an engine that starts again would remove the other one's bridge.

use std::fs::File;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use helios::local::child::find_program;
use rustix::process::{Pid, Signal, kill_process};

use super::server::Server;

/// What the names of namespaces begin with; the number of the process follows.
const PREFIX: &str = "helt";

/// An engine; gone with all that it runs when dropped.
pub(crate) struct OwnEngine {
    /// Images and containers.
    data: tempfile::TempDir,
    /// Sockets and mounts. A short path: sockets have no longer ones.
    run: tempfile::TempDir,
    network: Network,
    live_restore: bool,
    /// What runs containers for it. It stays when the engine is killed, as where the system keeps both.
    containerd: Option<Server>,
    server: Option<Server>,
}

impl OwnEngine {
    /// Starts an engine that has these images of the machine's. With `live_restore` its containers run on without it.
    pub(crate) fn start(live_restore: bool, images: &[&str]) -> Self {
        let run = tempfile::Builder::new().prefix("helios-engine-").tempdir_in("/tmp").unwrap();
        let (data, network) = (super::directory("engine"), Network::new());
        let mut engine = Self { data, run, network, live_restore, containerd: None, server: None };
        engine.start_containerd();
        engine.resume();
        let mut save = Command::new("docker").arg("save").args(images).stdout(Stdio::piped()).spawn().unwrap();
        let loaded = engine.docker(&["load"]).stdin(save.stdout.take().unwrap()).output().unwrap();
        assert!(save.wait().unwrap().success() && loaded.status.success(), "{loaded:?}");
        engine
    }

    /// Where it listens.
    pub(crate) fn host(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// Kills it and starts it again.
    pub(crate) fn restart(&mut self) {
        if let Some(server) = self.server.take() {
            server.end(Signal::KILL);
        }
        self.resume();
    }

    fn socket(&self) -> PathBuf {
        self.run.path().join("engine.sock")
    }

    fn docker(&self, words: &[&str]) -> Command {
        let mut docker = Command::new("docker");
        docker.args(["--host", &self.host()]).args(words);
        docker
    }

    fn start_containerd(&mut self) {
        let program = find_program("containerd", &[]).expect("containerd is installed: apt-get install docker.io");
        let path = |name: &str| self.run.path().join(name);
        let configuration =
            "version = 2\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\", \"io.containerd.internal.v1.opt\"]\n";
        std::fs::write(path("containerd.toml"), configuration).unwrap();
        let arguments = [
            format!("--config={}", path("containerd.toml").display()),
            format!("--root={}", self.data.path().join("containerd").display()),
            format!("--state={}", path("containerd").display()),
            format!("--address={}", path("containerd.sock").display()),
        ];
        let (log, socket) = (self.data.path().join("containerd.log"), path("containerd.sock"));
        let answers = || UnixStream::connect(&socket).is_ok();
        let (program, arguments) = self.network.inside(&program, &arguments);
        self.containerd = Server::start_until(&program, &arguments, None, "TERM", &log, answers);
        assert!(self.containerd.is_some(), "containerd: {}", std::fs::read_to_string(log).unwrap_or_default());
    }

    fn resume(&mut self) {
        let program = find_program("dockerd", &[]).expect("dockerd is installed: apt-get install docker.io");
        let path = |name: &str| self.run.path().join(name).display().to_string();
        let arguments = [
            format!("--host={}", self.host()),
            format!("--data-root={}", self.data.path().join("data").display()),
            format!("--exec-root={}", path("exec")),
            format!("--pidfile={}", path("pid")),
            format!("--default-address-pool={}", self.network.pool()),
            format!("--containerd={}", path("containerd.sock")),
            format!("--live-restore={}", self.live_restore),
            "--iptables=false".to_owned(),
            "--userland-proxy=false".to_owned(),
            "--shutdown-timeout=3".to_owned(),
        ];
        let answers = || UnixStream::connect(self.socket()).is_ok();
        let log = self.data.path().join("log");
        // One that is told to end takes its containers with it.
        let (program, arguments) = self.network.inside(&program, &arguments);
        self.server = Server::start_until(&program, &arguments, None, "TERM", &log, answers);
        let deadline = Instant::now() + Duration::from_secs(60);
        while !self.docker(&["version"]).output().unwrap().status.success() {
            let gives_up = Instant::now() > deadline || self.server.as_ref().is_none_or(Server::has_ended);
            assert!(!gives_up, "dockerd: {}", std::fs::read_to_string(log).unwrap_or_default());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for OwnEngine {
    fn drop(&mut self) {
        if let Ok(listed) = self.docker(&["ps", "-aq"]).output() {
            let all = String::from_utf8_lossy(&listed.stdout).into_owned();
            let _ = self.docker(&["rm", "-fv"]).args(all.split_whitespace()).output();
            let _ = self.docker(&["network", "prune", "-f"]).output();
        }
        for server in [self.server.take(), self.containerd.take()].into_iter().flatten() {
            server.end(Signal::TERM);
        }
        // What is left where it was killed and did not come back.
        let place = self.run.path().display().to_string();
        let left: Vec<Process> = processes().filter(|process| process.command.contains(&place)).collect();
        for shim in &left {
            for child in processes().filter(|process| process.parent == shim.pid) {
                let _ = kill_process(child.pid, Signal::KILL);
            }
            let _ = kill_process(shim.pid, Signal::KILL);
        }
        let data = self.data.path().display().to_string();
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        for mount in mounts.lines().rev().filter_map(|line| line.split(' ').nth(4)) {
            if mount.starts_with(&place) || mount.starts_with(&data) {
                let _ = Command::new("umount").args(["--lazy", mount]).output();
            }
        }
        self.network.remove();
    }
}

struct Process {
    pid: Pid,
    parent: Pid,
    command: String,
}

fn processes() -> impl Iterator<Item = Process> {
    std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        let pid = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)?;
        let command = std::fs::read(entry.path().join("cmdline")).ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let parent = Pid::from_raw(stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?)?;
        Some(Process { pid, parent, command: String::from_utf8_lossy(&command).into_owned() })
    })
}

fn ip(words: &[&str]) {
    let done = Command::new("ip").args(words).output().expect("the command `ip`: apt-get install iproute2");
    assert!(done.status.success(), "ip {words:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// A network namespace that the machine reaches by a pair of interfaces, and the number of its ranges of addresses.
struct Network {
    name: String,
    number: u8,
}

impl Network {
    /// A new one with ranges that no other has; those of processes that were killed are removed.
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let lock = File::create(super::scratch().join("networks.lock")).unwrap();
        lock.lock().unwrap();
        let mut taken = Vec::new();
        for network in Self::all() {
            let process =
                network.name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('x')).map(|(process, _)| process);
            if process.is_some_and(|process| !PathBuf::from(format!("/proc/{process}")).exists()) {
                network.remove();
            } else {
                taken.push(network.number);
            }
        }
        let number = (0..16).find(|number| !taken.contains(number)).expect("a range of addresses is free");
        let name = format!("{PREFIX}{}x{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let (here, there) = (format!("10.216.{number}.1"), format!("10.216.{number}.2"));
        ip(&["netns", "add", &name]);
        ip(&["link", "add", &name, "type", "veth", "peer", "name", "out", "netns", &name]);
        ip(&["address", "add", &format!("{here}/24"), "dev", &name]);
        ip(&["link", "set", &name, "up"]);
        ip(&["-netns", &name, "address", "add", &format!("{there}/24"), "dev", "out"]);
        ip(&["-netns", &name, "link", "set", "lo", "up"]);
        ip(&["-netns", &name, "link", "set", "out", "up"]);
        ip(&["-netns", &name, "route", "add", "default", "via", &here]);
        ip(&["route", "add", &format!("10.217.{}.0/20", number * 16), "via", &there]);
        Self { name, number }
    }

    /// The command that runs a program in it.
    fn inside(&self, program: &Path, arguments: &[String]) -> (PathBuf, Vec<String>) {
        let nsenter = find_program("nsenter", &[]).expect("nsenter is installed: apt-get install util-linux");
        let before = [format!("--net=/run/netns/{}", self.name), "--".to_owned(), program.display().to_string()];
        (nsenter, before.into_iter().chain(arguments.iter().cloned()).collect())
    }

    /// Where the engine takes the addresses of its networks from.
    fn pool(&self) -> String {
        format!("base=10.217.{}.0/20,size=27", self.number * 16)
    }

    fn all() -> Vec<Self> {
        let network =
            |(name, [_, _, number, _]): (String, [u8; 4])| name.starts_with(PREFIX).then_some(Self { name, number });
        addresses().into_iter().filter_map(network).collect()
    }

    /// Removes it with all interfaces in it, and the one that leads to it.
    fn remove(&self) {
        let _ = Command::new("ip").args(["link", "delete", &self.name]).output();
        let _ = Command::new("ip").args(["netns", "delete", &self.name]).output();
    }
}

/// The interfaces of the machine.
fn addresses() -> Vec<(String, [u8; 4])> {
    let listed = Command::new("ip").args(["-o", "-4", "address"]).output();
    let listed = listed.expect("the command `ip`: apt-get install iproute2");
    let interface = |line: &str| {
        let mut words = line.split_whitespace();
        let (name, address) = (words.nth(1)?, words.nth(1)?);
        let address: std::net::Ipv4Addr = address.split_once('/')?.0.parse().ok()?;
        Some((name.to_owned(), address.octets()))
    };
    String::from_utf8_lossy(&listed.stdout).lines().filter_map(interface).collect()
}
