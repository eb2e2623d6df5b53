//! Types and values as the generator has them: its own, so that it can know a value better than the checker does.

use oal_check::text::TextType;
use oal_check::types::Level;
use std::sync::Arc;

/// A type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ty {
    Bool,
    Int,
    Float,
    String,
    Duration,
    Size,
    Cpu,
    Percent,
    Port,
    Text(TextType),
    PortName,
    Endpoint,
    Environment,
    List(Arc<Ty>),
    Map(Arc<Ty>, Arc<Ty>),
    Optional(Arc<Ty>),
    Record(Arc<Record>),
    Union(Arc<Union>),
    /// A component of this kind or of one that extends it.
    Kind(String),
    Refined(Arc<Ty>, Rule),
    Leveled(Level, Arc<Ty>),
}

/// A record type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    pub(crate) name: Option<String>,
    pub(crate) fields: Vec<Member>,
}

/// A union type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Union {
    pub(crate) name: Option<String>,
    pub(crate) variants: Vec<(String, Vec<Member>)>,
}

/// A field of a record or a variant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) ty: Ty,
    pub(crate) default: Default,
}

/// What a field is where it is left out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Default {
    /// It must not be.
    Required,
    /// This.
    Known(Val),
    /// Something that the generator does not know.
    Unknown,
}

/// A refinement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Rule {
    /// Least and greatest, both included, in the smallest unit.
    Range(Option<f64>, Option<f64>),
    /// A pattern.
    Matches(String),
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Val {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Duration(i64),
    Size(i64),
    Cpu(i64),
    Percent(f64),
    List(Vec<Val>),
    /// Maps and records; of a record all fields.
    Map(Vec<(String, Val)>),
    Variant(String, Vec<(String, Val)>),
    Environment(String),
}

/// A value in each environment.
pub(crate) type Vals = Vec<Val>;

impl Ty {
    pub(crate) fn list(of: Self) -> Self {
        Self::List(Arc::new(of))
    }

    pub(crate) fn map(of: Self) -> Self {
        Self::Map(Arc::new(Self::String), Arc::new(of))
    }

    pub(crate) fn optional(self) -> Self {
        if matches!(self, Self::Optional(_)) { self } else { Self::Optional(Arc::new(self)) }
    }

    /// Without `?`, refinement and level.
    pub(crate) fn bare(&self) -> &Self {
        match self {
            Self::Optional(inner) | Self::Refined(inner, _) | Self::Leveled(_, inner) => inner.bare(),
            _ => self,
        }
    }

    /// Whether all its values can be written down and compared: nothing in it names a component or a port.
    pub(crate) fn is_pure(&self) -> bool {
        match self {
            Self::PortName | Self::Endpoint | Self::Kind(_) => false,
            Self::List(inner) | Self::Optional(inner) | Self::Refined(inner, _) | Self::Leveled(_, inner) => {
                inner.is_pure()
            }
            Self::Map(key, value) => key.is_pure() && value.is_pure(),
            Self::Record(record) => record.fields.iter().all(|field| field.ty.is_pure()),
            Self::Union(union) => union.variants.iter().all(|(_, fields)| fields.iter().all(|f| f.ty.is_pure())),
            _ => true,
        }
    }

    /// Whether all of a value is known once it is written: no field is left to a default that the generator does not know, and no
    /// part is known only later.
    pub(crate) fn is_transparent(&self) -> bool {
        let all = |fields: &[Member]| fields.iter().all(|f| f.default != Default::Unknown && f.ty.is_transparent());
        match self {
            Self::PortName | Self::Endpoint | Self::Kind(_) | Self::Leveled(..) => false,
            Self::List(inner) | Self::Optional(inner) | Self::Refined(inner, _) => inner.is_transparent(),
            Self::Map(key, value) => key.is_transparent() && value.is_transparent(),
            Self::Record(record) => all(&record.fields),
            Self::Union(union) => union.variants.iter().all(|(_, fields)| all(fields)),
            _ => true,
        }
    }

    /// Whether a map is anywhere in a value. Where nothing tells its type, `{ … }` is a record of what is written there, so that two
    /// of them have different types.
    pub(crate) fn has_map(&self) -> bool {
        match self {
            Self::Map(..) => true,
            Self::List(inner) | Self::Optional(inner) | Self::Refined(inner, _) | Self::Leveled(_, inner) => {
                inner.has_map()
            }
            Self::Record(record) => record.fields.iter().any(|field| field.ty.has_map()),
            _ => false,
        }
    }

    /// Whether a value of this type may stand where the other is wanted, if it is one of the other's values.
    pub(crate) fn may_be(&self, want: &Self) -> bool {
        match (self, want) {
            (a, b) if a == b => true,
            (Self::Optional(a), Self::Optional(b)) => a.may_be(b),
            (Self::Optional(_), _) => false,
            (a, Self::Optional(b)) => a.may_be(b),
            (Self::Refined(a, _), b) => a.may_be(b),
            (a, Self::Refined(b, _)) => a.may_be(b),
            (Self::Text(_), Self::String)
            | (Self::String, Self::Text(_))
            | (Self::Port, Self::Int)
            | (Self::Int, Self::Port) => true,
            (Self::List(a), Self::List(b)) => a.may_be(b),
            (Self::Map(k, a), Self::Map(l, b)) => k == l && a.may_be(b),
            _ => false,
        }
    }
}

impl Val {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// As it stands in a text's hole.
    pub(crate) fn in_text(&self) -> Option<String> {
        Some(match self {
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Text(text) | Self::Environment(text) => text.clone(),
            Self::Variant(name, fields) if fields.is_empty() => name.clone(),
            _ => return None,
        })
    }
}
