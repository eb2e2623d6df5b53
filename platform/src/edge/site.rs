//! What the edge serves for an environment, as its row keeps it. No secret is in it: passwords are hashed, private keys lie in
//! files that only the agent and Caddy can read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use oal_ir::NodeId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::naming::short_hash;

/// All of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EdgeRoutes {
    /// What is served.
    pub sites: Vec<Site>,
    /// Copies that get no new requests; they are named so that the edge goes on counting those under way.
    #[serde(default)]
    pub draining: Vec<Draining>,
}

/// Copies that get no new requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draining {
    /// Where their requests are counted.
    pub pool: Pool,
    /// Their addresses: `IP:PORT`.
    pub upstreams: Vec<String>,
}

impl EdgeRoutes {
    /// Whether the edge has nothing to know of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sites.is_empty() && self.draining.is_empty()
    }

    /// All upstreams that get requests.
    #[must_use]
    pub fn upstreams(&self) -> BTreeSet<String> {
        self.sites.iter().flat_map(|site| site.upstreams.iter().cloned()).collect()
    }
}

/// A `route` of the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// The environment.
    pub environment: Uuid,
    /// The component.
    pub node: NodeId,
    /// The main host name; a first label of `*` stands for any one label.
    pub host: String,
    /// Further names with the same answer.
    pub aliases: Vec<String>,
    /// Further names that are sent on to `host`.
    pub redirect_from: Vec<String>,
    /// Requests for this path, and unless `exact` below it.
    pub path: String,
    /// Whether only this path is meant.
    pub exact: bool,
    /// Whether the path is taken off.
    pub strip_path: bool,
    /// How it is encrypted.
    pub tls: Tls,
    /// Milliseconds until the answer must have begun.
    pub timeout: u64,
    /// Bytes of a request's body at most.
    pub max_body: u64,
    /// Whether a visitor comes to the same copy again.
    pub sticky: bool,
    /// Added to every answer.
    pub headers: BTreeMap<String, String>,
    /// Networks that are let in; all if empty.
    pub allow_from: Vec<String>,
    /// Hashes (bcrypt) of the passwords by name; everybody is let in if empty.
    pub users: BTreeMap<String, String>,
    /// What the copies speak.
    pub scheme: Scheme,
    /// Whose copies answer.
    pub to: Behind,
    /// Addresses of the copies: `IP:PORT`.
    pub upstreams: Vec<String>,
    /// The side of its pool on which they are.
    pub side: Side,
}

impl Site {
    /// The pool of its copies. It has a name of its own for each form of the site, so that a site of another form goes over to
    /// new copies at the moment at which its new form begins.
    #[must_use]
    pub fn pool(&self) -> Pool {
        // Twice as many slots as copies at least, and a number that few copies divide: each copy gets as many requests as the
        // others, and a copy more or less needs no other configuration.
        let slots = match self.upstreams.len() {
            0..=2 => 4,
            3..=6 => 12,
            copies => (copies * 2).next_multiple_of(12),
        };
        let to = Behind { node: self.node.clone(), spec: String::new(), port: 0 };
        let form = Self { to, upstreams: Vec::new(), side: Side::A, ..self.clone() };
        let form = serde_json::to_string(&form).unwrap_or_default();
        Pool { name: format!("p{}", short_hash(&[&form, &slots.to_string()], 20)), side: self.side, slots }
    }
}

/// Where requests to a site are brought to copies; see [`super::pools`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// The name, of letters and digits.
    pub name: String,
    /// The side.
    pub side: Side,
    /// How many upstreams the edge has been told for each side.
    pub slots: usize,
}

/// Each cut-over goes to the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The first.
    #[default]
    A,
    /// The second.
    B,
}

impl Side {
    /// The one that it is not.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "a",
            Self::B => "b",
        })
    }
}

/// What is behind a site; by that its copies are found again when they have come back with other addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behind {
    /// The component whose containers have the addresses.
    pub node: NodeId,
    /// The digest of what they were made from.
    pub spec: String,
    /// The port they answer at.
    pub port: u16,
}

/// How a site is encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// Caddy gets the certificate; for names below `localhost` it makes one itself.
    Automatic,
    /// The program's own.
    Certificate(Certificate),
    /// None.
    Off,
}

/// Where a certificate and its key lie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// PEM file with the chain.
    pub chain: String,
    /// PEM file with the private key.
    pub key: String,
}

/// What the copies behind a site speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// HTTP/1.1.
    Http,
    /// HTTP over TLS, with a certificate nobody vouches for.
    Https,
    /// HTTP/2 without TLS; gRPC, too.
    H2c,
}
