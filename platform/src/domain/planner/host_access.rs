//! What a program asks of the machine itself rather than of its containers: whoever has it is as good as root there. It is let
//! through where the setting `host_access` is on, as on one's own machine with `helios up`; a platform that several people deploy
//! to has it off.

use helios_client::{Failure, FailureKind};
use oal_ir::v1::{Capability, Mount, Namespace, NetworkMode, Spec, Volume, Workload};
use oal_ir::{Ir, NodeId, Pointer};

use crate::domain::outputs::field;

/// File systems of volumes that have nothing of the machine in them.
const HARMLESS: [&str; 4] = ["nfs", "nfs4", "cifs", "tmpfs"];

/// Everything in a program that reaches the machine, each as a failure at its field.
#[must_use]
pub fn host_access(ir: &Ir) -> Vec<Failure> {
    let mut found = Vec::new();
    for (node, component) in &ir.components {
        let mut refuse = |at: Pointer, what: &str| found.push(refused(node, at, what));
        if let Some(work) = component.spec.workload() {
            workload(work, &mut refuse);
        }
        if let Spec::Volume(spec) = &component.spec {
            volume(spec, &mut refuse);
        }
    }
    found
}

fn refused(node: &NodeId, at: Pointer, what: &str) -> Failure {
    let message = format!("{what}, and this platform keeps programs away from its machine");
    let help = "leave it out here; whoever runs the platform can allow it to all who deploy: `helios serve --host-access` \
                or HELIOS_HOST_ACCESS=true";
    Failure::new(FailureKind::Unsupported, "", message).of(node.clone()).at(at).help(help)
}

fn workload(work: Workload<'_>, refuse: &mut impl FnMut(Pointer, &str)) {
    for (path, mount) in work.volumes {
        if let Mount::Bind { path: source, .. } = mount
            && source.starts_with('/')
        {
            refuse(field(["volumes", path]), &format!("`{}` is a path of the machine", &**source));
        }
    }
    if *work.privileged {
        refuse(field(["privileged"]), "`privileged` makes its program root of the machine");
    }
    for (path, device) in work.devices {
        refuse(field(["devices", path]), &format!("`{}` is a device of the machine", &*device.host));
    }
    if matches!(work.network_mode, NetworkMode::Host) {
        refuse(field(["network_mode"]), "the network `host` is the machine's own");
    }
    for (name, namespace) in [("pid", work.pid), ("ipc", work.ipc)] {
        if matches!(namespace, Namespace::Host) {
            refuse(field([name]), &format!("`{name}: host` shows its program what others run on the machine"));
        }
    }
    for (index, capability) in work.capabilities.add.iter().enumerate() {
        if reaches_the_machine(capability) {
            refuse(field(["capabilities", "add", &index.to_string()]), "this capability is not bounded by a container");
        }
    }
}

fn volume(spec: &Volume, refuse: &mut impl FnMut(Pointer, &str)) {
    if let Some(existing) = &spec.existing {
        refuse(field(["existing"]), &format!("`{existing}` is a volume that somebody made on the machine"));
    }
    // The engine's own driver hands them to mount(8): `type: none, o: bind, device: /` is the whole machine.
    let kind = spec.driver_options.get("type").map(|kind| kind.to_ascii_lowercase());
    let mounts = ["type", "device", "o"].iter().any(|name| spec.driver_options.contains_key(*name));
    if mounts && !kind.is_some_and(|kind| HARMLESS.contains(&kind.as_str())) {
        refuse(field(["driver_options"]), "a volume with these options can be any disk or path of the machine");
    }
}

/// Whether a capability (capabilities(7)) reaches beyond the container: the kernel, devices, files or the clock of all.
const fn reaches_the_machine(capability: &Capability) -> bool {
    match capability {
        Capability::All
        | Capability::Bpf
        | Capability::DacReadSearch
        | Capability::Perfmon
        | Capability::SysAdmin
        | Capability::SysBoot
        | Capability::SysModule
        | Capability::SysPacct
        | Capability::SysPtrace
        | Capability::SysRawio
        | Capability::SysTime
        | Capability::Syslog
        | Capability::WakeAlarm => true,
        Capability::AuditWrite
        | Capability::Chown
        | Capability::DacOverride
        | Capability::Fowner
        | Capability::Fsetid
        | Capability::IpcLock
        | Capability::Kill
        | Capability::Mknod
        | Capability::NetAdmin
        | Capability::NetBindService
        | Capability::NetBroadcast
        | Capability::NetRaw
        | Capability::Setfcap
        | Capability::Setgid
        | Capability::Setpcap
        | Capability::Setuid
        | Capability::SysChroot
        | Capability::SysNice
        | Capability::SysResource
        | Capability::SysTtyConfig => false,
    }
}
