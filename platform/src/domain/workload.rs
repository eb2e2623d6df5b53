//! From a `service` or `job` of the program to the container it runs in. Every field is honoured or refused: what this target
//! cannot do is a failure that names the field.

use std::collections::{BTreeMap, BTreeSet};

use helios_client::Failure;
use oal_ir::v1::{
    Capability, GpuVendor, HostAddress, Membership, Namespace, NetworkMode, Probe, Protocol, Resources, Restart,
    Seccomp, Service, Signal, Spec, UpdateFailure, UpdateOrder, VolumeAccess, Workload,
};
use oal_ir::{NodeId, Pointer};

use super::autoscale;
use super::container::{
    self, Attachment, ContainerSpec, DEFAULT_CAPABILITIES, DEFAULT_MEMORY, DEFAULT_PIDS, Limits, NetworkSpec, Publish,
    RestartSpec,
};
use super::outputs::{Program, field, unsupported};

pub(crate) mod files;

/// The container of a service.
///
/// # Errors
/// The program asks for what Docker cannot do, or for a secret or file that is not there.
pub fn service(program: &Program<'_>, node: &NodeId, service: &Service, image: &str) -> Result<ContainerSpec, Failure> {
    let mut spec = workload(program, node, service.workload(), image)?;
    refuse_service(node, service)?;
    spec.publish = publish(node, service)?;
    spec.probe = container::engine_probe(service.health.as_ref());
    spec.restart = match &service.restart {
        Restart::Always => RestartSpec::Always,
        Restart::UnlessStopped => RestartSpec::UnlessStopped,
        Restart::Never => RestartSpec::Never,
        Restart::OnFailure { max } => RestartSpec::OnFailure(max.unwrap_or(0)),
    };
    if let Some(Probe::Exec { command, .. }) = &service.ready
        && service.health.is_none()
        && !command.is_empty()
    {
        spec.probe = container::engine_probe(service.ready.as_ref());
    }
    Ok(spec)
}

/// The container of a run of a job; nothing starts it again by itself.
///
/// # Errors
/// As [`service`].
pub fn job(program: &Program<'_>, node: &NodeId, job: Workload<'_>, image: &str) -> Result<ContainerSpec, Failure> {
    let mut spec = workload(program, node, job, image)?;
    spec.probe = Some(container::EngineProbe::Off);
    // A run is no server: nobody finds it by name, and two of them may run at a time.
    if let NetworkSpec::Networks(networks) = &mut spec.network {
        networks.values_mut().for_each(|attachment| attachment.aliases.clear());
    }
    Ok(spec)
}

fn refuse_service(node: &NodeId, service: &Service) -> Result<(), Failure> {
    for (name, probe) in [("health", &service.health), ("ready", &service.ready)] {
        if let Some(probe @ (Probe::Http { .. } | Probe::Tcp { .. } | Probe::Grpc { .. })) = probe
            && probe_port(service, probe).is_none()
        {
            return Err(unsupported("several ports, and none of them named in the probe", node, field([name]))
                .help("say which one: `port: …`"));
        }
    }
    if matches!(service.update.on_failure, UpdateFailure::Pause) {
        return Err(unsupported("a release on Docker cannot pause half-way", node, field(["update", "on_failure"]))
            .help("use `roll_back` or `proceed`"));
    }
    if replicas(service, Some(u32::MAX)) > 1 {
        let fixed = service.publish.keys().next().map(|port| field(["publish", port]));
        let range = service.port_ranges.iter().find(|(_, range)| range.publish.is_some());
        if let Some(at) = fixed.or_else(|| range.map(|(name, _)| field(["port_ranges", name, "publish"]))) {
            return Err(unsupported("one machine can open a port for one copy only", node, at)
                .help("run one copy, or reach the copies by a `route`"));
        }
        if let Some(group) = service.networks.iter().find(|(_, membership)| membership.address.is_some()) {
            return Err(unsupported(
                "several copies cannot have one address",
                node,
                field(["networks", group.0, "address"]),
            ));
        }
    }
    Ok(())
}

