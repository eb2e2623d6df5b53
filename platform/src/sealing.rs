//! Secrets at rest: envelope encryption.
