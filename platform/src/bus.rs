//! The bus: NATS JetStream carries, PostgreSQL remembers. A message may be lost, doubled or late, and the whole server may be
//! wiped: whatever matters stands in a row before it is published, and is published again until its row says it is done.

pub mod advisories;
pub mod agent;
pub mod connection;
pub mod envelope;
pub mod streams;
pub mod subjects;

pub use connection::{Bus, BusError};
pub use envelope::Envelope;
pub use streams::Queue;
