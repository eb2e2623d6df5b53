//! Ports, probes and rollout of the kind `service`; its record is in `workload`.

use std::collections::BTreeMap;

use super::shape::shape;
use super::{BasisPoints, HttpPath, Millis, Port, PortName};

shape! {
    /// What a port speaks.
    pub enum Protocol {
        /// TCP, nothing known about its contents.
        Tcp,
        /// UDP.
        Udp,
        /// TCP and UDP under the same number, as DNS does.
        TcpUdp,
        /// SCTP.
        Sctp,
        /// HTTP/1.1 and what is upgraded from it, such as websockets.
        Http,
        /// HTTP over TLS: the service has its own certificate.
        Https,
        /// HTTP/2 without TLS.
        H2c,
        /// gRPC.
        Grpc,
    }

    /// A run of ports.
    pub struct PortRange {
        /// The first one, inside the container.
        pub first: Port,
        /// The last one.
        pub last: Port,
        /// What they speak.
        pub protocol: Protocol,
        /// The first one on the machine. Left out, they are not published.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub publish: Option<Port>,
    }

    /// Whether a copy works, asked again and again (Compose `healthcheck`).
    pub enum Probe {
        /// Ask over HTTP; an answer from 200 to 399 is good.
        Http {
            /// What to ask for.
            path: HttpPath,
            /// Where. Left out, it is the port called `http`, else the only one.
            #[serde(skip_serializing_if = "Option::is_none")]
            port: Option<PortName>,
            /// Time from one question to the next (Compose `interval`).
            every: Millis,
            /// An answer later than that is none.
            timeout: Millis,
            /// So many bad answers in a row make it unhealthy.
            retries: u64,
            /// Bad answers do not count so long after the start.
            start_period: Millis,
            /// Headers of the request.
            #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
            headers: BTreeMap<String, String>,
        },
        /// Open a TCP connection.
        Tcp {
            /// Where. Left out, it is the only port.
            #[serde(skip_serializing_if = "Option::is_none")]
            port: Option<PortName>,
            /// Time from one try to the next (Compose `interval`).
            every: Millis,
            /// A connection later than that is none.
            timeout: Millis,
            /// So many failures in a row make it unhealthy.
            retries: u64,
            /// Failures do not count so long after the start.
            start_period: Millis,
        },
        /// Run a program in the container; exit code 0 is good.
        Exec {
            /// The program and its arguments; no shell takes part: write `["sh", "-c", "…"]` for one.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            command: Vec<String>,
            /// Time from one run to the next (Compose `interval`).
            every: Millis,
            /// A run longer than that has failed.
            timeout: Millis,
            /// So many failures in a row make it unhealthy.
            retries: u64,
            /// Failures do not count so long after the start.
            start_period: Millis,
        },
        /// Ask by the gRPC health checking protocol.
        Grpc {
            /// Where. Left out, it is the only port.
            #[serde(skip_serializing_if = "Option::is_none")]
            port: Option<PortName>,
            /// Which of its services. Left out, the server as a whole.
            service: String,
            /// Time from one question to the next (Compose `interval`).
            every: Millis,
            /// An answer later than that is none.
            timeout: Millis,
            /// So many bad answers in a row make it unhealthy.
            retries: u64,
            /// Bad answers do not count so long after the start.
            start_period: Millis,
        },
        /// Do not ask, even if the image says how (Compose `disable: true`).
        Off,
    }

    /// What happens when the program ends (Compose `restart`).
    pub enum Restart {
        /// It is started again.
        Always,
        /// It is started again if it failed.
        OnFailure {
            /// At most so often. Left out, for ever.
            #[serde(skip_serializing_if = "Option::is_none")]
            max: Option<u64>,
        },
        /// It is started again, but not after it was stopped by hand.
        UnlessStopped,
        /// Nothing.
        Never,
    }

    /// The number of copies follows the load.
    pub struct Autoscale {
        /// Never fewer.
        pub min: u64,
        /// Never more.
        pub max: u64,
        /// Add copies when they use more than this share of `resources.cpu` on average.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub cpu: Option<BasisPoints>,
        /// Add copies when they use more than this share of `resources.memory` on average.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub memory: Option<BasisPoints>,
        /// Add copies when each has more than so many requests a second.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub requests: Option<u64>,
        /// Wait so long before taking copies away again.
        pub cool_down: Millis,
    }

    /// How a new release replaces the old one (Compose `deploy.update_config`).
    pub struct Update {
        /// What comes first. Left out, `start_first`, or `stop_first` where two releases cannot run side
        /// by side: with a published port or a volume for one writer.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub order: Option<UpdateOrder>,
        /// So many copies at a time.
        pub parallelism: u64,
        /// Time from one step to the next.
        pub delay: Millis,
        /// A copy must stay healthy so long before it counts.
        pub monitor: Millis,
        /// What to do when it does not.
        pub on_failure: UpdateFailure,
    }

    /// What comes first when a copy is replaced.
    pub enum UpdateOrder {
        /// Start the new one, wait until it is healthy, stop the old one: no gap.
        StartFirst,
        /// Stop the old one, then start the new one: never two at a time.
        StopFirst,
    }

    /// What to do when a new release does not become healthy.
    pub enum UpdateFailure {
        /// Go back to the release before.
        RollBack,
        /// Stop there and wait for a person.
        Pause,
        /// Go on.
        Proceed,
    }
}
