//! What a person at a terminal sees, through a terminal that is one: prompts, Ctrl-C, a shell in a container.

use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::Child;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::{App, web};

/// How long something on the screen may take.
const PATIENCE: Duration = Duration::from_secs(90);
/// Ctrl-C as the terminal gets it.
const INTERRUPT: &str = "\u{3}";

/// A terminal of 24 lines and 80 columns with `helios` on it.
struct Terminal {
    keys: OwnedFd,
    process: Child,
    written: mpsc::Receiver<Vec<u8>>,
    screen: String,
}

impl Terminal {
    fn start(app: &App, arguments: &[&str]) -> Self {
        let keys = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&keys).unwrap();
        unlockpt(&keys).unwrap();
        let name = ptsname(&keys, Vec::new()).unwrap();
        let terminal =
            rustix::fs::open(name.as_c_str(), OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty());
        let terminal = terminal.unwrap();
        // `setsid` of util-linux makes it the terminal that keys and its size go to.
        let mut command = app.started_by(&["setsid", "--ctty"], arguments);
        command.env("TERM", "xterm").env("NO_COLOR", "1");
        command.stdin(terminal.try_clone().unwrap()).stdout(terminal.try_clone().unwrap()).stderr(terminal);
        tcsetwinsize(&keys, size(80, 24)).unwrap();
        let process = command.spawn().unwrap();
        let mut read = std::fs::File::from(keys.try_clone().unwrap());
        let (sender, written) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // It fails once nobody has the other end any more.
            while let Ok(count @ 1..) = read.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { keys, process, written, screen: String::new() }
    }

    /// Waits until this is on the screen, and forgets what is there up to it.
    fn until(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.screen.find(text) {
                return self.screen.drain(..at + text.len()).collect();
            }
            match self.written.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.screen.push_str(&String::from_utf8_lossy(&bytes)),
                Err(why) => panic!("no {text:?} ({why}) in:\n{}", self.screen),
            }
        }
    }

    fn keys(&self, keys: &str) {
        rustix::io::write(&self.keys, keys.as_bytes()).unwrap();
    }

    fn resize(&self, columns: u16, rows: u16) {
        tcsetwinsize(&self.keys, size(columns, rows)).unwrap();
    }

    /// Waits for the end without touching a key: the exit code and what is on the screen.
    fn end(mut self) -> (i32, String) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                while let Ok(bytes) = self.written.recv_timeout(Duration::from_millis(300)) {
                    self.screen.push_str(&String::from_utf8_lossy(&bytes));
                }
                return (status.code().expect("it ends by itself"), std::mem::take(&mut self.screen));
            }
            assert!(Instant::now() < deadline, "it does not end: {}", self.screen);
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const fn size(columns: u16, rows: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

#[test]
fn a_shell_in_a_container_has_the_size_of_the_terminal_and_ends_without_another_key() {
    let app = App::new("shell", &web("one"));
    app.run(&["deploy", "-e", "dev"]).code(0);

    let mut shell = Terminal::start(&app, &["exec", "-e", "dev", "web"]);
    shell.until("# ");
    shell.keys("stty size\r");
    shell.until("24 80");
    shell.resize(100, 40);
    // The new size takes its way through the platform.
    for attempt in 0.. {
        shell.keys("stty size; echo end-$((1+1))\r");
        if shell.until("end-2").contains("40 100") {
            break;
        }
        assert!(attempt < 50, "the new size never comes");
        std::thread::sleep(Duration::from_millis(100));
    }
    shell.keys("exit 3\r");
    assert_eq!(shell.end().0, 3);

    for _ in 0..3 {
        let (code, screen) = Terminal::start(&app, &["exec", "-e", "dev", "web", "--", "echo", "short"]).end();
        assert_eq!(code, 0, "{screen}");
        assert!(screen.contains("short"), "{screen}");
    }
    let (code, screen) = Terminal::start(&app, &["exec", "-e", "dev", "-T", "web", "--", "tty"]).end();
    assert_eq!(code, 1, "{screen}");
    assert!(screen.contains("not a tty"), "{screen}");
}

#[test]
fn a_plan_that_loses_data_asks_and_does_what_the_answer_says() {
    let with_data = web("one").replace("  ports:", "  volumes: { \"/data\": volume(data) }\n  ports:")
        + "volume data { size: 1GiB }\n";
    let app = App::new("asks", &with_data);
    app.run(&["deploy", "-e", "dev"]).code(0);
    app.program(&web("one"));

    let mut no = Terminal::start(&app, &["deploy", "-e", "dev"]);
    let shown = no.until("This loses data. Go on? [y/N]");
    assert!(shown.contains("- volume/data  data loss"), "{shown}");
    no.keys("\r");
    let (code, screen) = no.end();
    assert_eq!(code, 4, "{screen}");
    assert!(screen.contains("the deployment of asks/dev was cancelled; what ran before still runs"), "{screen}");
    assert!(!screen.contains("✓ approved"), "{screen}");
    app.run(&["status", "-e", "dev"]).code(0).out("release 1");

    let mut left = Terminal::start(&app, &["deploy", "-e", "dev"]);
    left.until("[y/N]");
    left.keys(INTERRUPT);
    let (code, screen) = left.end();
    assert_eq!(code, 5, "{screen}");
    assert!(screen.contains("goes on by itself"), "{screen}");

    let mut yes = Terminal::start(&app, &["deploy", "-e", "dev"]);
    yes.until("[y/N]");
    yes.keys("y\r");
    let (code, screen) = yes.end();
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("✓ approved") && screen.contains("asks/dev is live: release 2"), "{screen}");
}