/// How many copies run: where the number follows the load, so many as are wanted, within what the program allows.
#[must_use]
pub fn replicas(service: &Service, wanted: Option<u32>) -> u32 {
    match &service.autoscale {
        Some(scale) => autoscale::within(scale, wanted.unwrap_or(0)),
        None => u32::try_from(service.replicas).unwrap_or(u32::MAX),
    }
}

/// Whether the old copy must stop before the new one starts: because the program says so, or because two cannot be side by side.
#[must_use]
pub fn stop_first(program: &Program<'_>, service: &Service) -> bool {
    match service.update.order {
        Some(UpdateOrder::StopFirst) => true,
        _ if must_be_alone(service) => true,
        Some(UpdateOrder::StartFirst) => false,
        None => service.workload().volumes.values().any(|mount| match mount {
            oal_ir::v1::Mount::Volume { volume, read_only: false, .. } => program.ir.components.get(volume).is_some_and(
                |volume| matches!(&volume.spec, Spec::Volume(volume) if matches!(volume.access, VolumeAccess::OneWriter)),
            ),
            _ => false,
        }),
    }
}

/// Whether the engine refuses a second one: a port of the machine, a fixed name or address.
fn must_be_alone(service: &Service) -> bool {
    !service.publish.is_empty()
        || service.port_ranges.values().any(|range| range.publish.is_some())
        || service.container_name.is_some()
        || service.networks.values().any(|membership| membership.address.is_some())
        || matches!(service.network_mode, NetworkMode::Host | NetworkMode::Share { .. })
}

/// The port a probe asks at; none if it asks at none, or if there are several and it names none.
#[must_use]
pub fn probe_port(service: &Service, probe: &Probe) -> Option<u16> {
    let named = match probe {
        Probe::Http { port, .. } => port.as_ref().or_else(|| service.ports.get_key_value("http").map(|(name, _)| name)),
        Probe::Tcp { port, .. } | Probe::Grpc { port, .. } => port.as_ref(),
        Probe::Exec { .. } | Probe::Off => return None,
    };
    let port = match named {
        Some(name) => service.ports.get(name),
        None if service.ports.len() == 1 => service.ports.values().next(),
        None => None,
    };
    port.map(|port| port.0.get())
}

fn workload(program: &Program<'_>, node: &NodeId, work: Workload<'_>, image: &str) -> Result<ContainerSpec, Failure> {
    refuse(node, work)?;
    let mut spec = ContainerSpec {
        image: image.to_owned(),
        platform: work.platform.clone(),
        runtime: work.runtime.clone(),
        entrypoint: work.entrypoint.clone(),
        command: work.command.clone(),
        working_dir: work.working_dir.as_ref().map(|path| path.to_string()),
        user: work.user.clone(),
        groups: work.groups.clone(),
        env: files::env(program, node, work)?,
        files: files::files(program, node, work)?,
        mounts: BTreeMap::new(),
        network: network(program, node, work),
        hostname: work.hostname.as_ref().map(|host| host.to_string()),
        extra_hosts: work.extra_hosts.iter().map(extra_host).collect(),
        links: work.links.iter().map(|(name, other)| format!("{}:{}", program.host(other), &**name)).collect(),
        dns: work.dns.servers.iter().map(|server| server.to_string()).collect(),
        dns_search: work.dns.search.iter().map(|domain| domain.to_string()).collect(),
        dns_options: work.dns.options.clone(),
        capabilities: capabilities(work),
        security: security(program, node, work)?,
        privileged: *work.privileged,
        read_only: *work.read_only,
        init: *work.init,
        sysctls: work.sysctls.clone(),
        ulimits: work.ulimits.iter().map(|(name, limit)| (name.name().to_owned(), (limit.soft, limit.hard))).collect(),
        devices: work
            .devices
            .iter()
            .map(|(path, device)| (path.to_string(), (device.host.to_string(), device.permissions.clone())))
            .collect(),
        host_ipc: matches!(work.ipc, Namespace::Host),
        host_pid: matches!(work.pid, Namespace::Host),
        stdin: *work.stdin,
        tty: *work.tty,
        log: log(work),
        limits: limits(node, work.resources)?,
        labels: work.labels.clone(),
        annotations: work.annotations.clone(),
        stop_signal: work.stop_signal.as_ref().map(signal),
        stop_seconds: work.stop_grace.0.div_ceil(1000),
        ..ContainerSpec::default()
    };
    files::mounts(program, node, work, &mut spec)?;
    Ok(spec)
}

