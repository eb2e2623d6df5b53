//! The bus: NATS JetStream carries, PostgreSQL remembers. A message may be lost, doubled or late, and the whole server may be
//! wiped: whatever matters stands in a row before it is published, and is published again until its row says it is done.

pub mod agent;
pub mod envelope;
pub mod subjects;

pub use envelope::Envelope;
