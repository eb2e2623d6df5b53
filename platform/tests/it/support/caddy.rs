//! A private Caddy, empty until an edge tells it what to serve.

use std::path::Path;

use helios::local::child::find_program;
use rustix::process::Signal;

use super::free_port;
use super::server::Server;

/// A server of its own; killed when dropped.
pub(crate) struct Caddy {
    /// The port of its admin interface.
    pub(crate) admin: u16,
    server: Option<Server>,
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
        let program = find_program("caddy", &[]).expect("Caddy is installed: apt-get install caddy");
        let arguments = ["run", "--config", file.to_str().unwrap()].map(str::to_owned);
        let server = Server::start(&program, &arguments, None, "KILL", &directory.join("caddy.log"), admin);
        Self { admin, server: Some(server.expect("Caddy starts")) }
    }
}

impl Drop for Caddy {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.end(Signal::KILL);
        }
    }
}