fn refuse(node: &NodeId, work: Workload<'_>) -> Result<(), Failure> {
    if let Some(label) = work.placement.keys().next() {
        return Err(unsupported(
            "a single Docker host has no machines to choose from",
            node,
            field(["placement", label]),
        ));
    }
    if let Some(label) = work.labels.keys().find(|label| label.starts_with("helios.")) {
        return Err(unsupported(
            "labels that begin with `helios.` are the platform's own",
            node,
            field(["labels", label]),
        ));
    }
    Ok(())
}

fn network(program: &Program<'_>, node: &NodeId, work: Workload<'_>) -> NetworkSpec {
    match work.network_mode {
        NetworkMode::Groups => NetworkSpec::Networks(memberships(program, node, work.networks)),
        NetworkMode::Host => NetworkSpec::Host,
        NetworkMode::None => NetworkSpec::None,
        NetworkMode::Share { with } => NetworkSpec::Share(with.clone()),
    }
}

/// The networks a component is in: its groups, or else the one that all share.
pub(crate) fn memberships(
    program: &Program<'_>,
    node: &NodeId,
    groups: &BTreeMap<String, Membership>,
) -> BTreeMap<String, Attachment> {
    let host = program.host(node).to_owned();
    if groups.is_empty() {
        let alone = Attachment { aliases: vec![host], address: None };
        return BTreeMap::from([(program.names.network(None), alone)]);
    }
    let attachment = |membership: &Membership| Attachment {
        aliases: std::iter::once(host.clone())
            .chain(membership.aliases.iter().map(|alias| alias.to_string()))
            .collect(),
        address: membership.address.as_ref().map(|address| address.to_string()),
    };
    groups.iter().map(|(group, membership)| (program.names.network(Some(group)), attachment(membership))).collect()
}

fn extra_host((name, address): (&oal_ir::v1::Host, &HostAddress)) -> String {
    match address {
        HostAddress::Ip { address } => format!("{}:{}", &**name, &**address),
        HostAddress::Gateway => format!("{}:host-gateway", &**name),
    }
}

fn capabilities(work: Workload<'_>) -> BTreeSet<String> {
    let name = |capability: &Capability| match serde_json::to_value(capability) {
        Ok(serde_json::Value::String(name)) => name.to_ascii_uppercase(),
        _ => String::new(),
    };
    let mut set: BTreeSet<String> = DEFAULT_CAPABILITIES.iter().map(|name| (*name).to_owned()).collect();
    for capability in &work.capabilities.drop {
        match capability {
            Capability::All => set.clear(),
            capability => drop(set.remove(&name(capability))),
        }
    }
    set.extend(work.capabilities.add.iter().map(name));
    set
}

fn security(program: &Program<'_>, node: &NodeId, work: Workload<'_>) -> Result<Vec<String>, Failure> {
    let security = work.security;
    let mut options = Vec::new();
    if security.no_new_privileges {
        options.push("no-new-privileges:true".to_owned());
    }
    match &security.seccomp {
        Seccomp::Default => {}
        Seccomp::Unconfined => options.push("seccomp=unconfined".to_owned()),
        Seccomp::Profile { path } => {
            let profile = files::project_text(program, node, path, field(["security", "seccomp", "profile", "path"]))?;
            options.push(format!("seccomp={profile}"));
        }
    }
    options.extend(security.apparmor.iter().map(|profile| format!("apparmor={profile}")));
    options.extend(security.selinux.iter().map(|label| format!("label={label}")));
    Ok(options)
}

/// The program's driver and options; else files of 10 MB, of which three are kept. With a single one, readers that follow
/// would be cut off at each rotation.
fn log(work: Workload<'_>) -> (String, BTreeMap<String, String>) {
    match work.logging {
        Some(logging) => (logging.driver.clone(), logging.options.clone()),
        None => default_log(),
    }
}

