//! Helios: the platform that builds and runs what an OAL program describes.
//!
//! OAL decides, PostgreSQL remembers, JetStream carries, the container engine places. Where things are:
//!
//! - [`domain`]: pure decisions and the data they are made of; no IO.
//! - [`store`]: all SQL. [`bus`]: all subjects and messages. [`engine`]: the container engine. [`edge`]: Caddy.
//! - [`artifacts`]: source bundles and IR documents by digest. [`bundle`]: packing and unpacking sources. [`build`]: builders.
//! - [`target`]: where releases run. [`sealing`]: secrets at rest. [`settings`]: what a process is told.
//! - [`roles`]: what `helios serve` runs. [`api`]: the HTTP interface. [`cli`]: everything else `helios` does.

pub mod api;
pub mod artifacts;
pub mod build;
pub mod bundle;
pub mod bus;
pub mod cli;
pub mod domain;
pub mod edge;
pub mod engine;
pub mod leftovers;
pub mod local;
pub mod roles;
pub mod sealing;
pub mod settings;
pub mod store;
pub mod target;
pub mod telemetry;
pub mod trace;
pub mod trouble;
