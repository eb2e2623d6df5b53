//! Managed kinds: what the platform runs for `database`, `cache`, `queue` and `bucket`: official images as they are, told what to
//! do in the ways their entrypoints document.

use std::collections::{BTreeMap, BTreeSet};

use helios_client::Failure;
use oal_ir::NodeId;
use oal_ir::v1::{IpAddr, Membership, Port, Resources, Spec};

use super::container::{self, ContainerSpec, FileSpec, MountSpec, NetworkSpec, Publish, RestartSpec};
use super::outputs::Program;
use super::workload;

pub mod backup;
pub mod bucket;
pub mod cache;
pub mod database;
pub mod queue;

/// A managed component as it is to run.
#[derive(Debug, Clone)]
pub struct Managed {
    /// Its only container.
    pub container: ContainerSpec,
    /// When it is ready.
    pub ready: Ready,
    /// Commands that are run in it each time it has become ready; each can be run again without harm.
    pub settle: Vec<Vec<String>>,
    /// Streams made in it each time it has become ready, where the image has no program that makes them.
    pub streams: Vec<Stream>,
}

/// How it is seen that a managed component accepts connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ready {
    /// A connection to this port can be opened.
    Tcp(u16),
    /// This command in the container ends with 0.
    Command(Vec<String>),
}

/// A JetStream stream.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Stream {
    /// Its name: the topic's, with `_` for what a name may not have.
    pub name: String,
    /// What it keeps.
    pub subjects: Vec<String>,
    /// Milliseconds.
    pub keep: Option<u64>,
    /// Bytes.
    pub max_size: Option<u64>,
    /// On disk or in memory.
    pub on_disk: bool,
}

/// A secret that the platform makes for a component, under `<node id>#<name>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credential {
    /// The name after the `#`.
    pub name: &'static str,
    /// So many letters and digits.
    pub length: usize,
}

/// The credentials to be made for a component, none for kinds that need none. They stay the same until they are rotated.
#[must_use]
pub fn credentials(spec: &Spec) -> Vec<Credential> {
    let password = |own: bool| if own { Vec::new() } else { vec![Credential { name: "password", length: 32 }] };
    match spec {
        Spec::Database(spec) => database::credentials(spec, password(spec.password.is_some())),
        Spec::Cache(spec) if matches!(spec.engine, oal_ir::v1::CacheEngine::Memcached) => Vec::new(),
        Spec::Cache(spec) => password(spec.password.is_some()),
        Spec::Queue(spec) => password(spec.password.is_some()),
        Spec::Bucket(_) => {
            vec![Credential { name: "access_key", length: 20 }, Credential { name: "secret_key", length: 40 }]
        }
        _ => Vec::new(),
    }
}

/// The image that a managed component runs, as the program says it or as the official one is called; none for other kinds. The
/// platform's settings may put another in the place of an official one.
#[must_use]
pub fn image(spec: &Spec) -> Option<ImageName> {
    let named = |own: Option<&oal_ir::v1::Image>, official: String| {
        Some(own.map_or(ImageName::Official(official), |image| ImageName::Own(image.to_string())))
    };
    match spec {
        Spec::Database(spec) => named(spec.image.as_ref(), database::official(spec)),
        Spec::Cache(spec) => named(spec.image.as_ref(), cache::official(spec)),
        Spec::Queue(spec) => named(spec.image.as_ref(), queue::official(spec)),
        Spec::Bucket(_) => Some(ImageName::Official(bucket::OFFICIAL.to_owned())),
        _ => None,
    }
}

/// The name of a managed component's image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageName {
    /// An official one; the settings may name another in its place.
    Official(String),
    /// The program's own choice.
    Own(String),
}

/// How a managed component is to run; none for kinds that are not managed.
///
/// # Errors
/// The program asks for what Docker cannot do; a secret or file is not there.
pub fn recipe(program: &Program<'_>, node: &NodeId, spec: &Spec, image: &str) -> Result<Option<Managed>, Failure> {
    Ok(Some(match spec {
        Spec::Database(spec) => database::recipe(program, node, spec, image)?,
        Spec::Cache(spec) => cache::recipe(program, node, spec, image)?,
        Spec::Queue(spec) => queue::recipe(program, node, spec, image)?,
        Spec::Bucket(spec) => bucket::recipe(program, node, spec, image)?,
        _ => return Ok(None),
    }))
}

/// The names of the disks that a component keeps its data on; what is removed with it once its loss is approved.
#[must_use]
pub fn volumes(program: &Program<'_>, node: &NodeId, spec: &Spec) -> Vec<String> {
    match spec {
        Spec::Database(spec) => vec![program.names.volume(node, &database::format(spec))],
        Spec::Cache(spec) => spec.storage.iter().map(|_| program.names.volume(node, &cache::format(spec))).collect(),
        Spec::Queue(spec) => spec.storage.iter().map(|_| program.names.volume(node, queue::format(spec))).collect(),
        Spec::Bucket(_) => vec![program.names.volume(node, "minio")],
        Spec::Volume(volume) if volume.existing.is_none() => vec![program.names.volume(node, "")],
        _ => Vec::new(),
    }
}

/// What all recipes have in common.
struct Common<'a> {
    resources: &'a Resources,
    networks: &'a BTreeMap<String, Membership>,
    port: u16,
    publish: Option<(Port, &'a IpAddr)>,
}

impl Common<'_> {
    /// A container with everything but what is particular to the image.
    fn container(&self, program: &Program<'_>, node: &NodeId, image: &str) -> Result<ContainerSpec, Failure> {
        let publish = self.publish.map(|(on, address)| Publish {
            port: self.port,
            protocol: "tcp",
            address: Some(address.to_string()),
            on: Some(on.0.get()),
        });
        Ok(ContainerSpec {
            image: image.to_owned(),
            network: NetworkSpec::Networks(workload::memberships(program, node, self.networks)),
            publish: publish.into_iter().collect::<BTreeSet<_>>(),
            capabilities: ENTRYPOINT.iter().map(|name| (*name).to_owned()).collect(),
            security: vec!["no-new-privileges:true".to_owned()],
            log: workload::default_log(),
            limits: workload::limits(node, self.resources)?,
            probe: Some(container::EngineProbe::Off),
            stop_seconds: 30,
            restart: RestartSpec::Always,
            ..ContainerSpec::default()
        })
    }
}

/// What the entrypoints of the official images do as root before they leave it: give the data directory to their user and become
/// that user.
const ENTRYPOINT: &[&str] = &["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"];

/// A file that the container's programs may read, whoever they run as; on the machine only root comes near it.
fn file(contents: impl Into<Vec<u8>>) -> FileSpec {
    FileSpec { contents: contents.into(), mode: 0o444, owner: None }
}

/// A disk of the component's own.
fn disk(name: String) -> MountSpec {
    MountSpec::Volume { name, read_only: false }
}

fn strings<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}
