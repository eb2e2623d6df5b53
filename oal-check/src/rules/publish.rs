//! Ports of the machine: each is opened once, for one protocol at one address, and by one copy.

use super::Rules;
use super::ports::{Transport, ports_of};
use super::reading::{At, at};
use super::shape::{Class, Watch};
use crate::diagnostic::codes;
use crate::elaborate::InstanceId;
use crate::program::{EnvSet, Place};
use crate::value::Value;
use rustc_hash::FxHashSet;
use std::net::IpAddr;

/// A run of ports that a component opens on the machine.
struct Opening {
    first: i64,
    last: i64,
    transport: Transport,
    address: Address,
    envs: EnvSet,
    id: InstanceId,
    /// In the order of the source.
    rank: usize,
    place: Place,
}

impl Opening {
    fn meets(&self, other: &Self) -> bool {
        let same_address = match (self.address, other.address) {
            (Address::One(one), Address::One(two)) => one == two,
            (Address::Unclear, _) | (_, Address::Unclear) => false,
            _ => true,
        };
        same_address && self.transport.meets(other.transport)
    }
}

/// Where a port is opened.
#[derive(Clone, Copy)]
enum Address {
    /// At all addresses of the machine.
    All,
    One(IpAddr),
    /// Nobody knows: something is wrong with it already.
    Unclear,
}

impl Rules<'_, '_> {
    pub(super) fn published(&mut self) {
        let ids = std::mem::take(&mut self.found.publishing);
        let mut openings = Vec::new();
        for (rank, id) in self.in_order(ids).into_iter().enumerate() {
            let from = openings.len();
            if self.class(id) == Class::Service {
                self.service_openings(id, &mut openings);
            } else {
                self.store_openings(id, &mut openings);
            }
            for opening in openings.iter_mut().skip(from) {
                opening.rank = rank;
            }
        }
        self.opened_twice(openings);
    }

    fn service_openings(&mut self, id: InstanceId, openings: &mut Vec<Opening>) {
        use Watch::{
            Autoscale, NetworkMode, PortRanges, Ports, Protocols, Publish, PublishAddress, PublishAddresses, Replicas,
        };
        let watches =
            [Publish, PublishAddress, PublishAddresses, Ports, Protocols, PortRanges, NetworkMode, Replicas, Autoscale];
        for (envs, row) in self.table(id, watches) {
            let [publish, whole, single, ports, protocols, runs, mode, replicas, scale] = &row;
            let from = openings.len();
            let on_machine = mode.variant() == Some("host");
            let mut open = |first: i64, last: i64, transport, address: Address, place| {
                openings.push(Opening { first, last, transport, address, envs, id, rank: 0, place });
            };
            for port in ports_of(ports, protocols, runs) {
                let address = address(single.get(port.name).unwrap_or(whole));
                let published =
                    if port.is_run { port.published } else { publish.get(port.name).and_then(Value::as_int) };
                match published {
                    _ if on_machine => {
                        let watch = if port.is_run { PortRanges } else { Ports };
                        open(port.first, port.last, port.transport, Address::All, self.spot(id, watch, &[port.name]));
                    }
                    Some(first) => {
                        let watch = if port.is_run { PortRanges } else { Publish };
                        let last = first.saturating_add(port.last.saturating_sub(port.first));
                        open(first, last, port.transport, address, self.spot(id, watch, &[port.name]));
                    }
                    None => {}
                }
            }
            let copies = copies(replicas, scale);
            if let Some(opening) = openings.get(from).filter(|_| copies > 1) {
                let (first, on) = (opening.first, envs);
                self.opened_by_copies(id, first, copies, scale, on);
            }
        }
    }

