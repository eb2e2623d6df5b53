//! Which platform is asked, and with which token.
//!
//! In this order: `--server` or `HELIOS_URL`; the `helios up` of the data directory that `--data` or `HELIOS_DATA` names; the
//! server that was logged in to last; the `helios up` of the usual data directory. `HELIOS_TOKEN` wins over any token kept.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use helios_client::Client;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Exit, Failure};
use crate::local::directory::Directory;
use crate::trace;

/// File in a data directory with the token of whoever runs `helios up` there.
pub(super) const ADMIN_TOKEN: &str = "admin.token";

/// Which platform is asked.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Server {
    /// Address of the platform; else the one logged in to last
    #[arg(long, env = "HELIOS_URL", value_name = "URL", help_heading = "Platform")]
    pub(super) server: Option<String>,

    /// Data directory of a `helios up` here, to ask that one
    #[arg(long, env = "HELIOS_DATA", value_name = "DIR", help_heading = "Platform")]
    pub(super) data: Option<PathBuf>,
}

impl Server {
    /// A client of it.
    ///
    /// # Errors
    /// Nobody has logged in anywhere; what is kept cannot be read.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        let own = std::env::var("HELIOS_TOKEN").ok().filter(|token| !token.is_empty()).map(Zeroizing::new);
        if let Some(url) = &self.server {
            let token = match own {
                Some(token) => token,
                None => Kept::read()?.token(url).ok_or_else(|| {
                    Failure::usage(format!("there is no token for {url}"))
                        .help(format!("`helios login {url}` keeps one, `HELIOS_TOKEN` holds for one command"))
                })?,
            };
            return client(url, &token);
        }
        if let Some(data) = &self.data {
            return local(data, own)?.ok_or_else(|| {
                Failure::usage(format!("no `helios up` has run in {}", data.display()))
                    .help("start one: `helios up DIR`, or name a platform with `--server URL`")
            });
        }
        let kept = Kept::read()?;
        if let Some(url) = &kept.last
            && let Some(token) = own.clone().or_else(|| kept.token(url))
        {
            return client(url, &token);
        }
        local(&Directory::usual(), own)?.ok_or_else(|| {
            Failure::usage("no platform is known")
                .help("`helios up DIR` starts one on this machine, `helios login URL` takes one that runs elsewhere")
        })
    }
}

/// A client of the `helios up` that has run in a data directory.
pub(super) fn local(data: &Path, own: Option<Zeroizing<String>>) -> Result<Option<Client>, Failure> {
    if !data.join("chosen.json").is_file() {
        return Ok(None);
    }
    let directory = Directory::open(data)?;
    let Some(chosen) = directory.read_chosen()? else { return Ok(None) };
    let path = directory.at(ADMIN_TOKEN);
    let token = match own {
        Some(token) => token,
        None => match fs::read_to_string(&path) {
            Ok(token) => Zeroizing::new(token),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(&path, &error)),
        },
    };
    let url = format!("http://127.0.0.1:{}", chosen.api_port);
    client(&url, token.trim()).map(Some)
}

/// A client for what this command is part of.
fn client(url: &str, token: &str) -> Result<Client, Failure> {
    Ok(Client::of_trace(url, token, trace::current().as_deref())?)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("{}: {error}", path.display()))
}

/// The tokens that `helios login` keeps.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    /// The server that was logged in to last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    /// Tokens by the server's address.
    #[serde(default)]
    tokens: BTreeMap<String, String>,
}

impl Kept {
    /// What is kept; nothing if there is no file.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn read() -> Result<Self, Failure> {
        let path = path()?;
        match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|error| {
                Failure::usage(format!("{} is not as `helios login` writes it: {error}", path.display()))
                    .help("remove it and log in again")
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(unreadable(&path, &error)),
        }
    }

    /// The token for a server.
    fn token(&self, url: &str) -> Option<Zeroizing<String>> {
        self.tokens.get(url.trim_end_matches('/')).cloned().map(Zeroizing::new)
    }

    /// Whether this server was logged in to last.
    pub(super) fn is_last(&self, url: &str) -> bool {
        self.last.as_deref() == Some(url)
    }

    /// The servers, by address.
    pub(super) fn servers(&self) -> impl Iterator<Item = &str> {
        self.tokens.keys().map(String::as_str)
    }

    /// Keeps the token of a server, which is the one asked from now on.
    pub(super) fn put(&mut self, url: &str, token: &str) {
        url.clone_into(self.last.get_or_insert_default());
        self.tokens.insert(url.to_owned(), token.to_owned());
    }

    /// Forgets a server; false if it was not known.
    pub(super) fn remove(&mut self, url: &str) -> bool {
        if self.is_last(url) {
            self.last = None;
        }
        self.tokens.remove(url).is_some()
    }

    /// Writes it so that nobody else can read it, whole or not at all. Returns where.
    ///
    /// # Errors
    /// The disk.
    pub(super) fn write(&self) -> Result<PathBuf, Failure> {
        let path = path()?;
        let beside = path.with_extension("json.new");
        let write = || {
            if let Some(directory) = path.parent() {
                fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
            }
            let _ = fs::remove_file(&beside);
            let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&beside)?;
            serde_json::to_writer_pretty(&mut file, self)?;
            file.write_all(b"\n")?;
            fs::rename(&beside, &path)
        };
        write().map_err(|error: std::io::Error| Failure::usage(format!("{}: {error}", path.display())))?;
        Ok(path)
    }
}

/// The file: `helios/servers.json` below `$XDG_CONFIG_HOME` or `~/.config` (XDG Base Directory).
fn path() -> Result<PathBuf, Failure> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let directory = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
    let directory = directory.ok_or_else(|| {
        Failure::new(Exit::Usage, "neither `XDG_CONFIG_HOME` nor `HOME` is set")
            .help("give the server and its token as `HELIOS_URL` and `HELIOS_TOKEN`")
    })?;
    Ok(directory.join("helios").join("servers.json"))
}
