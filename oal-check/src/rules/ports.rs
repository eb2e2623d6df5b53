//! The ports of one component: no two with the same number and protocol, no two whose names become the same.

use super::reading::{At, at};
use super::shape::Watch;
use super::{Rules, Visit};
use crate::diagnostic::{Fix, codes};
use crate::elaborate::InstanceId;
use crate::program::{EnvSet, Place};
use crate::text::dns;
use crate::value::Value;
use oal_syntax::ast::{EntryValue, ExprKind};

/// Most ports that are compared with each other as they are written.
const FEW: usize = 8;

/// Maps whose keys are names of ports.
const SPEAKING: [Watch; 3] = [Watch::Publish, Watch::PublishAddresses, Watch::Protocols];

/// What a port speaks below: a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Transport(u8);

impl Transport {
    pub(super) const TCP: Self = Self(1);
    const UDP: Self = Self(2);
    const SCTP: Self = Self(4);

    /// By a variant of the prelude's `Protocol`.
    pub(super) fn of(protocol: Option<&str>) -> Self {
        match protocol {
            Some("udp") => Self::UDP,
            Some("sctp") => Self::SCTP,
            Some("tcp_udp") => Self(Self::TCP.0 | Self::UDP.0),
            _ => Self::TCP,
        }
    }

    pub(super) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// A port, or a run of them, of a component.
pub(super) struct Port<'v> {
    pub(super) name: &'v str,
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) transport: Transport,
    /// The first one on the machine, of a run that is published.
    pub(super) published: Option<i64>,
    pub(super) is_run: bool,
}

/// The ports that the values of `ports`, `protocols` and `port_ranges` make.
pub(super) fn ports_of<'v>(ports: &'v Value, protocols: &'v Value, runs: &'v Value) -> Vec<Port<'v>> {
    let mut all = Vec::new();
    for (name, number) in ports.entries() {
        if let Some(number) = number.as_int() {
            let transport = Transport::of(protocols.get(name).and_then(Value::variant));
            all.push(Port { name, first: number, last: number, transport, published: None, is_run: false });
        }
    }
    for (name, run) in runs.entries() {
        if let (Some(first), Some(last)) =
            (run.get("first").and_then(Value::as_int), run.get("last").and_then(Value::as_int))
        {
            let transport = Transport::of(run.get("protocol").and_then(Value::variant));
            let published = run.get("publish").and_then(Value::as_int);
            all.push(Port { name, first, last, transport, published, is_run: true });
        }
    }
    all
}