    fn opened_by_copies(&mut self, id: InstanceId, port: i64, copies: i64, scale: &Value, envs: EnvSet) {
        let what = self.describe_body(id);
        let place = [Watch::Publish, Watch::PortRanges, Watch::NetworkMode]
            .into_iter()
            .find(|watch| self.own(id, *watch).is_some())
            .map_or_else(|| self.site(id), |watch| self.key_place(id, watch));
        let mut finding = at(
            &codes::PUBLISHED_REPLICAS,
            place,
            format!("{copies} copies of {what} cannot all open port {port} of a machine"),
        )
        .label(format!("one port for {copies} copies"));
        let watch = if scale.is_null() { Watch::Replicas } else { Watch::Autoscale };
        if let Some((place, words)) = self.said_elsewhere(id, watch, Self::sample(envs)) {
            finding = finding.also(place, format!("{copies} copies: {words}"));
        }
        let help = "reach them through a `route`, which spreads requests over all copies, or let the engine pick the ports: `publish_any`";
        self.report(envs, finding.help(help));
    }

    fn store_openings(&mut self, id: InstanceId, openings: &mut Vec<Opening>) {
        for (envs, [publish, whole]) in self.table(id, [Watch::Publish, Watch::PublishAddress]) {
            let Some(port) = publish.as_int() else { continue };
            let place = self.spot(id, Watch::Publish, &[]);
            let transport = Transport::TCP;
            openings.push(Opening {
                first: port,
                last: port,
                transport,
                address: address(&whole),
                envs,
                id,
                rank: 0,
                place,
            });
        }
    }

    /// Goes through all openings by their first port, with those at hand that have not ended.
    fn opened_twice(&mut self, mut openings: Vec<Opening>) {
        openings.sort_by_key(|opening| (opening.first, opening.rank));
        let mut open: Vec<usize> = Vec::new();
        let mut clashes: Vec<(usize, usize, EnvSet)> = Vec::new();
        for (index, opening) in openings.iter().enumerate() {
            open.retain(|other| openings.get(*other).is_some_and(|other| other.last >= opening.first));
            let mut free = opening.envs;
            for other in &open {
                let Some(known) = openings.get(*other) else { continue };
                let both = known.envs.and(opening.envs);
                if !both.is_empty() && known.meets(opening) {
                    clashes.push((*other, index, both));
                    free = free.without(both);
                }
            }
            // Who clashes everywhere with somebody is not held against a third.
            if !free.is_empty() {
                open.push(index);
            }
        }
        let mut said = FxHashSet::default();
        for (one, two, envs) in clashes {
            let (Some(a), Some(b)) = (openings.get(one), openings.get(two)) else { continue };
            let (first, second) = if a.rank <= b.rank { (a, b) } else { (b, a) };
            // Of the instances of one item, one pair is enough.
            let item = |opening: &Opening| self.eval.world.instance(opening.id).map(|instance| instance.item);
            if said.insert((item(first), item(second), b.first, envs)) {
                self.opened_again(first, second, envs);
            }
        }
    }

    fn opened_again(&mut self, first: &Opening, second: &Opening, envs: EnvSet) {
        let port = first.first.max(second.first);
        let title = if first.id == second.id {
            format!("{} opens port {port} of the machine twice", self.describe(second.id))
        } else {
            format!("{} and {} both open port {port} of the machine", self.describe(first.id), self.describe(second.id))
        };
        let finding = at(&codes::PORT_PUBLISHED_TWICE, second.place, title);
        let finding = if first.place == second.place {
            finding.label("each of its instances opens it")
        } else {
            let words = format!("`{}` opens it here", self.name(first.id));
            finding.label(format!("port {port} again")).also(first.place, words)
        };
        let help = "choose another port, or give each an address of its own with `publish_address`";
        self.report(envs, finding.help(help));
    }
}

/// The most copies that there can be.
pub(super) fn copies(replicas: &Value, scale: &Value) -> i64 {
    scale.get("max").unwrap_or(replicas).as_int().unwrap_or(1)
}

fn address(value: &Value) -> Address {
    match value {
        Value::Null => Address::All,
        Value::Text(text) => match text.parse::<IpAddr>().map(|address| address.to_canonical()) {
            Ok(address) if address.is_unspecified() => Address::All,
            Ok(address) => Address::One(address),
            Err(_) => Address::Unclear,
        },
        _ => Address::Unclear,
    }
}
