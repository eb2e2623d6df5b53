//! How grave a change is, kind by kind. A field that no rule names means that its component starts anew.

use serde_json::Value;

use super::{Consequence, Effect};
use crate::Pointer;
use crate::v1::{Component, Ir, Kind, Mount, NetworkMode, Service, Spec, Tls, UpdateOrder, VolumeAccess};

const HARMLESS: Effect = Effect { consequence: Consequence::None, widens_access: false, breaks: false };
const WIDENS: Effect = Effect { widens_access: true, ..HARMLESS };
const BREAKS: Effect = Effect { breaks: true, ..HARMLESS };

const fn only(consequence: Consequence) -> Effect {
    Effect { consequence, ..HARMLESS }
}

/// What a new component means.
pub(super) fn created(component: &Component) -> Effect {
    let widens_access = match &component.spec {
        Spec::Route(_) => true,
        Spec::Service(service) => is_public(service),
        Spec::Database(database) => database.publish.is_some() && !is_loopback(&database.publish_address.to_string()),
        Spec::Cache(cache) => cache.publish.is_some() && !is_loopback(&cache.publish_address.to_string()),
        Spec::Queue(queue) => queue.publish.is_some() && !is_loopback(&queue.publish_address.to_string()),
        Spec::Bucket(bucket) => bucket.access != crate::v1::BucketAccess::Private,
        _ => false,
    };
    Effect { widens_access, ..HARMLESS }
}

/// What it means that a component goes.
pub(super) fn removed(component: &Component) -> Effect {
    match &component.spec {
        Spec::Database(_) | Spec::Bucket(_) => only(Consequence::DataLoss),
        Spec::Volume(volume) if volume.existing.is_none() => only(Consequence::DataLoss),
        Spec::Queue(queue) if queue.storage.is_some() => only(Consequence::DataLoss),
        Spec::Service(service) => {
            Effect { consequence: Consequence::Downtime, breaks: !service.publish.is_empty(), ..HARMLESS }
        }
        Spec::Route(_) => BREAKS,
        _ => HARMLESS,
    }
}

/// What it means that a component becomes one of another built-in kind under the same id.
pub(super) fn other_kind(before: &Component) -> Effect {
    removed(before).and(only(Consequence::Replace))
}

/// What it means that the value at `at` of a component differs.
pub(super) fn field(
    new: &Ir,
    before: &Component,
    after: &Component,
    at: &Pointer,
    old_value: Option<&Value>,
    new_value: Option<&Value>,
) -> Effect {
    let name = at.tokens().next().unwrap_or_default();
    let change = (old_value, new_value);
    match after.kind() {
        Kind::Service => service(new, before, after, &name, change),
        // It counts from the next run on.
        Kind::Job | Kind::External | Kind::Secret | Kind::Config => HARMLESS,
        Kind::Database => match &*name {
            "engine" | "name" => only(Consequence::DataLoss),
            "version" | "minor" => version(change),
            "storage" => size(change),
            "password" | "extensions" | "init" | "backup" => HARMLESS,
            "publish" | "publish_address" => published(change).and(only(Consequence::Downtime)),
            _ => only(Consequence::Downtime),
        },
        Kind::Cache => match &*name {
            "engine" | "version" | "storage" => only(Consequence::Replace),
            "password" => HARMLESS,
            "publish" | "publish_address" => published(change).and(only(Consequence::Downtime)),
            _ => only(Consequence::Downtime),
        },
        Kind::Queue => match &*name {
            "engine" => only(Consequence::DataLoss),
            "version" => version(change),
            "storage" => size(change),
            "topics" => topic(at, change),
            "password" => HARMLESS,
            "publish" | "publish_address" => published(change).and(only(Consequence::Downtime)),
            _ => only(Consequence::Downtime),
        },
        Kind::Bucket => match &*name {
            "access" if new_value.is_some_and(|access| access != "private") => WIDENS,
            "access" => BREAKS,
            "origins" => list(change),
            "expire" => shorter(change),
            _ => HARMLESS,
        },
        Kind::Volume => match &*name {
            "size" => size(change),
            "driver" | "driver_options" | "existing" => only(Consequence::DataLoss),
            _ => HARMLESS,
        },
        Kind::Route => route(after, &name, change),
    }
}

