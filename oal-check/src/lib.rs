//! The OAL checker.
