//! Pure decisions and the data they are made of: no clock, no network, no database.

pub mod autoscale;
pub mod container;
pub mod deployment;
pub mod drift;
pub mod garbage;
pub mod job;
pub mod managed;
pub mod naming;
pub mod outputs;
pub mod planner;
pub mod report;
pub mod schedule;
pub mod workload;