/// Old and new value of a field.
type Values<'v> = (Option<&'v Value>, Option<&'v Value>);

fn service(new: &Ir, before: &Component, after: &Component, name: &str, change: Values<'_>) -> Effect {
    let anew = || only(restart(new, after).max(restart(new, before)));
    match name {
        "replicas" | "autoscale" | "update" | "restart" | "pull" | "stop_grace" | "after" | "after_started"
        | "after_healthy" | "after_completed" | "placement" => HARMLESS,
        "publish" | "publish_any" | "publish_address" | "publish_addresses" | "port_ranges" => {
            let (Spec::Service(old), Spec::Service(new_one)) = (&before.spec, &after.spec) else { return anew() };
            let gone = old.publish.iter().any(|(port, number)| new_one.publish.get(port) != Some(number));
            let widens_access = published_more(old, new_one);
            anew().and(Effect { widens_access, breaks: gone, ..HARMLESS })
        }
        "network_mode" if change.1.is_some_and(|mode| mode == "host") => anew().and(WIDENS),
        _ => anew(),
    }
}

/// What it means for a service to start anew: a rolling restart where the new copies run before the old ones stop, or where
/// some of several go on meanwhile.
pub(super) fn restart(new: &Ir, component: &Component) -> Consequence {
    let Spec::Service(service) = &component.spec else { return Consequence::None };
    let stop_first = match &service.update.order {
        Some(order) => *order == UpdateOrder::StopFirst,
        None => is_alone(new, service),
    };
    let copies = service.autoscale.as_ref().map_or(service.replicas, |scale| scale.min);
    if stop_first && service.update.parallelism >= copies { Consequence::Downtime } else { Consequence::RollingRestart }
}

/// Whether two releases cannot run side by side: with a published port, a fixed name or a volume for one writer.
fn is_alone(new: &Ir, service: &Service) -> bool {
    let writes_alone = service.volumes.values().any(|mount| match mount {
        Mount::Volume { volume, read_only: false, .. } => {
            let spec = new.components.get(volume).map(|component| &component.spec);
            matches!(spec, Some(Spec::Volume(volume)) if volume.access == VolumeAccess::OneWriter)
        }
        _ => false,
    });
    writes_alone
        || !service.publish.is_empty()
        || service.container_name.is_some()
        || service.port_ranges.values().any(|range| range.publish.is_some())
        || service.network_mode == NetworkMode::Host
}

/// Whether a service opens ports on the machine, beyond the machine itself.
fn is_public(service: &Service) -> bool {
    let open = |port: &crate::v1::PortName| !is_loopback(&address(service, port));
    service.publish.keys().chain(&service.publish_any).any(open)
        || service.port_ranges.values().any(|range| range.publish.is_some())
        || service.network_mode == NetworkMode::Host
}

/// The address that a port is published on; empty for all.
fn address(service: &Service, port: &crate::v1::PortName) -> String {
    let single = service.publish_addresses.get(port).or(service.publish_address.as_ref());
    single.map(ToString::to_string).unwrap_or_default()
}

/// Whether a port is open to the outside that was not before.
fn published_more(old: &Service, new: &Service) -> bool {
    let open = |service: &Service, port: &crate::v1::PortName| {
        (service.publish.contains_key(port) || service.publish_any.contains(port))
            && !is_loopback(&address(service, port))
    };
    let ports = new.publish.keys().chain(&new.publish_any);
    let ranges = new.port_ranges.iter().filter(|(_, range)| range.publish.is_some());
    ports.into_iter().any(|port| open(new, port) && !open(old, port))
        || ranges.into_iter().any(|(name, _)| old.port_ranges.get(name).is_none_or(|range| range.publish.is_none()))
}

