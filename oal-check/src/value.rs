//! Values as the checker computes them. Immutable, cheap to clone, free of any reference to the source.

use crate::elaborate::InstanceId;
use std::sync::Arc;

/// A value in one environment.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// What cannot be computed because something it needs is wrong already; silent.
    Unknown,
    /// `null`
    Null,
    /// `Bool`
    Bool(bool),
    /// `Int`, `Port`
    Int(i64),
    /// `Float`
    Float(f64),
    /// `String` and the checked texts, all of it known
    Text(Arc<str>),
    /// `Duration`, milliseconds
    Duration(i64),
    /// `Size`, bytes
    Size(i64),
    /// `Cpu`, thousandths of a core
    Cpu(i64),
    /// `Percent`
    Percent(f64),
    /// `a..b`: first and last element; empty where the last is the smaller
    Range(i64, i64),
    /// `List<T>`
    List(Arc<[Self]>),
    /// `Map<K, V>` and records, in the order written; keys are distinct
    Map(Arc<[(Arc<str>, Self)]>),
    /// A variant by name, with its fields by name; a plain variant, an environment's name and a port's name have none
    Variant(Arc<str>, Arc<[(Arc<str>, Self)]>),
    /// A component
    Component(InstanceId),
    /// A port of a component
    Endpoint(InstanceId, Arc<str>),
    /// A text or other value with parts that only the platform knows
    Template(Arc<[Part]>),
}

/// A part of a [`Value::Template`].
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Known text.
    Text(Arc<str>),
    /// An output of a component, by name.
    Output(InstanceId, Arc<str>),
    /// The value of a secret.
    Secret(InstanceId),
}
