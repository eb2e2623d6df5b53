//! A directory of its own for each test, and the binary run in it.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

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
        let mut command = Command::new(env!("CARGO_BIN_EXE_helios"));
        command.args(arguments).current_dir(self.directory.path()).env_clear();
        command.envs(["PATH", "LD_LIBRARY_PATH"].iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.env("HOME", self.path("home")).env("XDG_CONFIG_HOME", self.path("config"));
        command.env("HELIOS_DATA", self.path("data")).env("TZ", "UTC");
        command
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).stdin(Stdio::null()).output().unwrap())
    }

    pub(super) fn run_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // It may end without reading.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Ran::from(child.wait_with_output().unwrap())
    }
}

/// What came of a run.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("ended by itself"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
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
