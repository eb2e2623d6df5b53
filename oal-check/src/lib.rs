//! The OAL checker.

pub mod diagnostic;

pub use diagnostic::{Applicability, Code, Diagnostic, Edit, Fix, Label, Severity};
