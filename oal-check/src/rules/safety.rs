//! Lints about containers that have all rights over their machine.

use super::reading::at;
use super::shape::Watch;
use super::{Rules, Visit};
use crate::diagnostic::codes;
use crate::elaborate::InstanceId;
use crate::program::EnvSet;
use crate::value::Value;
use oal_syntax::ast::ExprKind;

/// Where container engines listen.
const SOCKETS: [&str; 7] = [
    "/var/run/docker.sock",
    "/run/docker.sock",
    "/run/podman/podman.sock",
    "/var/run/podman/podman.sock",
    "/run/containerd/containerd.sock",
    "/var/run/containerd/containerd.sock",
    "/var/run/crio/crio.sock",
];

impl<'p> Rules<'_, 'p> {
    pub(super) fn privileged(&mut self, visit: &Visit<'p>) {
        let written = visit.alone(Watch::Privileged).map(|expr| visit.source.parse.tree.expr(expr).kind);
        if matches!(written, Some(ExprKind::Bool(false))) {
            return;
        }
        let id = visit.id;
        for (envs, value) in self.values(id, Watch::Privileged) {
            if value == Value::Bool(true) {
                let title = format!("{} has all rights over its machine", self.describe_body(id));
                let finding = at(&codes::PRIVILEGED, self.place(id, Watch::Privileged, &[]), title)
                    .label("can do anything there")
                    .help("name the `capabilities` or `devices` that it needs; if it does need all, say why: `allow(privileged, \"…\")`");
                self.report(envs, finding);
            }
        }
    }

    /// Mounts through which a container can command the engine: its socket, or a directory that holds it.
    pub(super) fn engine_socket(&mut self, id: InstanceId, volumes: &Value, envs: EnvSet) {
        for (path, mount) in volumes.entries() {
            if mount.variant() != Some("bind") {
                continue;
            }
            let Some(from) = mount.get("path").and_then(Value::as_text) else { continue };
            let from = from.trim_end_matches('/');
            let holds =
                |socket: &str| socket.strip_prefix(from).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            let Some(socket) = SOCKETS.into_iter().find(|socket| holds(socket)) else { continue };
            let place = self.place(id, Watch::Volumes, &[path]);
            let title = format!("{} can command the container engine of its machine", self.describe_body(id));
            let label = if from == socket { "its socket".to_owned() } else { format!("holds the socket, `{socket}`") };
            let finding = at(&codes::ENGINE_SOCKET, place, title)
                .label(label)
                .note("also where it is mounted for reading only")
                .help("do without it, or say why it is needed: `allow(engine_socket, \"…\")`");
            self.report(envs, finding);
        }
    }
}
