//! Services, jobs and routes: the fields that rules bind to each other.

use super::model::{Ty, Val};
use super::prelude::{self, Kind};
use super::samples;
use super::special::Plan;
use super::{Maker, Place};
use oal_check::text::TextType;

impl Maker<'_> {
    pub(super) fn service(&mut self, kind: &Kind, plan: &mut Plan, at: Place) -> Vec<String> {
        let mut entries = self.workload(kind, plan, at);
        let names = self.ports(plan, &mut entries);
        self.copies(kind, plan, at, &mut entries);
        if !plan.many && !names.is_empty() && self.c.once_in(3) {
            let port = self.free_port();
            entries.push(format!("publish: {{ {}: {port} }}", names[0]));
            if self.c.once_in(2) {
                entries.push(format!("publish_addresses: {{ {}: \"127.0.0.1\" }}", names[0]));
            }
            entries.push("update: { order: stop_first }".to_owned());
        } else if self.c.once_in(6) {
            entries.push("update: { parallelism: 2, on_failure: pause, monitor: 10s }".to_owned());
        }
        if let Some(port) = plan.http_ports.first().cloned() {
            if self.c.chance(2, 3) {
                plan.has_health = true;
                entries.push(format!("health: {}", self.probe(&port, at)));
            }
            if self.c.once_in(5) {
                entries.push(format!("ready: {}", self.probe(&port, at)));
            }
        }
        entries
    }

    /// What services and jobs have in common.
    fn workload(&mut self, kind: &Kind, plan: &Plan, at: Place) -> Vec<String> {
        let mut entries = Vec::new();
        self.fuel = 4;
        if self.c.once_in(3) {
            let build = kind.fields.iter().find(|field| field.name == "build").map(|field| field.ty.clone());
            let build = build.and_then(|ty| match ty {
                Ty::Optional(inner) => self.any(&inner, at),
                _ => None,
            });
            entries.push(format!("build: {}", build.map_or_else(|| "{}".to_owned(), |code| code.text)));
        } else {
            let vals = self.values(&Ty::Text(TextType::Image), at);
            let image = self.told(&vals, &Ty::Text(TextType::Image), at);
            entries.push(format!("image: {}", image.text));
        }
        match self.c.below(8) {
            6 => entries.push(self.networks()),
            7 => entries.push(format!("network_mode: {}", self.c.of(&["groups", "none"]))),
            _ => {}
        }
        if self.c.once_in(3) {
            self.variables(at, &mut entries);
        }
        if self.c.once_in(4) {
            entries.push(self.resources());
        }
        self.mounts(plan, at, &mut entries);
        self.waits(at, &mut entries);
        if self.c.once_in(8) {
            entries
                .push("ulimits: { nofile: { soft: 1024, hard: 65536 }, memlock: { soft: -1, hard: -1 } }".to_owned());
        }
        entries
    }

    fn variables(&mut self, at: Place, entries: &mut Vec<String>) {
        let mut all = Vec::new();
        for _ in 0..1 + self.c.below(4) {
            self.serial += 1;
            let key = samples::variable(self.serial, &mut self.c);
            self.fuel = 8;
            if let Some(value) = self.leveled(oal_check::types::Level::Secret, &Ty::String, at) {
                all.push(format!("{key}: {}", value.text));
            }
        }
        entries.push(format!("env: {}", super::literals::braces(&all)));
    }

    fn mounts(&mut self, plan: &Plan, at: Place, entries: &mut Vec<String>) {
        if self.c.once_in(4) {
            let mut all = Vec::new();
            for index in 0..1 + self.c.below(3) {
                let many = plan.many;
                let mount = match self.c.below(5) {
                    0 => "tmpfs".to_owned(),
                    1 => "scratch(size: 1GiB)".to_owned(),
                    2 => "bind(path: \"./data\", read_only: true)".to_owned(),
                    3 => "tmpfs(64MiB)".to_owned(),
                    _ => {
                        let volume = self.component_where(at, |component| {
                            component.bases.iter().any(|base| base == "volume") && component.shared
                        });
                        match volume {
                            Some(index) => {
                                let volume = self.components[index].clone();
                                let root = self.refer(volume.file, &volume.root, at);
                                format!("volume({root}{}, read_only: {many})", volume.rest)
                            }
                            None => "tmpfs()".to_owned(),
                        }
                    }
                };
                all.push(format!("\"/mnt/{index}\": {mount}"));
            }
            entries.push(format!("volumes: {}", super::literals::braces(&all)));
        }
        if self.c.once_in(4) {
            self.fuel = 6;
            let text = self.leveled(oal_check::types::Level::Secret, &Ty::String, at);
            let mut all = Vec::new();
            all.extend(text.map(|code| format!("\"/etc/app.conf\": text(text: {}, mode: \"0400\")", code.text)));
            if let Some(config) = self.some_component("config", at) {
                all.push(format!("\"/etc/conf.d\": config(config: {})", config.text));
            }
            all.push("\"/etc/motd\": file(path: \"./motd\")".to_owned());
            entries.push(format!("files: {}", super::literals::braces(&all)));
        }
    }

    /// Whom it waits for.
    fn waits(&mut self, at: Place, entries: &mut Vec<String>) {
        if self.c.once_in(4) {
            let mut all = Vec::new();
            for _ in 0..1 + self.c.below(2) {
                let kind = self.c.of(&["service", "job", "database", "cache", "queue"]);
                all.extend(self.some_component(kind, at).map(|code| code.text));
            }
            all.dedup();
            entries.push(format!("after: [{}]", all.join(", ")));
        }
        if self.c.once_in(8)
            && let Some(code) = self.some_component("service", at)
        {
            entries.push(format!("after_started: [{}]", code.text));
            entries.push(format!("links: {{ db: {} }}", code.text));
        }
        if self.c.once_in(8)
            && let Some(index) = self.component_where(at, |component| component.has_health)
        {
            let service = self.components[index].clone();
            let root = self.refer(service.file, &service.root, at);
            entries.push(format!("after_healthy: [{root}{}]", service.rest));
        }
        if self.c.once_in(8)
            && let Some(code) = self.some_component("job", at)
        {
            entries.push(format!("after_completed: [{}]", code.text));
        }
    }

    /// Ports with different numbers; all speak HTTP but the one that says otherwise.
    fn ports(&mut self, plan: &mut Plan, entries: &mut Vec<String>) -> Vec<String> {
        let count = self.c.below(4);
        let names: Vec<String> = ["http", "admin", "raw_1"].into_iter().take(count).map(str::to_owned).collect();
        if names.is_empty() {
            return names;
        }
        let base = 2000 + 10 * self.c.below(100);
        let all: Vec<String> = names.iter().enumerate().map(|(at, name)| format!("{name}: {}", base + at)).collect();
        entries.push(format!("ports: {}", super::literals::braces(&all)));
        plan.http_ports.clone_from(&names);
        plan.has_url = true;
        if names.len() == 3 {
            let protocol = self.c.of(&["udp", "tcp", "tcp_udp", "sctp", "grpc"]);
            entries.push(format!("protocols: {{ raw_1: {protocol} }}"));
            plan.http_ports.pop();
        }
        if self.c.once_in(8) {
            entries.push(format!(
                "port_ranges: {{ media: {{ first: {}, last: {}, protocol: udp }} }}",
                base + 4000,
                base + 4003
            ));
        }
        if self.c.once_in(8) {
            entries.push("publish_any: [http]".to_owned());
        }
        names
    }

    fn copies(&mut self, kind: &Kind, plan: &Plan, at: Place, entries: &mut Vec<String>) {
        match (plan.many, self.c.below(4)) {
            (true, 0) => entries.push("autoscale: { min: 1, max: 4, cpu: 70% }".to_owned()),
            (true, 1 | 2) => {
                let copies = self.c.between(0, 12);
                let ty = kind.fields.iter().find(|field| field.name == "replicas").map(|field| field.ty.clone());
                let code = self.settled(Val::Int(copies), &ty.unwrap_or(Ty::Int), at);
                entries.push(format!("replicas: {}", code.text));
            }
            (false, 0) => {
                let name = self.fresh(&["box"]);
                entries.push(format!("container_name: \"{name}\""));
            }
            _ => {}
        }
    }

    fn probe(&mut self, port: &str, at: Place) -> String {
        match self.c.below(6) {
            0 => "http".to_owned(),
            1 => format!("tcp(port: {port}, every: 20s)"),
            2 => "exec([\"true\"], timeout: 2s)".to_owned(),
            3 => format!("grpc({port})"),
            _ => {
                let vals = self.values(&Ty::Text(TextType::HttpPath), at);
                let path = self.told(&vals, &Ty::Text(TextType::HttpPath), at);
                format!("http(path: {}, port: {port}, retries: 5)", path.text)
            }
        }
    }

    pub(super) fn job(&mut self, kind: &Kind, plan: &mut Plan, at: Place) -> Vec<String> {
        let mut entries = self.workload(kind, plan, at);
        match self.c.below(4) {
            0 => {
                plan.on_release = true;
                entries.push("on: release".to_owned());
            }
            1 => {
                let vals = self.values(&Ty::Text(TextType::Cron), at);
                let schedule = self.told(&vals, &Ty::Text(TextType::Cron), at);
                entries.push(format!("schedule: {}", schedule.text));
                entries.push("timeout: 15min".to_owned());
            }
            2 => entries.push("timeout: 3h".to_owned()),
            _ => {}
        }
        entries
    }

    /// A route to a port that speaks HTTP, under a host of its own.
    pub(super) fn declare_route(&mut self) {
        let file = self.some_file();
        let place = self.top(file);
        let Some(index) = self.component_where(place, |component| !component.http_ports.is_empty()) else { return };
        let service = self.components[index].clone();
        let port = service.http_ports[self.c.below(service.http_ports.len())].clone();
        let root = self.refer(service.file, &service.root, place);
        let mut entries = vec![format!("to: {root}{}.{port}", service.rest)];
        self.serial += 1;
        let host = format!("r{}.example.net", self.serial);
        self.fuel = 4;
        let vals = self.same(Val::text(&host));
        let code = self.told(&vals, &Ty::Text(TextType::Host), place);
        entries.push(format!("host: {}", code.text));
        if self.c.once_in(3) {
            entries.push(format!("path: \"/p{}\"", self.serial));
            entries.push(format!("path_match: {}", self.c.of(&["prefix", "exact"])));
        }
        if self.c.once_in(4) {
            entries.push(format!("aliases: [\"a{}.example.net\", \"*.w{}.example.net\"]", self.serial, self.serial));
            entries.push(format!("redirect_from: [\"b{}.example.net\"]", self.serial));
        }
        if self.c.once_in(4) {
            entries.push("allow_from: [\"10.0.0.0/8\"]".to_owned());
        }
        if self.c.once_in(4) {
            entries.push(format!("tls: {}", self.c.of(&["off", "automatic"])));
        }
        let kind = prelude::kind("route");
        let plan = Plan::new(false);
        let (more, tracked) = self.fields(kind, &mut plan.clone(), place, false);
        entries.extend(more);
        let name = self.fresh(&["site", "route"]);
        let guard = super::components::Guard::None;
        let text = self.component_text("route", &name, &guard, entries);
        self.declare(file, text);
        let mask = place.mask;
        self.made(kind, &name, file, &guard, mask, &plan);
        let tracked = self.overridden(&name, file, tracked);
        self.remember(&name, file, &guard, mask, &tracked);
    }
}