/// The log of a container that says nothing of it.
#[must_use]
pub fn default_log() -> (String, BTreeMap<String, String>) {
    let options = [("max-size", "10m"), ("max-file", "3")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    ("json-file".to_owned(), BTreeMap::from(options))
}

/// Limits from what the program says, with the platform's where it says nothing.
///
/// # Errors
/// Graphics processors of a maker whose Docker does not know.
pub fn limits(node: &NodeId, resources: &Resources) -> Result<Limits, Failure> {
    let gpu = match &resources.gpu {
        Some(gpu) if !matches!(gpu.vendor, GpuVendor::Nvidia) => {
            return Err(unsupported(
                "Docker reserves graphics processors of NVIDIA only",
                node,
                field(["resources", "gpu", "vendor"]),
            )
            .help("name the `devices` instead"));
        }
        gpu => gpu.as_ref().map(|gpu| (gpu.count, gpu.capabilities.clone())),
    };
    Ok(Limits {
        cpu: resources.cpu.map(|cpu| cpu.0),
        cpu_request: resources.cpu_request.map(|cpu| cpu.0),
        cpu_set: resources.cpu_set.clone(),
        memory: resources.memory.map_or(DEFAULT_MEMORY, |memory| memory.0),
        memory_request: resources.memory_request.map(|memory| memory.0),
        swap: resources.swap.map_or(0, |swap| swap.0),
        shared_memory: resources.shared_memory.map(|memory| memory.0),
        pids: resources.pids.unwrap_or(DEFAULT_PIDS),
        gpu,
    })
}

fn signal(signal: &Signal) -> String {
    let name = match signal {
        Signal::Sigterm => "SIGTERM",
        Signal::Sigint => "SIGINT",
        Signal::Sigquit => "SIGQUIT",
        Signal::Sigkill => "SIGKILL",
        Signal::Sighup => "SIGHUP",
        Signal::Sigusr1 => "SIGUSR1",
        Signal::Sigusr2 => "SIGUSR2",
        Signal::Sigwinch => "SIGWINCH",
    };
    name.to_owned()
}

fn protocols(protocol: Option<&Protocol>) -> &'static [&'static str] {
    match protocol {
        Some(Protocol::Udp) => &["udp"],
        Some(Protocol::TcpUdp) => &["tcp", "udp"],
        Some(Protocol::Sctp) => &["sctp"],
        None | Some(Protocol::Tcp | Protocol::Http | Protocol::Https | Protocol::H2c | Protocol::Grpc) => &["tcp"],
    }
}

fn publish(node: &NodeId, service: &Service) -> Result<BTreeSet<Publish>, Failure> {
    let published = !service.publish.is_empty() || !service.publish_any.is_empty();
    if published && !matches!(service.network_mode, NetworkMode::Groups) {
        return Err(unsupported(
            "ports are published from a network of the container's own only",
            node,
            Pointer::root().join("publish"),
        ));
    }
    let mut open = BTreeSet::new();
    let address = |port: &oal_ir::v1::PortName| {
        service.publish_addresses.get(port).or(service.publish_address.as_ref()).map(|address| address.to_string())
    };
    let named = service.publish.iter().map(|(name, on)| (name, Some(on.0.get())));
    for (name, on) in named.chain(service.publish_any.iter().map(|name| (name, None))) {
        let Some(port) = service.ports.get(name) else { continue };
        for protocol in protocols(service.protocols.get(name)) {
            open.insert(Publish { port: port.0.get(), protocol, address: address(name), on });
        }
    }
    for range in service.port_ranges.values() {
        let Some(first_on) = range.publish else { continue };
        for (step, port) in (range.first.0.get()..=range.last.0.get()).enumerate() {
            let on = u16::try_from(step).ok().and_then(|step| first_on.0.get().checked_add(step));
            for protocol in protocols(Some(&range.protocol)) {
                open.insert(Publish {
                    port,
                    protocol,
                    address: service.publish_address.as_ref().map(|address| address.to_string()),
                    on,
                });
            }
        }
    }
    Ok(open)
}
