//! The OAL intermediate representation.
