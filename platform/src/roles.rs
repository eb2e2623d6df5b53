//! What `helios serve` runs.

pub mod worker;
