//! Texts with a meaning of their own. The checker has validated them; a reader of a document takes them as they are.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

macro_rules! text {
    ($($(#[$meta:meta])* $name:ident;)*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

text! {
    /// The name of a container image, best with a digest: `ghcr.io/acme/api:2.4.1@sha256:…`.
    Image;
    /// A host name, such as `shop.example.com`; in routes the first label may be `*`.
    Host;
    /// An absolute URL.
    Url;
    /// The path of an HTTP request, from `/` on.
    HttpPath;
    /// A path inside a container, a build context or a volume, or of a device of the machine.
    FilePath;
    /// A path to something that lies beside the program: relative to the project's root with `/` between the parts,
    /// or absolute on the machine.
    SourcePath;
    /// Five fields of cron: minute, hour, day of the month, month, day of the week.
    Cron;
    /// An IP address, version 4 or 6.
    IpAddr;
    /// The name of an environment variable.
    EnvName;
    /// The name of a port, as the service's `ports` declare it.
    PortName;
}
