//! What `helios serve` runs.

pub mod build_worker;
pub mod deploy_agent;
pub mod reaper;
pub mod relay;
pub mod worker;
