//! What components tell each other: outputs and secrets filled into texts.

use std::collections::BTreeMap;
use std::fmt;

use helios_client::{Failure, FailureKind};
use oal_ir::v1::{Ir, Part, Service, Spec, Template};
use oal_ir::{NodeId, Pointer};

use super::job::EnvironmentRef;
use super::managed;
use super::naming::{self, Names};

/// Files of the source bundle, by their path from its root.
pub trait ProjectFiles: Send + Sync {
    /// The bytes of a file; none if there is no such file.
    ///
    /// # Errors
    /// The bundle cannot be read; in words.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String>;
}

impl ProjectFiles for BTreeMap<String, Vec<u8>> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.get(path).cloned())
    }
}

/// A program in its environment, with what is needed to fill in its texts.
///
/// `secrets` has a value for each name of a release's secrets. With the ids of the versions in place of the values, everything
/// computed from it is a fingerprint that may be shown and stored.
#[derive(Clone)]
pub struct Program<'a> {
    /// The document.
    pub ir: &'a Ir,
    /// Where it runs.
    pub environment: &'a EnvironmentRef,
    /// Names at the engine.
    pub names: Names,
    /// The name each component is found by.
    pub hosts: BTreeMap<NodeId, String>,
    /// The project's files.
    pub files: &'a dyn ProjectFiles,
    secrets: &'a BTreeMap<String, String>,
}

/// Without the secrets.
impl fmt::Debug for Program<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("environment", &self.environment).finish_non_exhaustive()
    }
}

impl<'a> Program<'a> {
    /// A program with the values (or the versions' ids) of its secrets.
    #[must_use]
    pub fn new(
        ir: &'a Ir,
        environment: &'a EnvironmentRef,
        files: &'a dyn ProjectFiles,
        secrets: &'a BTreeMap<String, String>,
    ) -> Self {
        Self { ir, environment, names: Names::of(environment), hosts: naming::hosts(ir), files, secrets }
    }

    /// The name that other components reach this one by.
    #[must_use]
    pub fn host(&self, node: &NodeId) -> &str {
        self.hosts.get(node).map_or("", String::as_str)
    }

    /// The value of a secret by its name in the release: a node's id, or `<node id>#<credential>`.
    ///
    /// # Errors
    /// It has none.
    pub fn secret(&self, name: &str) -> Result<&'a str, Failure> {
        self.secrets.get(name).map(String::as_str).ok_or_else(|| {
            let (node, credential) = name.split_once('#').unwrap_or((name, ""));
            let what = if credential.is_empty() { "a value" } else { credential };
            let failure =
                Failure::new(FailureKind::MissingSecret, "", format!("`{node}` has no {what} in this environment"));
            let help = format!("give it one with `helios secrets set {}`", node.rsplit('/').next().unwrap_or(node));
            let failure = if credential.is_empty() { failure.help(help) } else { failure };
            match node.parse() {
                Ok(node) => failure.of(node),
                Err(_) => failure,
            }
        })
    }

    /// A text with all its parts.
    ///
    /// # Errors
    /// A secret without a value; an output that cannot be known. The failure names `node` and `field` if it names none itself.
    pub fn text(&self, template: &Template, node: &NodeId, field: &Pointer) -> Result<String, Failure> {
        let mut whole = String::new();
        for part in template.parts() {
            match part {
                Part::Text(text) => whole.push_str(text),
                Part::Ref(output) => {
                    whole.push_str(&self.output(&output.node, &output.output).map_err(|f| at(f, node, field))?)
                }
                Part::Secret(secret) => {
                    whole.push_str(self.secret(secret.node.as_str()).map_err(|f| at(f, node, field))?)
                }
                // A later version of the document may have parts that this one does not know.
                _ => {
                    return Err(unsupported(
                        "this version of Helios does not know a part of this text",
                        node,
                        field.clone(),
                    ));
                }
            }
        }
        Ok(whole)
    }

    /// An output of a component.
    ///
    /// # Errors
    /// A secret without a value; the component has no such output.
    pub fn output(&self, node: &NodeId, output: &str) -> Result<String, Failure> {
        let none =
            || Failure::new(FailureKind::Internal, "", format!("`{node}` has no output `{output}`")).of(node.clone());
        let component = self.ir.components.get(node).ok_or_else(none)?;
        let host = self.host(node);
        match (&component.spec, output) {
            (Spec::Service(_) | Spec::Database(_) | Spec::Cache(_) | Spec::Queue(_), "host") => Ok(host.to_owned()),
            (Spec::Service(service), "url") => Ok(format!("http://{host}:{}", web_port(service).ok_or_else(none)?)),
            (Spec::Database(spec), "url") => managed::database::url(self, node, spec),
            (Spec::Cache(spec), "url") => managed::cache::url(self, node, spec),
            (Spec::Queue(spec), "url") => managed::queue::url(self, node, spec),
            (Spec::Bucket(_), _) => managed::bucket::output(self, node, output)?.ok_or_else(none),
            (Spec::Volume(volume), "name") => {
                Ok(volume.existing.clone().unwrap_or_else(|| self.names.volume(node, "")))
            }
            (Spec::External(external), "host" | "port") => {
                let mut field = Pointer::root();
                field.push("url");
                let url = self.text(&external.url, node, &field)?;
                authority(&url, output).ok_or_else(|| unsupported("this URL has no such part", node, field))
            }
            _ => Err(none()),
        }
    }
}

