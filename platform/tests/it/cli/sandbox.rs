//! A directory of its own for each test, and the binary run in it.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A program without findings.
pub(super) const SOUND: &str = r#"app shop {}

environment dev {}
environment prod {}

service api {
  image: "ghcr.io/acme/api:1.0.0"
  ports: { http: 8080 }
}
"#;

/// A program with one error: `imag` is no field.
pub(super) const BROKEN: &str = r#"app shop {}

service api {
  imag: "ghcr.io/acme/api:1.0.0"
  image: "ghcr.io/acme/api:1.0.0"
  ports: { http: 8080 }
}
"#;

/// A directory that goes when the test ends.
pub(super) struct Sandbox {
    directory: tempfile::TempDir,
}

impl Sandbox {
    pub(super) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    /// One with this `app.oal`.
    pub(super) fn with(program: &str) -> Self {
        let sandbox = Self::new();
        fs::write(sandbox.path("app.oal"), program).unwrap();
        sandbox
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The binary in this directory, away from what the environment says, and with a home of its own.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        self.started_by(&[], arguments)
    }

    /// The same, started by a program that has its command as its last arguments.
    pub(super) fn started_by(&self, program: &[&str], arguments: &[&str]) -> Command {
        let mut words = program.iter().chain([&env!("CARGO_BIN_EXE_helios")]).chain(arguments);
        let mut command = Command::new(words.next().unwrap());
        command.args(words).current_dir(self.directory.path()).env_clear();
        command.envs(["PATH", "LD_LIBRARY_PATH"].iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.env("HOME", self.path("home")).env("XDG_CONFIG_HOME", self.path("config"));
        command.env("HELIOS_DATA", self.path("data")).env("TZ", "UTC");
        command
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with_input(arguments, "")
    }

    pub(super) fn run_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        Ran::of(self.command(arguments), input)
    }
}

/// What came of a run.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) err: String,
}

impl Ran {
    /// Runs a command with this on its standard input.
    pub(super) fn of(mut command: Command, input: &str) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // It may end without reading.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Self {
            code: output.status.code().expect("ended by itself"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Asserts the exit code.
    #[track_caller]
    pub(super) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// Asserts that standard output holds this text.
    #[track_caller]
    pub(super) fn out(self, text: &str) -> Self {
        assert!(self.out.contains(text), "no {text:?} in {self:#?}");
        self
    }

    /// Asserts that standard error holds this text.
    #[track_caller]
    pub(super) fn err(self, text: &str) -> Self {
        assert!(self.err.contains(text), "no {text:?} in {self:#?}");
        self
    }
}
