//! A private Caddy, empty until the edge is told what to serve.

use std::time::Duration;

use rustix::process::Signal;
use tokio::net::UnixStream;

use super::LocalError;
use super::child::{Child, Start, find_program};
use super::directory::Directory;

/// The name that requests to the admin interface carry as their host: on a socket Caddy takes only the names it was told.
const ADMIN_HOST: &str = "helios";

/// A Caddy of our own.
#[derive(Debug)]
pub struct Caddy {
    /// The server.
    pub child: Child,
    /// Its admin interface, as [`crate::settings::Settings::edge_admin`] has it.
    pub admin: String,
}

/// Starts Caddy with its admin interface on a socket that only we can open.
///
/// # Errors
/// Not installed; the disk; it does not start.
pub async fn start(directory: &Directory) -> Result<Caddy, LocalError> {
    let program = find_program("caddy", &[]).ok_or(LocalError::Missing { program: "caddy", package: "caddy" })?;
    let home = directory.at("caddy");
    std::fs::create_dir_all(&home).map_err(LocalError::io(&home))?;
    let socket = directory.at("caddy.sock");
    let _ = std::fs::remove_file(&socket);
    let admin = format!("unix/{}", socket.display());
    let configuration = serde_json::json!({
        "admin": { "listen": admin, "origins": [ADMIN_HOST], "config": { "persist": false } },
        "storage": { "module": "file_system", "root": home },
    });
    let file = directory.write_private("caddy.json", configuration.to_string().as_bytes())?;
    let mut child = Child::start(Start {
        name: "Caddy",
        program: &program,
        arguments: vec!["run".to_owned(), "--config".to_owned(), file.display().to_string()],
        environment: vec![
            ("XDG_DATA_HOME", home.display().to_string()),
            ("XDG_CONFIG_HOME", home.display().to_string()),
        ],
        user: None,
        end: Signal::TERM,
    })?;
    child.until_ready(Duration::from_secs(20), || async { UnixStream::connect(&socket).await.is_ok() }).await?;
    Ok(Caddy { child, admin })
}