#[test]
fn a_secret_that_is_typed_is_not_shown() {
    let app = App::new("typed", "secret key {}\n");
    let mut set = Terminal::start(&app, &["secrets", "set", "key", "-e", "dev"]);
    set.until("value of secret/key: ");
    set.keys("open-sesame\r");
    let (code, screen) = set.end();
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("secret/key of typed/dev has version 1 now"), "{screen}");
    assert!(!screen.contains("sesame"), "{screen}");
}

#[test]
fn ctrl_c_leaves_a_deployment_to_the_platform() {
    let slow = web("one").replace("VERSION: \"one\"", "VERSION: \"one\", WARM_UP: \"${600}\"");
    let app = App::new("left", &slow.replace("retries: 2", "retries: 2, start_period: 10min"));
    let mut deploy = Terminal::start(&app, &["deploy", "-e", "dev"]);
    deploy.until("waiting until everything is healthy");
    deploy.keys(INTERRUPT);
    let (code, screen) = deploy.end();
    assert_eq!(code, 5, "{screen}");
    let (_, id) = screen.split_once("helios deploy --cancel ").unwrap();
    let id = id.split_whitespace().next().unwrap().to_owned();
    app.run(&["status", "-e", "dev"]).code(5).out(&format!("helios deploy --follow {id}"));
    app.run(&["deploy", "--cancel", &id]).code(0).out("was cancelled");
    app.run(&["deploy", "--follow", &id]).code(4).err("was cancelled");
}

/// Containers of an application, running or not.
fn containers(app: &App) -> usize {
    let filter = format!("label=helios.app={}", app.name);
    let output = std::process::Command::new("docker").args(["ps", "-aq", "--filter", &filter]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().count()
}

#[test]
fn a_second_ctrl_c_ends_up_at_once_and_the_next_one_clears_away() {
    let stubborn = "service stubborn { image: \"busybox:1\", stop_grace: 6s, update: { monitor: 0s }\n  \
                    command: [\"sh\", \"-c\", \"trap '' TERM; while :; do sleep 1; done\"] }\n";
    let app = App::new("stubborn", stubborn);
    // A directory that PostgreSQL's user can reach, too.
    let parent = tempfile::Builder::new().prefix("helios-up-").tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(parent.path(), std::os::unix::fs::PermissionsExt::from_mode(0o711)).unwrap();
    let data = parent.path().join("data");
    let up = ["up", "-e", "dev", "--data", data.to_str().unwrap()];

    let mut first = Terminal::start(&app, &up);
    first.until("stubborn/dev is live: release 1");
    first.until("Ctrl-C stops it; data stay");
    first.keys(INTERRUPT);
    first.until("stopping; Ctrl-C once more ends it at once");
    first.keys(INTERRUPT);
    let (code, screen) = first.end();
    assert_eq!(code, 5, "{screen}");
    assert!(screen.contains("stopped at once: containers may still run"), "{screen}");
    assert_eq!(containers(&app), 1);

    let mut second = Terminal::start(&app, &up);
    second.until("stubborn/dev");
    second.until("Ctrl-C stops it; data stay");
    second.keys(INTERRUPT);
    let (code, screen) = second.end();
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("✓ stopped"), "{screen}");
    assert_eq!(containers(&app), 0);
}
