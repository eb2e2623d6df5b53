//! The OAL checker.

pub mod builtins;
pub mod diagnostic;
pub mod suggest;
pub mod text;

pub use diagnostic::{Applicability, Code, Diagnostic, Edit, Fix, Label, Severity};
