//! Fields that rules bind to each other: written together, so that the rules hold. All other fields are written by their types.

use super::exprs::Code;
use super::model::{Ty, Val};
use super::prelude::Kind;
use super::{Maker, Place};

/// What is settled about a component before its fields are written.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// Whether there may be several copies.
    pub(super) many: bool,
    pub(super) http_ports: Vec<String>,
    pub(super) has_url: bool,
    pub(super) has_health: bool,
    pub(super) on_release: bool,
    pub(super) shared: bool,
}

/// Fields that are written together with others, by the kind that declares or has them; `*` stands for all kinds.
const PLANNED: &[(&str, &[&str])] = &[
    (
        "service",
        &[
            "image",
            "build",
            "networks",
            "network_mode",
            "volumes",
            "files",
            "resources",
            "after",
            "after_started",
            "after_healthy",
            "after_completed",
            "links",
            "ulimits",
            "ports",
            "publish",
            "publish_any",
            "publish_addresses",
            "protocols",
            "port_ranges",
            "replicas",
            "autoscale",
            "health",
            "ready",
            "update",
            "container_name",
            "env",
        ],
    ),
    (
        "job",
        &[
            "image",
            "build",
            "networks",
            "network_mode",
            "volumes",
            "files",
            "resources",
            "after",
            "after_started",
            "after_healthy",
            "after_completed",
            "links",
            "ulimits",
            "schedule",
            "timeout",
            "on",
            "env",
        ],
    ),
    ("database", &["engine", "extensions", "publish", "resources", "networks", "backup"]),
    ("cache", &["engine", "storage", "password", "publish", "resources", "networks"]),
    ("queue", &["engine", "publish", "resources", "networks"]),
    ("volume", &["size", "existing", "access"]),
    ("secret", &["generate", "from"]),
    ("route", &["host", "path", "path_match", "to", "aliases", "redirect_from", "allow_from", "tls"]),
];

/// Groups that `app` declares in every program.
pub(super) const NETWORKS: [&str; 2] = ["front", "back"];

impl Plan {
    pub(super) const fn new(many: bool) -> Self {
        Self { many, http_ports: Vec::new(), has_url: false, has_health: false, on_release: false, shared: false }
    }

    #[expect(clippy::unused_self, reason = "reads as a question to the plan")]
    pub(super) fn is_planned(&self, kind: &str, field: &str) -> bool {
        PLANNED.iter().any(|(of, fields)| *of == kind && fields.contains(&field))
    }
}

impl Maker<'_> {
    /// The fields of a kind that are written together.
    pub(super) fn special(&mut self, kind: &Kind, plan: &mut Plan, at: Place) -> Vec<String> {
        match &*kind.name {
            "service" => self.service(kind, plan, at),
            "job" => self.job(kind, plan, at),
            "database" => self.database(at),
            "cache" => self.cache(at),
            "queue" => self.queue(at),
            "volume" => self.volume(plan),
            "secret" => self.secret(),
            _ => Vec::new(),
        }
    }

    fn database(&mut self, at: Place) -> Vec<String> {
        let engine = self.c.of(&["postgres", "mysql", "mariadb", "mongodb"]);
        let mut entries = vec![format!("engine: {engine}")];
        if engine == "postgres" && self.c.once_in(3) {
            entries.push("extensions: [\"pg_trgm\"]".to_owned());
        }
        if self.c.once_in(4) {
            let to = self.some_component("bucket", at).map_or_else(String::new, |code| format!(", to: {}", code.text));
            entries.push(format!("backup: {{ keep: 14d{to} }}"));
        }
        self.kept(&mut entries);
        entries
    }

    fn cache(&mut self, at: Place) -> Vec<String> {
        let engine = self.c.of(&["redis", "valkey", "memcached"]);
        let mut entries = vec![format!("engine: {engine}")];
        if engine != "memcached" && self.c.once_in(3) {
            entries.push("storage: 2GiB".to_owned());
        }
        if engine != "memcached" && self.c.once_in(3) {
            self.fuel = 6;
            let password = self.leveled(oal_check::types::Level::Secret, &Ty::String, at);
            entries.extend(password.map(|code| format!("password: {}", code.text)));
        }
        self.kept(&mut entries);
        entries
    }

    fn queue(&mut self, _: Place) -> Vec<String> {
        let mut entries = vec![format!("engine: {}", self.c.of(&["nats", "rabbitmq", "kafka"]))];
        self.kept(&mut entries);
        entries
    }

    /// What databases, caches and queues have in common.
    fn kept(&mut self, entries: &mut Vec<String>) {
        if self.c.once_in(6) {
            entries.push(format!("publish: {}", self.free_port()));
        }
        if self.c.once_in(4) {
            entries.push(self.resources());
        }
        if self.c.once_in(6) {
            entries.push(self.networks());
        }
    }

    fn volume(&mut self, plan: &mut Plan) -> Vec<String> {
        let mut entries = Vec::new();
        match self.c.below(3) {
            0 => {}
            1 => entries.push("size: 10GiB".to_owned()),
            _ => entries.push(format!("existing: \"archive-{}\"", self.c.below(9))),
        }
        if self.c.once_in(2) {
            plan.shared = true;
            entries.push("access: many_writers".to_owned());
        }
        entries
    }

    fn secret(&mut self) -> Vec<String> {
        match self.c.below(4) {
            0 => vec![format!("generate: {}", 8 + self.c.below(60))],
            1 => vec!["from: file(path: \"./certs/key.pem\")".to_owned()],
            2 => vec!["from: store(\"shop/token\")".to_owned(), "generate: null".to_owned()],
            _ => Vec::new(),
        }
    }

    /// Limits and reservations that fit each other.
    pub(super) fn resources(&mut self) -> String {
        let mut all = Vec::new();
        if self.c.once_in(2) {
            all.push("cpu: 500m");
            if self.c.once_in(2) {
                all.push("cpu_request: 0.25");
            }
        }
        if self.c.once_in(2) {
            all.push("memory: 512MiB");
            if self.c.once_in(2) {
                all.push("memory_request: 512MiB");
            }
        }
        if self.c.once_in(4) {
            all.push("pids: 100");
        }
        if self.c.once_in(6) {
            all.push("gpu: { count: 2, vendor: amd }");
        }
        if self.c.once_in(6) {
            all.push("cpu_set: \"0-3\"");
        }
        format!("resources: {}", super::literals::braces(&all.iter().map(ToString::to_string).collect::<Vec<_>>()))
    }

    pub(super) fn networks(&mut self) -> String {
        let own = if self.c.once_in(2) { "{}" } else { "{ aliases: [\"db\"] }" };
        match self.c.below(3) {
            0 => format!("networks: {{ {}: {own} }}", NETWORKS[0]),
            1 => format!("networks: {{ {}: {own} }}", NETWORKS[1]),
            _ => format!("networks: {{ {}: {own}, {}: {{}} }}", NETWORKS[0], NETWORKS[1]),
        }
    }

    /// A port of the machine that nothing else opens.
    pub(super) fn free_port(&mut self) -> usize {
        self.serial += 1;
        1024 + self.serial
    }

    /// Values of an own type that the plan has settled.
    pub(super) fn settled(&mut self, val: Val, ty: &Ty, at: Place) -> Code {
        self.fuel = 4;
        let vals = self.same(val);
        self.told(&vals, ty, at)
    }
}
