//! The driver on a real database, with workers that do as the test says.

mod artifacts;
mod ends;
mod hosts;
mod plans;
mod programs;
mod races;
mod releases;
mod schedules;
mod world;