/// The port of a service that speaks HTTP to others: the one called `http`, else the only one.
#[must_use]
pub fn web_port(service: &Service) -> Option<u16> {
    let only = if service.ports.len() == 1 { service.ports.values().next() } else { None };
    service.ports.get("http").or(only).map(|port| port.0.get())
}

/// Host or port of a URL (RFC 3986, section 3.2); for the port the usual one of the scheme where none is written.
fn authority(url: &str, part: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    let (host, port) = match place.strip_prefix('[').and_then(|v6| v6.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => place.rsplit_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
    };
    match part {
        "host" => Some(host.to_owned()),
        _ => port.filter(|port| !port.is_empty()).map(str::to_owned).or_else(|| {
            let usual = match scheme {
                "http" | "ws" => "80",
                "https" | "wss" => "443",
                "postgres" | "postgresql" => "5432",
                "mysql" | "mariadb" => "3306",
                "mongodb" => "27017",
                "redis" | "rediss" | "valkey" => "6379",
                "amqp" => "5672",
                "amqps" => "5671",
                "nats" => "4222",
                "kafka" => "9092",
                "smtp" => "25",
                "smtps" => "465",
                "ftp" => "21",
                "ssh" | "sftp" => "22",
                "ldap" => "389",
                "ldaps" => "636",
                _ => return None,
            };
            Some(usual.to_owned())
        }),
    }
}

/// Text in the user information part of a URL: everything but the unreserved characters of RFC 3986 is encoded.
#[must_use]
pub fn encode(text: &str) -> String {
    const KEPT: percent_encoding::AsciiSet =
        percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encoding::utf8_percent_encode(text, &KEPT).to_string()
}

/// The failure, at this place unless it says another.
fn at(failure: Failure, node: &NodeId, field: &Pointer) -> Failure {
    match failure.node {
        Some(_) if failure.kind != FailureKind::MissingSecret => failure,
        _ => failure.of(node.clone()).at(field.clone()),
    }
}

/// The target cannot do this.
#[must_use]
pub fn unsupported(message: impl Into<String>, node: &NodeId, field: Pointer) -> Failure {
    Failure::new(FailureKind::Unsupported, "", message).of(node.clone()).at(field)
}

/// The pointer with these steps.
#[must_use]
pub fn field<const N: usize>(steps: [&str; N]) -> Pointer {
    let mut at = Pointer::root();
    for step in steps {
        at.push(step);
    }
    at
}
