//! The OAL checker.

pub mod builtins;
pub mod diagnostic;

pub use diagnostic::{Applicability, Code, Diagnostic, Edit, Fix, Label, Severity};
