//! Releases on a real container engine behind a real Caddy.

mod faults;
mod load;
mod rollout;
mod world;
