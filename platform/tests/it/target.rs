//! Releases on a real container engine behind a real Caddy.

mod backups;
mod edges;
mod faults;
mod load;
mod names;
mod rollout;
mod talks;
pub(crate) mod world;
