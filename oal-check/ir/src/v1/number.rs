//! Numbers with a unit. In JSON each is a whole number of the smallest unit the language can say; none is above
//! 2^53 - 1, which writing and reading a document both see to.

use std::fmt;
use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

macro_rules! number {
    ($(#[$meta:meta])* $name:ident($inner:ty), $unit:literal) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!("{}", $unit), self.0)
            }
        }
    };
}

number! {
    /// A size in bytes.
    #[cfg_attr(test, derive(schemars::JsonSchema))]
    Bytes(u64), " B"
}
number! {
    /// A length of time in milliseconds.
    #[cfg_attr(test, derive(schemars::JsonSchema))]
    Millis(u64), " ms"
}
number! {
    /// Processor time in thousandths of a core: 1000 is one core.
    #[cfg_attr(test, derive(schemars::JsonSchema))]
    MilliCpu(u64), "m"
}
number! {
    /// A share in hundredths of a percent: 7000 is 70 %.
    #[cfg_attr(test, derive(schemars::JsonSchema))]
    BasisPoints(u64), " basis points"
}
number! {
    /// A TCP, UDP or SCTP port number from 1 to 65535.
    Port(NonZeroU16), ""
}
