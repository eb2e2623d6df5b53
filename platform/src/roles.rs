//! What `helios serve` runs.

pub mod build_worker;
pub mod collector;
pub mod deploy_agent;
pub mod driver;
pub mod oal_worker;
pub mod reaper;
pub mod relay;
pub mod remains;
pub mod repair;
pub mod rewrap;
pub mod scheduler;
pub mod serve;
pub mod worker;
