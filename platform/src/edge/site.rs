//! What the edge serves for an environment, as its row keeps it. No secret is in it: passwords are hashed, private keys lie in
//! files that only the agent and Caddy can read.

use std::collections::{BTreeMap, BTreeSet};

use oal_ir::NodeId;
use serde::{Deserialize, Serialize};

/// All of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EdgeRoutes {
    /// What is served.
    pub sites: Vec<Site>,
    /// Upstreams that get no new requests; they are named so that the edge goes on counting those under way.
    #[serde(default)]
    pub draining: BTreeSet<String>,
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
    /// A path at which the edge asks each copy again and again whether it can take requests.
    #[serde(default)]
    pub ready: Option<Ready>,
    /// Whose copies answer.
    pub to: Behind,
    /// Addresses of the copies: `IP:PORT`.
    pub upstreams: Vec<String>,
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

/// How the edge asks whether a copy can take requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// What it asks for.
    pub path: String,
    /// Where, if not at the site's port.
    pub port: u16,
    /// Milliseconds from one question to the next.
    pub every: u64,
    /// Milliseconds until the answer must be there.
    pub timeout: u64,
    /// Headers of the request.
    pub headers: BTreeMap<String, String>,
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
