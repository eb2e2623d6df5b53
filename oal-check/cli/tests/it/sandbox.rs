//! A directory of its own for each test, and the binary run in it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A program without findings.
pub(crate) const CLEAN: &str = r#"app shop { edition: 1 }

environment dev {}
environment prod {}

service api {
  image: "ghcr.io/acme/api:1.0.0"
  ports: { http: 8080 }
}
"#;

/// A program with one error: `imag` is no field.
pub(crate) const BROKEN: &str = r#"app shop { edition: 1 }

service api {
  imag: "ghcr.io/acme/api:1.0.0"
  image: "ghcr.io/acme/api:1.0.0"
  ports: { http: 8080 }
}
"#;

/// A program with one warning: nothing uses the `let`.
pub(crate) const WARNED: &str = r#"app shop { edition: 1 }

let port = 80

service api {
  image: "ghcr.io/acme/api:1.0.0"
  ports: { http: 8080 }
}
"#;

/// A program with a syntax error.
pub(crate) const MALFORMED: &str = "app shop { edition: 1 }\n\nservice api {\n  image:\n  ports: { http: 8080 }\n}\n";

/// A directory that goes when the test ends.
pub(crate) struct Sandbox {
    path: PathBuf,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self::below(Path::new(env!("CARGO_TARGET_TMPDIR")))
    }

    fn below(directory: &Path) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("oal-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = directory.join(name);
        fs::create_dir_all(&path).unwrap();
        Self { path }
    }

    /// One that every user of the machine may enter.
    #[cfg(unix)]
    pub(crate) fn for_everyone() -> Self {
        Self::below(&std::env::temp_dir())
    }

    /// One with this `app.oal`.
    pub(crate) fn with(program: &str) -> Self {
        let sandbox = Self::new();
        sandbox.write("app.oal", program);
        sandbox
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Names of all that lies in it, hidden or not.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.path).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// The binary in this directory, away from what the environment says about colours.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_oal"));
        command.args(arguments).current_dir(&self.path);
        for name in ["NO_COLOR", "CLICOLOR_FORCE", "TERM"] {
            command.env_remove(name);
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).stdin(Stdio::null()).output().unwrap())
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ran::from(child.wait_with_output().unwrap())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
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
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// Asserts that standard output holds this text.
    #[track_caller]
    pub(crate) fn out(self, text: &str) -> Self {
        assert!(self.out.contains(text), "no {text:?} in {self:#?}");
        self
    }

    /// Asserts that standard error holds this text.
    #[track_caller]
    pub(crate) fn err(self, text: &str) -> Self {
        assert!(self.err.contains(text), "no {text:?} in {self:#?}");
        self
    }

    /// Asserts that nothing went to standard error.
    #[track_caller]
    pub(crate) fn quiet(self) -> Self {
        assert_eq!(self.err, "", "{self:#?}");
        self
    }

    /// Asserts that nothing went to standard output.
    #[track_caller]
    pub(crate) fn silent(self) -> Self {
        assert_eq!(self.out, "", "{self:#?}");
        self
    }
}
