//! A private Caddy, empty until an edge tells it what to serve.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use helios::local::child::find_program;
use rustix::process::Signal;

use super::free_port;
use super::server::Server;

/// A server of its own; killed when dropped.
pub(crate) struct Caddy {
    /// The port of its admin interface.
    pub(crate) admin: u16,
    directory: PathBuf,
    server: Mutex<Option<Server>>,
}

impl Caddy {
    /// Starts one that keeps everything in `directory`, which outlives it.
    pub(crate) fn start(directory: &Path) -> Self {
        let admin = free_port();
        let configuration = serde_json::json!({
            "admin": { "listen": format!("127.0.0.1:{admin}"), "config": { "persist": false } },
            "storage": { "module": "file_system", "root": directory.join("caddy") },
        });
        let file = directory.join("caddy.json");
        std::fs::write(&file, configuration.to_string()).unwrap();
        let caddy = Self { admin, directory: directory.to_owned(), server: Mutex::default() };
        caddy.resume();
        caddy
    }

    /// Starts it where it was, empty.
    pub(crate) fn resume(&self) {
        let program = find_program("caddy", &[]).expect("Caddy is installed: apt-get install caddy");
        let file = self.directory.join("caddy.json");
        let arguments = ["run", "--config", file.to_str().unwrap()].map(str::to_owned);
        let log = self.directory.join("caddy.log");
        let server = Server::start(&program, &arguments, None, "KILL", &log, self.admin);
        *self.server.lock().unwrap() = Some(server.expect("Caddy starts"));
    }

    /// Ends it at once.
    pub(crate) fn stop(&self) {
        if let Some(server) = self.server.lock().unwrap().take() {
            server.end(Signal::KILL);
        }
    }
}

impl Drop for Caddy {
    fn drop(&mut self) {
        self.stop();
    }
}
