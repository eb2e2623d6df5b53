//! A JSON tree to typed values, with errors that say where they arose. `serde_json` says line and column only, which is
//! little help in a document on one line.

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

use crate::Pointer;

/// Why a JSON value does not fit a type of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShapeError {
    /// Where, from the value that was read.
    pub at: Pointer,
    pub(crate) problem: Problem,
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            Problem::UnknownField(field) => write!(f, "unknown field `{field}` at `{}`", self.at),
            Problem::UnknownVariant(variant) => write!(f, "unknown variant `{variant}` at `{}`", self.at),
            Problem::Other(message) => write!(f, "{message} at `{}`", self.at),
        }
    }
}

impl std::error::Error for ShapeError {}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    UnknownField(String),
    UnknownVariant(String),
    Other(String),
}

/// A [`ShapeError`] on its way up: the path grows from its end.
#[derive(Debug)]
pub(crate) struct TreeError {
    path: Vec<String>,
    problem: Problem,
}

impl TreeError {
    fn new(problem: Problem) -> Self {
        Self { path: Vec::new(), problem }
    }

    fn within(mut self, step: impl ToString) -> Self {
        self.path.push(step.to_string());
        self
    }

    pub(crate) fn into_shape(self) -> ShapeError {
        let mut at = Pointer::root();
        for step in self.path.iter().rev() {
            at.push(step);
        }
        ShapeError { at, problem: self.problem }
    }
}

impl fmt::Display for TreeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.problem)
    }
}

impl std::error::Error for TreeError {}

impl de::Error for TreeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Problem::Other(message.to_string()))
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self::new(Problem::UnknownField(field.to_owned()))
    }

    fn unknown_variant(variant: &str, _: &'static [&'static str]) -> Self {
        Self::new(Problem::UnknownVariant(variant.to_owned()))
    }
}

/// A JSON value as serde's source.
#[derive(Clone, Copy)]
pub(crate) struct Node<'de>(&'de Value);

impl<'de> Node<'de> {
    pub(crate) const fn new(value: &'de Value) -> Self {
        Self(value)
    }
}

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = TreeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TreeError> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(value), _) => visitor.visit_u64(value),
                (None, Some(value)) => visitor.visit_i64(value),
                (None, None) => visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => visitor.visit_seq(Items { items: items.iter(), index: 0 }),
            Value::Object(members) => visitor.visit_map(Members { members: members.iter(), value: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TreeError> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, TreeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TreeError> {
        match self.0 {
            Value::String(text) => visitor.visit_enum(BorrowedStrDeserializer::new(text)),
            Value::Object(members) => visitor.visit_enum(OneMember { members }),
            _ => Err(de::Error::custom("expected a word, or an object with one member")),
        }
    }

    /// Objects only: what serde derives would also take the fields as an array in their order.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TreeError> {
        match self.0 {
            Value::Object(_) => self.deserialize_any(visitor),
            _ => Err(de::Error::custom("expected an object")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, TreeError> for Node<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

struct Items<'de> {
    items: std::slice::Iter<'de, Value>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = TreeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, TreeError> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        seed.deserialize(Node(item)).map(Some).map_err(|error| error.within(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Members<'de> {
    members: serde_json::map::Iter<'de>,
    value: Option<(&'de str, &'de Value)>,
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = TreeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, TreeError> {
        let Some((key, value)) = self.members.next() else { return Ok(None) };
        self.value = Some((key, value));
        seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, TreeError> {
        let (key, value) =
            self.value.take().ok_or_else(|| de::Error::custom("a value was asked for before its key"))?;
        seed.deserialize(Node(value)).map_err(|error| error.within(key))
    }
}

/// A union member with fields: an object with one member, named after it.
struct OneMember<'de> {
    members: &'de Map<String, Value>,
}

impl<'de> EnumAccess<'de> for OneMember<'de> {
    type Error = TreeError;
    type Variant = Fields<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Fields<'de>), TreeError> {
        let mut members = self.members.iter();
        let (Some((name, value)), None) = (members.next(), members.next()) else {
            return Err(de::Error::custom("expected an object with exactly one member"));
        };
        let variant = seed.deserialize(BorrowedStrDeserializer::new(name))?;
        Ok((variant, Fields { name, value }))
    }
}

struct Fields<'de> {
    name: &'de str,
    value: &'de Value,
}

impl<'de> de::VariantAccess<'de> for Fields<'de> {
    type Error = TreeError;

    fn unit_variant(self) -> Result<(), TreeError> {
        Err(de::Error::custom(format!("`{}` has no fields: write it as a text", self.name)))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, TreeError> {
        seed.deserialize(Node(self.value)).map_err(|error| error.within(self.name))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, TreeError> {
        Node(self.value).deserialize_any(visitor).map_err(|error| error.within(self.name))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TreeError> {
        Node(self.value).deserialize_struct("", fields, visitor).map_err(|error| error.within(self.name))
    }
}
