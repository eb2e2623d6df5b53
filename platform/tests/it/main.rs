//! Tests on the real services: PostgreSQL, NATS, Caddy, a container engine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that fails says so by a panic"
)]

mod access;
mod api;
mod autoscale;
mod builds;
mod bundle;
mod cli;
mod container_specs;
mod deployment_states;
mod driving;
mod faults;
mod job_model;
mod kill;
mod local;
mod operations;
mod sealing;
mod services;
mod support;
mod target;
mod up;
mod work;
