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
    Map(Fields),
    /// A variant by name, with its fields by name; a plain variant, an environment's name and a port's name have none
    Variant(Arc<str>, Fields),
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

impl Value {
    /// A known text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(Arc::from(text))
    }

    /// A variant without fields.
    #[must_use]
    pub fn plain(name: &str) -> Self {
        Self::Variant(Arc::from(name), no_fields())
    }

    /// Whether it is `null`.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether it is known to be wrong already.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// The known text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The `Int` or `Port`.
    #[must_use]
    pub const fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// The `Bool`.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The component.
    #[must_use]
    pub const fn as_component(&self) -> Option<InstanceId> {
        match self {
            Self::Component(instance) => Some(*instance),
            _ => None,
        }
    }

    /// The elements of a list; none of anything else.
    #[must_use]
    pub fn elements(&self) -> &[Self] {
        match self {
            Self::List(elements) => elements,
            _ => &[],
        }
    }

    /// The entries of a map or record, the fields of a variant; none of anything else.
    #[must_use]
    pub fn entries(&self) -> &[(Arc<str>, Self)] {
        match self {
            Self::Map(entries) | Self::Variant(_, entries) => entries,
            _ => &[],
        }
    }

    /// The value of a key of a map, of a field of a record or variant.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find_map(|(name, value)| (**name == *key).then_some(value))
    }

    /// The name of a variant, port or environment.
    #[must_use]
    pub fn variant(&self) -> Option<&str> {
        match self {
            Self::Variant(name, _) => Some(name),
            _ => None,
        }
    }

    /// The text that stands for it as the key of a map or of a repeated component: texts, whole numbers, plain variants.
    #[must_use]
    pub fn key(&self) -> Option<Arc<str>> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Int(value) => Some(Arc::from(value.to_string())),
            Self::Variant(name, fields) if fields.is_empty() => Some(name.clone()),
            _ => None,
        }
    }

    /// Whether something in it is known to be wrong already.
    #[must_use]
    pub fn holds_unknown(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::List(elements) => elements.iter().any(Self::holds_unknown),
            Self::Map(entries) | Self::Variant(_, entries) => entries.iter().any(|(_, value)| value.holds_unknown()),
            _ => false,
        }
    }

    /// As it stands in a text (`"${…}"`): numbers in decimal, quantities in the largest unit that holds them as a whole number,
    /// variants and environments by their name. `None` for what has no such form.
    #[must_use]
    pub fn display(&self) -> Option<String> {
        Some(match self {
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Float(value) => value.to_string(),
            Self::Percent(value) => format!("{value}%"),
            Self::Text(text) => text.to_string(),
            Self::Duration(value) => in_units(*value, DURATIONS),
            Self::Size(value) => in_units(*value, SIZES),
            Self::Cpu(value) => format!("{value}m"),
            Self::Variant(name, fields) if fields.is_empty() => name.to_string(),
            _ => return None,
        })
    }

    /// As it would be written in a program, all of it. Secrets, components and what only the platform knows are `…`.
    #[must_use]
    pub fn source(&self) -> String {
        self.written(usize::MAX)
    }

    /// As a message shows it: as [`Value::source`], but short.
    #[must_use]
    pub fn show(&self) -> String {
        self.written(5)
    }

    /// In source form, with no more than so many elements each, and texts no longer than a line where that is few.
    fn written(&self, most: usize) -> String {
        let mut out = String::new();
        self.write(most, &mut out);
        out
    }

    fn write(&self, most: usize, out: &mut String) {
        match self {
            Self::Unknown | Self::Component(_) | Self::Endpoint(..) | Self::Template(_) => out.push('…'),
            Self::Null => out.push_str("null"),
            Self::Float(value) => out.push_str(&format!("{value:?}")),
            Self::Text(text) => write_text(text, if most == usize::MAX { most } else { 60 }, out),
            Self::Range(low, high) => out.push_str(&format!("{low}..={high}")),
            Self::List(elements) => {
                write_all(("[", "]"), elements, most, out, |element, out| element.write(most, out));
            }
            Self::Map(entries) if entries.is_empty() => out.push_str("{}"),
            Self::Map(entries) => write_all(("{ ", " }"), entries, most, out, |(key, value), out| {
                let word = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
                if word && !key.starts_with(|c: char| c.is_ascii_digit()) && !key.is_empty() {
                    out.push_str(key);
                } else {
                    write_text(key, most, out);
                }
                out.push_str(": ");
                value.write(most, out);
            }),
            Self::Variant(name, fields) if !fields.is_empty() => {
                out.push_str(name);
                write_all(("(", ")"), fields, most, out, |(key, value), out| {
                    out.push_str(key);
                    out.push_str(": ");
                    value.write(most, out);
                });
            }
            _ => out.push_str(&self.display().unwrap_or_default()),
        }
    }
}

fn write_all<T>((open, close): (&str, &str), all: &[T], most: usize, out: &mut String, one: impl Fn(&T, &mut String)) {
    out.push_str(open);
    for (at, element) in all.iter().take(most).enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        one(element, out);
    }
    if all.len() > most {
        out.push_str(", …");
    }
    out.push_str(close);
}

/// A text with quotes and escapes, cut after so many characters.
fn write_text(text: &str, most: usize, out: &mut String) {
    out.push('"');
    let mut chars = text.chars().peekable();
    let mut count = 0_usize;
    while let Some(c) = chars.next() {
        if count == most {
            out.push('…');
            break;
        }
        count += 1;
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '$' if chars.peek() == Some(&'{') => out.push_str("\\$"),
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Values by name, in order.
pub type Fields = Arc<[(Arc<str>, Value)]>;

/// What plain variants have.
#[must_use]
pub fn no_fields() -> Fields {
    static NONE: std::sync::OnceLock<Fields> = std::sync::OnceLock::new();
    NONE.get_or_init(|| Arc::from([])).clone()
}

/// Units of a dimension with their size in the smallest one, from the largest on.
type Units = &'static [(&'static str, i64)];

const DURATIONS: Units = &[("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)];
const SIZES: Units = &[
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("KB", 1_000),
    ("B", 1),
];

/// A quantity in the largest unit that holds it as a whole number; nothing at all in the one that people expect.
fn in_units(value: i64, units: Units) -> String {
    if value == 0 {
        return if units.len() == DURATIONS.len() { "0s".to_owned() } else { "0B".to_owned() };
    }
    let fitting = units.iter().find(|(_, size)| value % size == 0);
    fitting.map_or_else(|| value.to_string(), |(unit, size)| format!("{}{unit}", value / size))
}
