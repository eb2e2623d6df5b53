//! Where a value stands inside a JSON document: JSON Pointers (RFC 6901).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A JSON Pointer (RFC 6901): `/env/DATABASE_URL`, `/volumes/~1data/volume`; the empty text is the whole.
///
/// ```
/// use oal_ir::Pointer;
/// let mut at = Pointer::root();
/// at.push("volumes");
/// at.push("/data");
/// assert_eq!(at.to_string(), "/volumes/~1data");
/// assert_eq!(at.tokens().collect::<Vec<_>>(), ["volumes", "/data"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Pointer(String);

impl Pointer {
    /// The pointer to the whole value.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// Goes down to the member named `key`, escaping `~` and `/`.
    pub fn push(&mut self, key: &str) {
        self.0.push('/');
        for letter in key.chars() {
            match letter {
                '~' => self.0.push_str("~0"),
                '/' => self.0.push_str("~1"),
                _ => self.0.push(letter),
            }
        }
    }

    /// Goes down to the item at `index`.
    pub fn push_index(&mut self, index: usize) {
        self.push(&index.to_string());
    }

    /// Goes up by one; nothing at the root.
    pub fn pop(&mut self) {
        let parent = self.0.rfind('/').unwrap_or(0);
        self.0.truncate(parent);
    }

    /// The pointer one level up; `None` at the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(parent, _)| Self(parent.to_owned()))
    }

    /// This pointer and one more key.
    #[must_use]
    pub fn join(&self, key: &str) -> Self {
        let mut longer = self.clone();
        longer.push(key);
        longer
    }

    /// The keys and indices on the way down, unescaped.
    pub fn tokens(&self) -> impl Iterator<Item = String> + '_ {
        self.0.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~"))
    }

    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is no JSON Pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointerError(String);

impl fmt::Display for PointerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no JSON Pointer: it starts with `/` and writes `~` as `~0`, `/` as `~1`", self.0)
    }
}

impl std::error::Error for PointerError {}

impl FromStr for Pointer {
    type Err = PointerError;

    fn from_str(text: &str) -> Result<Self, PointerError> {
        let escapes = text.split('~').skip(1).all(|after| after.starts_with(['0', '1']));
        if escapes && (text.is_empty() || text.starts_with('/')) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PointerError(text.to_owned()))
        }
    }
}

impl Serialize for Pointer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Pointer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
