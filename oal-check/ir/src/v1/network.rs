//! Which network a container sees, and how it finds others.

use super::shape::shape;
use super::{Host, IpAddr, NodeId, PortName};

shape! {
    /// How a component takes part in a network group; `{}` is enough.
    pub struct Membership {
        /// Further names under which the group's members reach it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub aliases: Vec<Host>,
        /// A fixed address inside the group's subnet. Rarely needed: use the component's `host` instead.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub address: Option<IpAddr>,
    }

    /// Which network a container sees.
    pub enum NetworkMode {
        /// The groups of `networks`, or the environment's common network.
        Groups,
        /// The machine's own: every port it opens is open on the machine.
        Host,
        /// None at all.
        None,
        /// The one of another service, as if they were one container (Compose `service:NAME`).
        Share {
            /// Whose.
            with: NodeId,
        },
    }

    /// The address of an extra host.
    pub enum HostAddress {
        /// A fixed address.
        Ip {
            /// Version 4 or 6.
            address: IpAddr,
        },
        /// The machine that the container runs on (Docker `host-gateway`).
        Gateway,
    }

    /// How names are looked up.
    pub struct Dns {
        /// Name servers, asked in this order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub servers: Vec<IpAddr>,
        /// Domains tried after a short name.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub search: Vec<Host>,
        /// Options of `resolv.conf`, such as `"ndots:1"`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub options: Vec<String>,
    }
}

/// A port of a service, by the service's id and the port's name there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// The service.
    pub node: NodeId,
    /// The name of its port.
    pub port: PortName,
}