impl<'p> Rules<'_, 'p> {
    pub(super) fn ports(&mut self, visit: &Visit<'p>) {
        for watch in SPEAKING {
            if visit.says(watch) {
                self.strangers(visit.id, watch);
            }
        }
        let ranged = visit.says(Watch::PortRanges);
        if !visit.says(Watch::Ports) && !ranged {
            return;
        }
        let plain = !ranged && !visit.says(Watch::Protocols);
        let written = visit.alone(Watch::Ports).filter(|_| plain).and_then(|expr| self.entries_of(visit, expr));
        if written.is_some_and(|entries| differ(visit, entries)) {
            return;
        }
        self.clashes(visit.id);
    }

    /// Names of ports that there are not, as keys of a map that speaks of ports.
    fn strangers(&mut self, id: InstanceId, watch: Watch) {
        for (envs, [map, ports]) in self.table(id, [watch, Watch::Ports]) {
            if ports.is_unknown() {
                continue;
            }
            for (name, _) in map.entries().iter().filter(|(name, _)| ports.get(name).is_none()) {
                let known = || ports.entries().iter().map(|(known, _)| &**known);
                let place = self.entry_place(id, watch, name);
                let title = format!("{} has no port `{name}`", self.describe_body(id));
                let finding = at(&codes::UNKNOWN_PORT, place, title).label("no such port");
                let finding = match crate::suggest::closest(name, known()) {
                    Some(near) => finding.help(format!("did you mean `{near}`?")).fix(Fix::maybe(
                        format!("write `{near}`"),
                        place.file,
                        place.span,
                        near,
                    )),
                    None if known().next().is_none() => finding.help(format!("declare it: `ports: {{ {name}: … }}`")),
                    None => {
                        let names: Vec<&str> = known().take(6).collect();
                        finding.help(format!("its ports are `{}`", names.join("`, `")))
                    }
                };
                self.report(envs, finding);
            }
        }
    }

    fn clashes(&mut self, id: InstanceId) {
        for (envs, [ports, protocols, runs]) in self.table(id, [Watch::Ports, Watch::Protocols, Watch::PortRanges]) {
            let all = ports_of(&ports, &protocols, &runs);
            for (index, port) in all.iter().enumerate() {
                if port.is_run && self.run_is_wrong(id, port, envs) {
                    continue;
                }
                let before = || all.iter().take(index);
                let same = before()
                    .find(|o| o.first <= port.last && port.first <= o.last && o.transport.meets(port.transport));
                if let Some(same) = same {
                    self.same_number(id, same, port, envs);
                }
                let name = dns_name(port.name);
                if let Some(same) = before().find(|o| o.name != port.name && dns_name(o.name) == name) {
                    self.same_name(id, same, port, &name, envs);
                }
            }
        }
    }

    fn port_place(&self, id: InstanceId, port: &Port<'_>) -> Place {
        self.place(id, if port.is_run { Watch::PortRanges } else { Watch::Ports }, &[port.name])
    }

    fn same_number(&mut self, id: InstanceId, first: &Port<'_>, second: &Port<'_>, envs: EnvSet) {
        let what = self.describe_body(id);
        let (one, two) = (first.name, second.name);
        let number = first.first.max(second.first);
        let title = match (first.is_run, second.is_run) {
            (false, false) => format!("ports `{one}` and `{two}` of {what} are both {number}"),
            (true, true) => format!("port ranges `{one}` and `{two}` of {what} share port {number}"),
            _ => format!("`{two}` of {what} takes port {number}, which `{one}` has"),
        };
        let finding = at(&codes::PORT_NUMBER_CLASH, self.port_place(id, second), title)
            .label(format!("{number} again"))
            .also(self.port_place(id, first), format!("`{one}` is here"))
            .help("give one of them another number, or remove it; TCP and UDP may share one: see `protocols`");
        self.report(envs, finding);
    }

    fn same_name(&mut self, id: InstanceId, first: &Port<'_>, second: &Port<'_>, name: &str, envs: EnvSet) {
        let what = self.describe_body(id);
        let title = format!("ports `{}` and `{}` of {what} both become `{name}`", first.name, second.name);
        let finding = at(&codes::PORT_NAME_CLASH, self.port_place(id, second), title)
            .label("the same name, once `_` is `-`")
            .also(self.port_place(id, first), "the other one")
            .help("rename one of them");
        self.report(envs, finding);
    }

    /// A run that ends before it starts, or leaves the numbers that there are.
    fn run_is_wrong(&mut self, id: InstanceId, run: &Port<'_>, envs: EnvSet) -> bool {
        let what = self.describe_body(id);
        if run.first > run.last {
            let title = format!("port range `{}` of {what} ends before it starts", run.name);
            let finding = at(&codes::EMPTY_RANGE, self.port_place(id, run), title)
                .label(format!("from {} to {}", run.first, run.last))
                .help("swap `first` and `last`");
            self.report(envs, finding);
            return true;
        }
        let end = run.published.map_or(0, |first| first + (run.last - run.first));
        if end > i64::from(u16::MAX) {
            let title = format!("port range `{}` of {what} would end at port {end} of the machine", run.name);
            let finding = at(&codes::BAD_PORT, self.place(id, Watch::PortRanges, &[run.name, "publish"]), title)
                .label("ports go from 1 to 65535")
                .help("publish it further down, or make it shorter");
            self.report(envs, finding);
            return true;
        }
        false
    }
}

/// Whether all ports that an object writes out have numbers and names of their own, as far as a glance can tell.
fn differ(visit: &Visit<'_>, entries: &[oal_syntax::ast::Entry]) -> bool {
    let text = visit.source.text.as_bytes();
    let mut numbers = [0_u32; FEW];
    for (count, entry) in entries.iter().enumerate() {
        let EntryValue::Set(value) = entry.value else { return false };
        let expr = visit.source.parse.tree.expr(value);
        // Plain small names are a name each: only `-` and capitals can make two the same.
        let plain =
            text.get(entry.key.start as usize).is_some_and(|first| first.is_ascii_lowercase() || *first == b'_');
        if !plain || !matches!(expr.kind, ExprKind::Number) {
            return false;
        }
        let mut number = 0_u32;
        for byte in text.get(expr.span.start as usize..expr.span.end as usize).unwrap_or_default() {
            match byte {
                b'0'..=b'9' => number = number.wrapping_mul(10).wrapping_add(u32::from(byte - b'0')),
                b'_' => {}
                _ => return false,
            }
        }
        if numbers.iter().take(count).any(|other| *other == number) {
            return false;
        }
        let Some(place) = numbers.get_mut(count) else { return false };
        *place = number;
    }
    true
}

fn dns_name(port: &str) -> String {
    dns::name(port).to_ascii_lowercase()
}
