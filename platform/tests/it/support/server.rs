//! A server process that does not outlive this one.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Whom a process runs as, if not as ourselves.
pub(crate) type User = Option<(u32, u32)>;

/// A running server; killed when dropped.
pub(crate) struct Server {
    pid: Pid,
    ended: JoinHandle<ExitStatus>,
}

impl Server {
    /// Starts a program and waits until its port answers. None if it ended instead: its port was taken meanwhile.
    ///
    /// The kernel sends `death` to it when the thread that started it ends, so that thread is one that waits for it.
    pub(crate) fn start(
        program: &Path,
        arguments: &[String],
        user: User,
        death: &str,
        log: &Path,
        port: u16,
    ) -> Option<Self> {
        let answers = || TcpStream::connect(("127.0.0.1", port)).is_ok();
        Self::start_until(program, arguments, user, death, log, answers)
    }

    /// The same for one that says otherwise that it answers.
    pub(crate) fn start_until(
        program: &Path,
        arguments: &[String],
        user: User,
        death: &str,
        log: &Path,
        answers: impl Fn() -> bool,
    ) -> Option<Self> {
        let mut command = as_user(user);
        command.args(["--pdeathsig", death, "--"]).arg(program).args(arguments).current_dir("/");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let (sender, started) = mpsc::channel();
        let ended = std::thread::spawn(move || {
            let mut child = command.spawn().expect("setpriv, of the package util-linux, starts");
            sender.send(Pid::from_child(&child)).unwrap();
            child.wait().unwrap()
        });
        let server = Self { pid: started.recv().unwrap(), ended };
        let deadline = Instant::now() + Duration::from_secs(60);
        while !answers() {
            if server.ended.is_finished() {
                return None;
            }
            assert!(Instant::now() < deadline, "{} does not answer", program.display());
            std::thread::sleep(Duration::from_millis(5));
        }
        Some(server)
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.is_finished()
    }

    /// Sends a signal and waits for the end.
    pub(crate) fn end(self, signal: Signal) {
        if !self.ended.is_finished() {
            let _ = kill_process(self.pid, signal);
        }
        let _ = self.ended.join();
    }
}

/// `setpriv`, to start something as another user.
pub(crate) fn as_user(user: User) -> Command {
    let mut command = Command::new("setpriv");
    if let Some((uid, gid)) = user {
        command.arg(format!("--reuid={uid}")).arg(format!("--regid={gid}")).arg("--clear-groups");
    }
    command
}
