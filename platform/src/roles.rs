//! What `helios serve` runs.

pub mod reaper;
pub mod relay;
pub mod worker;
