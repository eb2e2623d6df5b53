//! JSON text to a tree, refusing early what no document holds: too much, too deep, twice the same member, `null`,
//! numbers that not every reader keeps exactly.

use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::ReadError;
use crate::Pointer;
use crate::canonical::MAX_INTEGER;

/// How much is read at most. The bounds keep memory and time in proportion; a document of 10,000 components is far below
/// the defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of the text.
    pub bytes: usize,
    /// JSON values in all: texts, numbers, arrays, objects.
    pub values: usize,
    /// Arrays and objects inside each other.
    pub depth: usize,
}

impl Default for Limits {
    /// 256 MiB, 8 million values, 32 levels.
    fn default() -> Self {
        Self { bytes: 256 << 20, values: 8_000_000, depth: 32 }
    }
}

impl Limits {
    /// Other bounds for bytes and values.
    #[must_use]
    pub fn new(bytes: usize, values: usize) -> Self {
        Self { bytes, values, ..Self::default() }
    }
}

pub(super) fn parse(bytes: &[u8], limits: &Limits) -> Result<Value, ReadError> {
    if bytes.len() > limits.bytes {
        return Err(ReadError::TooLarge { bytes: bytes.len(), limit: limits.bytes });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| ReadError::NotUtf8 { offset: error.valid_up_to() })?;
    if text.starts_with('\u{feff}') {
        let message = "the text starts with a byte order mark".to_owned();
        return Err(ReadError::Malformed { line: 1, column: 1, message });
    }
    let mut scan = Scan { limits, values: 0, depth: 0, at: Pointer::root(), refused: None };
    let mut json = serde_json::Deserializer::from_str(text);
    let value = Seed { scan: &mut scan }.deserialize(&mut json).and_then(|value| json.end().map(|()| value));
    value.map_err(|error| {
        let (line, column) = (error.line(), error.column());
        match scan.refused {
            Some(Refused::Depth) => ReadError::TooDeep { limit: limits.depth, line, column },
            Some(Refused::Error(error)) => error,
            None if text.trim().is_empty() => ReadError::Empty,
            None if error.is_eof() => ReadError::CutOff { bytes: bytes.len() },
            None => ReadError::Malformed { line, column, message: without_position(&error) },
        }
    })
}

/// The message alone; the position has fields of its own.
fn without_position(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message).to_owned()
}

/// The state of one reading; outside the visitors because their errors are texts.
struct Scan<'l> {
    limits: &'l Limits,
    values: usize,
    depth: usize,
    at: Pointer,
    refused: Option<Refused>,
}

enum Refused {
    Depth,
    Error(ReadError),
}

impl Scan<'_> {
    fn refuse<T, E: de::Error>(&mut self, refused: Refused) -> Result<T, E> {
        self.refused = Some(refused);
        Err(E::custom("refused"))
    }

    fn count<E: de::Error>(&mut self) -> Result<(), E> {
        self.values += 1;
        if self.values > self.limits.values {
            return self.refuse(Refused::Error(ReadError::TooManyValues { limit: self.limits.values }));
        }
        Ok(())
    }

    fn enter<E: de::Error>(&mut self) -> Result<(), E> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            return self.refuse(Refused::Depth);
        }
        Ok(())
    }
}

struct Seed<'s, 'l> {
    scan: &'s mut Scan<'l>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_, '_> {
    type Value = Value;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.scan.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        if value.unsigned_abs() > MAX_INTEGER {
            let at = self.scan.at.clone();
            return self.scan.refuse(Refused::Error(ReadError::Number { at }));
        }
        Ok(Value::from(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        if value > MAX_INTEGER {
            let at = self.scan.at.clone();
            return self.scan.refuse(Refused::Error(ReadError::Number { at }));
        }
        Ok(Value::from(value))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Value, E> {
        let at = self.scan.at.clone();
        self.scan.refuse(Refused::Error(ReadError::Number { at }))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        let at = self.scan.at.clone();
        self.scan.refuse(Refused::Error(ReadError::Null { at }))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let Self { scan } = self;
        scan.enter()?;
        let mut items = Vec::new();
        scan.at.push_index(0);
        while let Some(item) = seq.next_element_seed(Seed { scan: &mut *scan })? {
            items.push(item);
            scan.at.pop();
            scan.at.push_index(items.len());
        }
        scan.at.pop();
        scan.depth -= 1;
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let Self { scan } = self;
        scan.enter()?;
        let mut members = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if members.contains_key(&key) {
                let at = scan.at.clone();
                return scan.refuse(Refused::Error(ReadError::DuplicateKey { at, key }));
            }
            scan.at.push(&key);
            let value = map.next_value_seed(Seed { scan: &mut *scan })?;
            scan.at.pop();
            members.insert(key, value);
        }
        scan.depth -= 1;
        Ok(Value::Object(members))
    }
}
