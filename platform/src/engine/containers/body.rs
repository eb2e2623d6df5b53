//! A container's spec in the engine's words.

use std::collections::HashMap;

use bollard::models::{
    ContainerCreateBody, DeviceMapping, DeviceRequest, EndpointIpamConfig, EndpointSettings, HealthConfig, HostConfig,
    HostConfigLogConfig, Mount, MountTmpfsOptions, MountType, NetworkingConfig, PortBinding, ResourcesUlimits,
    RestartPolicy, RestartPolicyNameEnum,
};

use super::NewContainer;
use crate::domain::container::{Attachment, ContainerSpec, EngineProbe, Limits, MountSpec, NetworkSpec, RestartSpec};

pub(super) fn of(new: &NewContainer<'_>) -> ContainerCreateBody {
    let spec = new.spec;
    let mut labels: HashMap<String, String> = spec.labels.clone().into_iter().collect();
    // Before version 1.43 of its API the engine has no annotations.
    labels.extend(spec.annotations.clone());
    labels.extend(new.labels.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    let exposed: Vec<String> = spec.publish.iter().map(|open| format!("{}/{}", open.port, open.protocol)).collect();
    ContainerCreateBody {
        image: Some(spec.image.clone()),
        entrypoint: spec.entrypoint.clone(),
        cmd: spec.command.clone(),
        working_dir: spec.working_dir.clone(),
        user: spec.user.clone(),
        env: Some(spec.env.iter().map(|(name, value)| format!("{name}={value}")).collect()),
        hostname: spec.hostname.clone(),
        exposed_ports: (!exposed.is_empty()).then_some(exposed),
        tty: Some(spec.tty),
        open_stdin: Some(spec.stdin),
        healthcheck: spec.probe.as_ref().map(probe),
        labels: Some(labels),
        stop_signal: spec.stop_signal.clone(),
        stop_timeout: i64::try_from(spec.stop_seconds).ok(),
        host_config: Some(host(new)),
        networking_config: networking(spec),
        ..ContainerCreateBody::default()
    }
}

fn host(new: &NewContainer<'_>) -> HostConfig {
    let spec = new.spec;
    let network = match &spec.network {
        NetworkSpec::Networks(networks) => networks.keys().next().cloned(),
        NetworkSpec::Host => Some("host".to_owned()),
        NetworkSpec::None => Some("none".to_owned()),
        NetworkSpec::Share(_) => new.share.as_ref().map(|container| format!("container:{container}")),
    };
    let machine = |host: bool| host.then(|| "host".to_owned());
    let mut config = HostConfig {
        network_mode: network,
        port_bindings: Some(ports(spec)),
        restart_policy: Some(restart(spec.restart)),
        mounts: Some(mounts(new)),
        group_add: Some(spec.groups.clone()),
        extra_hosts: Some(spec.extra_hosts.clone()),
        dns: Some(spec.dns.clone()),
        dns_search: Some(spec.dns_search.clone()),
        dns_options: Some(spec.dns_options.clone()),
        cap_drop: Some(vec!["ALL".to_owned()]),
        cap_add: Some(spec.capabilities.iter().cloned().collect()),
        security_opt: Some(spec.security.clone()),
        privileged: Some(spec.privileged),
        readonly_rootfs: Some(spec.read_only),
        init: Some(spec.init),
        sysctls: Some(spec.sysctls.clone().into_iter().collect()),
        runtime: spec.runtime.clone(),
        ipc_mode: machine(spec.host_ipc).or_else(|| Some("private".to_owned())),
        pid_mode: machine(spec.host_pid),
        log_config: Some(HostConfigLogConfig {
            typ: Some(spec.log.0.clone()),
            config: Some(spec.log.1.clone().into_iter().collect()),
        }),
        ulimits: Some(spec.ulimits.iter().map(ulimit).collect()),
        devices: Some(spec.devices.iter().map(device).collect()),
        ..HostConfig::default()
    };
    limit(&mut config, &spec.limits);
    config
}

fn limit(config: &mut HostConfig, limits: &Limits) {
    let bytes = |bytes: u64| i64::try_from(bytes).ok();
    config.memory = bytes(limits.memory);
    config.memory_swap = bytes(limits.memory.saturating_add(limits.swap));
    config.memory_reservation = limits.memory_request.and_then(bytes);
    config.shm_size = limits.shared_memory.and_then(bytes);
    config.pids_limit = bytes(limits.pids);
    // Thousandths of a core in billionths.
    config.nano_cpus = limits.cpu.and_then(|cpu| i64::try_from(cpu.saturating_mul(1_000_000)).ok());
    // A whole core weighs 1024.
    config.cpu_shares = limits.cpu_request.and_then(|cpu| i64::try_from((cpu.saturating_mul(1024) / 1000).max(2)).ok());
    config.cpuset_cpus = limits.cpu_set.clone();
    config.device_requests = limits.gpu.as_ref().map(|(count, capabilities)| {
        let mut wanted = vec!["gpu".to_owned()];
        wanted.extend(capabilities.iter().filter(|name| *name != "gpu").cloned());
        vec![DeviceRequest {
            driver: Some("nvidia".to_owned()),
            count: i64::try_from(*count).ok(),
            capabilities: Some(vec![wanted]),
            ..DeviceRequest::default()
        }]
    });
}

fn ulimit((name, (soft, hard)): (&String, &(i64, i64))) -> ResourcesUlimits {
    ResourcesUlimits { name: Some(name.clone()), soft: Some(*soft), hard: Some(*hard) }
}

fn device((path, (host, permissions)): (&String, &(String, String))) -> DeviceMapping {
    DeviceMapping {
        path_on_host: Some(host.clone()),
        path_in_container: Some(path.clone()),
        cgroup_permissions: Some(permissions.clone()),
    }
}

fn ports(spec: &ContainerSpec) -> HashMap<String, Option<Vec<PortBinding>>> {
    let mut ports: HashMap<String, Option<Vec<PortBinding>>> = HashMap::new();
    for open in &spec.publish {
        let binding = PortBinding { host_ip: open.address.clone(), host_port: open.on.map(|port| port.to_string()) };
        let bindings = ports.entry(format!("{}/{}", open.port, open.protocol)).or_default();
        bindings.get_or_insert_default().push(binding);
    }
    ports
}

fn mounts(new: &NewContainer<'_>) -> Vec<Mount> {
    // Unlike `binds`, a mount whose source is missing is an error, not an empty directory of root's.
    let bind = |target: &str, source: String, read_only: bool| Mount {
        target: Some(target.to_owned()),
        source: Some(source),
        typ: Some(MountType::BIND),
        read_only: Some(read_only),
        ..Mount::default()
    };
    let mount = |(target, mount): (&String, &MountSpec)| match mount {
        MountSpec::Bind { path, read_only } => bind(target, path.clone(), *read_only),
        MountSpec::Volume { name, read_only } => {
            Mount { typ: Some(MountType::VOLUME), ..bind(target, name.clone(), *read_only) }
        }
        MountSpec::Scratch => Mount { target: Some(target.clone()), typ: Some(MountType::VOLUME), ..Mount::default() },
        MountSpec::Tmpfs { size, mode } => Mount {
            target: Some(target.clone()),
            typ: Some(MountType::TMPFS),
            tmpfs_options: Some(MountTmpfsOptions {
                size_bytes: size.and_then(|size| i64::try_from(size).ok()),
                mode: Some(i64::from(*mode)),
                ..MountTmpfsOptions::default()
            }),
            ..Mount::default()
        },
    };
    let files = new.files.iter().map(|(target, source)| bind(target, source.display().to_string(), true));
    new.spec.mounts.iter().map(mount).chain(files).collect()
}

/// With the first network only; see [`super::Engine::create_container`].
fn networking(spec: &ContainerSpec) -> Option<NetworkingConfig> {
    let NetworkSpec::Networks(networks) = &spec.network else { return None };
    let (name, attachment) = networks.iter().next()?;
    let endpoints = HashMap::from([(name.clone(), endpoint(attachment, &spec.links))]);
    Some(NetworkingConfig { endpoints_config: Some(endpoints) })
}

pub(super) fn endpoint(attachment: &Attachment, links: &[String]) -> EndpointSettings {
    let address = attachment.address.as_ref().map(|address| {
        let (ipv4_address, ipv6_address) =
            if address.contains(':') { (None, Some(address.clone())) } else { (Some(address.clone()), None) };
        EndpointIpamConfig { ipv4_address, ipv6_address, link_local_ips: None }
    });
    EndpointSettings {
        aliases: Some(attachment.aliases.clone()),
        ipam_config: address,
        links: (!links.is_empty()).then(|| links.to_vec()),
        ..EndpointSettings::default()
    }
}

fn probe(probe: &EngineProbe) -> HealthConfig {
    match probe {
        EngineProbe::Off => HealthConfig { test: Some(vec!["NONE".to_owned()]), ..HealthConfig::default() },
        EngineProbe::Command { command, every, timeout, retries, start_period } => {
            let nanoseconds = |milliseconds: u64| i64::try_from(milliseconds.saturating_mul(1_000_000)).ok();
            HealthConfig {
                test: Some(std::iter::once("CMD".to_owned()).chain(command.iter().cloned()).collect()),
                interval: nanoseconds(*every),
                timeout: nanoseconds(*timeout),
                retries: i64::try_from(*retries).ok(),
                start_period: nanoseconds(*start_period),
                ..HealthConfig::default()
            }
        }
    }
}

pub(super) fn restart(restart: RestartSpec) -> RestartPolicy {
    let (name, count) = match restart {
        RestartSpec::Never => (RestartPolicyNameEnum::NO, None),
        RestartSpec::Always => (RestartPolicyNameEnum::ALWAYS, None),
        RestartSpec::UnlessStopped => (RestartPolicyNameEnum::UNLESS_STOPPED, None),
        RestartSpec::OnFailure(count) => (RestartPolicyNameEnum::ON_FAILURE, i64::try_from(count).ok()),
    };
    RestartPolicy { name: Some(name), maximum_retry_count: count }
}

pub(super) fn restart_of(policy: RestartPolicy) -> RestartSpec {
    match policy.name {
        Some(RestartPolicyNameEnum::ALWAYS) => RestartSpec::Always,
        Some(RestartPolicyNameEnum::UNLESS_STOPPED) => RestartSpec::UnlessStopped,
        Some(RestartPolicyNameEnum::ON_FAILURE) => {
            RestartSpec::OnFailure(policy.maximum_retry_count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
        }
        _ => RestartSpec::Never,
    }
}