fn is_loopback(address: &str) -> bool {
    address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The published port of something the platform runs, or its address.
fn published((old, new): Values<'_>) -> Effect {
    let local = |value: &Value| value.as_str().is_some_and(is_loopback);
    match (old, new) {
        (None, Some(_)) => WIDENS,
        (Some(_), None) => BREAKS,
        (Some(old), Some(new)) if old.is_string() => Effect { widens_access: local(old) && !local(new), ..BREAKS },
        _ => BREAKS,
    }
}

/// A newer version opens what an older one wrote, not the other way round.
fn version((old, new): Values<'_>) -> Effect {
    let number = |value: Option<&Value>| value.and_then(Value::as_u64);
    let older = matches!((number(old), number(new)), (Some(old), Some(new)) if new < old);
    only(if older { Consequence::DataLoss } else { Consequence::Downtime })
}

/// A disk grows where it is; a smaller one is another one. Without a size it holds as much as the machine has.
fn size((old, new): Values<'_>) -> Effect {
    let bytes = |value: Option<&Value>| value.and_then(Value::as_u64);
    let shrinks = match (bytes(old), bytes(new)) {
        (Some(old), Some(new)) => new < old,
        _ => old.is_some(),
    };
    only(if shrinks { Consequence::DataLoss } else { Consequence::None })
}

/// What is deleted at a certain age: sooner means that something is lost.
fn shorter((old, new): Values<'_>) -> Effect {
    let time = |value: Option<&Value>| value.and_then(Value::as_u64).unwrap_or(u64::MAX);
    only(if time(new) < time(old) { Consequence::DataLoss } else { Consequence::None })
}

/// A stream of messages.
fn topic(at: &Pointer, change: Values<'_>) -> Effect {
    let field = at.tokens().nth(2);
    match (field.as_deref(), change) {
        (None, (Some(_), None)) => only(Consequence::DataLoss),
        (Some("keep" | "max_size"), change) => shorter(change),
        _ => HARMLESS,
    }
}

/// A list of those who may: a longer one widens, a shorter one shuts somebody out.
fn list((old, new): Values<'_>) -> Effect {
    let items = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let (old, new) = (items(old), items(new));
    Effect {
        widens_access: new.iter().any(|item| !old.contains(item)),
        breaks: old.iter().any(|item| !new.contains(item)),
        ..HARMLESS
    }
}

fn route(after: &Component, name: &str, (old, new): Values<'_>) -> Effect {
    match name {
        "host" | "path" | "path_match" => Effect { widens_access: true, ..BREAKS },
        "aliases" | "redirect_from" => list((old, new)),
        // Without a list everybody may come, so the first entry shuts out and the last one to go opens.
        "allow_from" => match (old, new) {
            (None, _) => BREAKS,
            (_, None) => WIDENS,
            both => list(both),
        },
        "users" => {
            let anybody = matches!(&after.spec, Spec::Route(route) if route.users.is_empty());
            Effect { widens_access: new.is_some() || anybody, breaks: old.is_some() || new.is_some(), ..HARMLESS }
        }
        "tls" if matches!(&after.spec, Spec::Route(route) if route.tls == Tls::Off) => WIDENS,
        _ => HARMLESS,
    }
}

/// What it means that something is said differently about the application.
pub(super) fn app(at: &Pointer, old: Option<&Value>, new: Option<&Value>) -> Effect {
    let tokens: Vec<_> = at.tokens().collect();
    let names: Vec<&str> = tokens.iter().map(|token| &**token).collect();
    match names.as_slice() {
        ["networks", _, "internal"] if new == Some(&Value::Bool(false)) => WIDENS,
        ["networks", _, "subnet"] => only(Consequence::Downtime),
        ["networks", _] if old.is_some() => only(Consequence::Downtime),
        _ => HARMLESS,
    }
}
