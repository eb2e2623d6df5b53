//! The kind `route`.

use std::collections::BTreeMap;

use super::shape::shape;
use super::{Bytes, Endpoint, Host, HttpPath, Millis, Template};

shape! {
    /// A name and a path under which the world reaches a service. Of several routes with the same host
    /// the one with the longest path wins.
    pub struct Route {
        /// Free key and value pairs for tools that look at the deployed thing.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub labels: BTreeMap<String, String>,
        /// The host name. A first label of `*` stands for any one label: `"*.example.com"`.
        pub host: Host,
        /// Requests below this path go here.
        pub path: HttpPath,
        /// Which requests `path` means.
        pub path_match: PathMatch,
        /// The port that answers: `api.http` is the port `http` of the service `api`.
        pub to: Endpoint,
        /// Encryption on the way.
        pub tls: Tls,
        /// Further host names with the same answer.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub aliases: Vec<Host>,
        /// Further host names that are sent on to `host`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub redirect_from: Vec<Host>,
        /// Take `path` off before the request goes on.
        pub strip_path: bool,
        /// The longest time until the answer begins.
        pub timeout: Millis,
        /// The largest body of a request.
        pub max_body: Bytes,
        /// Send a visitor to the same copy again.
        pub sticky: bool,
        /// Headers added to every answer.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub headers: BTreeMap<String, String>,
        /// Only for these networks, such as `"10.0.0.0/8"`. Left out, for everybody.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub allow_from: Vec<String>,
        /// Only with a name and a password: the passwords by name.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub users: BTreeMap<String, Template>,
    }

    /// Which requests a path means.
    pub enum PathMatch {
        /// The path and all below it.
        Prefix,
        /// The path alone.
        Exact,
    }

    /// Encryption between the visitor and the platform.
    pub enum Tls {
        /// A certificate that the platform gets and renews. Plain HTTP is sent on to HTTPS.
        Automatic,
        /// A certificate of your own.
        Certificate {
            /// The certificate and its chain, as PEM.
            chain: Template,
            /// Its private key, as PEM.
            key: Template,
        },
        /// None: plain HTTP.
        Off,
    }
}
