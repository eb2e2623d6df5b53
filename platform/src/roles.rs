//! What `helios serve` runs.

pub mod build_worker;
pub mod reaper;
pub mod relay;
pub mod worker;
