//! A private NATS server with JetStream.

use helios::local::child::find_program;
use rustix::process::Signal;

use super::server::Server;

/// A server of its own, which can be stopped, killed and wiped.
pub(crate) struct Nats {
    directory: tempfile::TempDir,
    port: u16,
    server: Option<Server>,
}

impl Nats {
    /// Starts an empty server.
    pub(crate) fn start() -> Self {
        let mut tries = 0;
        loop {
            let mut nats = Self { directory: super::directory("nats"), port: super::free_port(), server: None };
            if nats.try_resume() {
                return nats;
            }
            tries += 1;
            assert!(tries < 5, "nats-server does not start: {}", nats.log());
        }
    }

    /// Where everything is that it keeps.
    pub(crate) fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }

    /// Where it listens on the loopback.
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// How to reach it.
    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Ends it in good order; what it keeps stays.
    pub(crate) fn stop(&mut self) {
        self.end(Signal::TERM);
    }

    /// Kills it; what it keeps stays.
    pub(crate) fn kill(&mut self) {
        self.end(Signal::KILL);
    }

    /// Starts it again where it was.
    pub(crate) fn resume(&mut self) {
        assert!(self.try_resume(), "nats-server does not start again: {}", self.log());
    }

    /// Kills it, removes all that it keeps, and starts it again.
    pub(crate) fn wipe(&mut self) {
        self.kill();
        std::fs::remove_dir_all(self.directory.path().join("store")).unwrap();
        self.resume();
    }

    fn try_resume(&mut self) -> bool {
        assert!(self.server.is_none(), "it runs");
        let program = find_program("nats-server", &[]).expect("nats-server is installed: apt-get install nats-server");
        let store = self.directory.path().join("store").display().to_string();
        let arguments = ["-a", "127.0.0.1", "-p", &self.port.to_string(), "-js", "-sd", &store].map(str::to_owned);
        let log = self.directory.path().join("log");
        self.server = Server::start(&program, &arguments, None, "KILL", &log, self.port);
        self.server.is_some()
    }

    fn end(&mut self, signal: Signal) {
        if let Some(server) = self.server.take() {
            server.end(signal);
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        self.kill();
    }
}
