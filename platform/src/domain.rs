//! Pure decisions and the data they are made of: no clock, no network, no database.

pub mod deployment;
pub mod garbage;
pub mod job;
pub mod planner;
