//! The name of a node: [`NodeId`], its grammar, and how to take it apart.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::canonical::quote;

/// The stable name of a component: `service/api`, `service/worker[eu]`, `web/storefront/route/site`.
///
/// ```text
/// id      = segment *( "/" segment )       ; from the outermost component to the one meant
/// segment = kind "/" name [ key ]
/// kind    = word                           ; the declared kind, `web` rather than `service`
/// name    = word
/// word    = ( a-z / "_" ) *( a-z / 0-9 / "_" )
/// key     = "[" ( bare / quoted ) "]"      ; the loop value of a component made by `for`
/// bare    = 1*( A-Z / a-z / 0-9 / "_" / "-" / "." )
/// quoted  = a JSON string as RFC 8785 writes it; only for what is not `bare`
/// ```
///
/// Every component has exactly one such text, so comparing texts compares components: a key in quotes that needs none is
/// refused. A whole-number loop value is written in decimal, an enum value by its name.
///
/// ```
/// use oal_ir::NodeId;
/// let id: NodeId = "web/storefront/service/worker[eu]".parse()?;
/// assert_eq!((id.kind(), id.name(), id.key().as_deref()), ("service", "worker", Some("eu")));
/// assert_eq!(id.parent().map(|parent| parent.to_string()).as_deref(), Some("web/storefront"));
/// assert_eq!(NodeId::new("service", "worker", Some("a b"))?.as_str(), r#"service/worker["a b"]"#);
/// # Ok::<(), oal_ir::NodeIdError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(Arc<str>);

/// One step of a [`NodeId`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment<'a> {
    /// The declared kind: `service`, `web`.
    pub kind: &'a str,
    /// The name after the kind.
    pub name: &'a str,
    /// The loop value of a component made by `for`, unquoted.
    pub key: Option<Cow<'a, str>>,
}

/// Why a text is no [`NodeId`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeIdError {
    /// The whole text.
    pub text: String,
    /// The byte at which it stops being an id.
    pub offset: usize,
    /// What is wrong there.
    pub problem: NodeIdProblem,
}

/// What is wrong with a text that should be a [`NodeId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NodeIdProblem {
    /// No kind or name stands here.
    NoWord,
    /// The name after the kind is missing.
    NoName,
    /// The key after `[` is empty, broken or not closed.
    BadKey,
    /// The key stands in quotes and needs none, or is escaped in another way than RFC 8785 does.
    OtherQuoting,
    /// Something other than `/` follows a segment.
    Trailing,
}

impl NodeId {
    /// The id of a component at the top of a program.
    ///
    /// # Errors
    /// `kind` or `name` is not a word of the grammar.
    pub fn new(kind: &str, name: &str, key: Option<&str>) -> Result<Self, NodeIdError> {
        Self::build(String::new(), kind, name, key)
    }

    /// The id of a component declared inside this one.
    ///
    /// # Errors
    /// `kind` or `name` is not a word of the grammar.
    pub fn child(&self, kind: &str, name: &str, key: Option<&str>) -> Result<Self, NodeIdError> {
        Self::build(format!("{self}/"), kind, name, key)
    }

    fn build(mut text: String, kind: &str, name: &str, key: Option<&str>) -> Result<Self, NodeIdError> {
        let start = text.len();
        text.push_str(kind);
        text.push('/');
        text.push_str(name);
        for (word, offset) in [(kind, start), (name, start + kind.len() + 1)] {
            if word.is_empty() || split_word(word).is_none_or(|(_, rest)| !rest.is_empty()) {
                return Err(NodeIdError { text, offset, problem: NodeIdProblem::NoWord });
            }
        }
        if let Some(key) = key {
            text.push('[');
            if is_bare(key) {
                text.push_str(key);
            } else {
                text.push_str(&quote(key));
            }
            text.push(']');
        }
        Ok(Self(text.into()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The steps from the outermost component to this one; at least one.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        self.steps().map(|(segment, _)| segment)
    }

    /// Each step with the text from its start on.
    fn steps(&self) -> impl Iterator<Item = (Segment<'_>, &str)> {
        let mut rest = Some(&*self.0);
        std::iter::from_fn(move || {
            let from = rest.take()?;
            let (segment, after) = split_segment(from).ok()?;
            rest = after.strip_prefix('/');
            Some((segment, from))
        })
    }

    fn last(&self) -> Option<(Segment<'_>, &str)> {
        self.steps().last()
    }

    /// The declared kind of the component itself: `route` in `web/storefront/route/site`.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.last().map_or("", |(segment, _)| segment.kind)
    }

    /// The name of the component itself: `site` in `web/storefront/route/site`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.last().map_or("", |(segment, _)| segment.name)
    }

    /// The loop value of the component itself: `eu` in `service/worker[eu]`.
    #[must_use]
    pub fn key(&self) -> Option<Cow<'_, str>> {
        self.last().and_then(|(segment, _)| segment.key)
    }

    /// The component this one is declared in; `None` at the top of the program. A composed kind without a base has no
    /// component of its own, so a parent need not be in the document.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (_, own) = self.last()?;
        let parent = self.0.strip_suffix(own)?.strip_suffix('/')?;
        Some(Self(parent.into()))
    }

    /// Whether this component is `other` or is declared, at any depth, inside it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.strip_prefix(&*other.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// The letters up to the first that is not part of a word; `None` where no word starts.
fn split_word(text: &str) -> Option<(&str, &str)> {
    if !text.starts_with(|first: char| first.is_ascii_lowercase() || first == '_') {
        return None;
    }
    let inside = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    let end = text.find(|letter| !inside(letter)).unwrap_or(text.len());
    text.split_at_checked(end)
}

fn is_bare(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

/// The first segment and what follows it, or what is wrong and the text from there on.
fn split_segment(text: &str) -> Result<(Segment<'_>, &str), (NodeIdProblem, &str)> {
    let (kind, rest) = split_word(text).ok_or((NodeIdProblem::NoWord, text))?;
    let rest = rest.strip_prefix('/').ok_or((NodeIdProblem::NoName, rest))?;
    let (name, rest) = split_word(rest).ok_or((NodeIdProblem::NoWord, rest))?;
    let Some(inner) = rest.strip_prefix('[') else {
        return Ok((Segment { kind, name, key: None }, rest));
    };
    let (key, rest) = if inner.starts_with('"') { split_quoted(inner)? } else { split_bare(inner)? };
    Ok((Segment { kind, name, key: Some(key) }, rest))
}

fn split_bare(inner: &str) -> Result<(Cow<'_, str>, &str), (NodeIdProblem, &str)> {
    match inner.split_once(']') {
        Some((key, rest)) if is_bare(key) => Ok((Cow::Borrowed(key), rest)),
        _ => Err((NodeIdProblem::BadKey, inner)),
    }
}

fn split_quoted(inner: &str) -> Result<(Cow<'_, str>, &str), (NodeIdProblem, &str)> {
    let mut escaped = true; // the opening quote does not close
    let end = inner.char_indices().find_map(|(at, letter)| {
        let closes = letter == '"' && !escaped;
        escaped = letter == '\\' && !escaped;
        closes.then_some(at + 1)
    });
    let bad = (NodeIdProblem::BadKey, inner);
    let (literal, rest) = end.and_then(|end| inner.split_at_checked(end)).ok_or(bad)?;
    let rest = rest.strip_prefix(']').ok_or(bad)?;
    let key: String = serde_json::from_str(literal).map_err(|_| bad)?;
    if is_bare(&key) || quote(&key) != literal {
        return Err((NodeIdProblem::OtherQuoting, inner));
    }
    Ok((Cow::Owned(key), rest))
}

impl FromStr for NodeId {
    type Err = NodeIdError;

    fn from_str(text: &str) -> Result<Self, NodeIdError> {
        let fail = |problem, from: &str| NodeIdError {
            text: text.to_owned(),
            offset: text.len().saturating_sub(from.len()),
            problem,
        };
        let mut rest = text;
        loop {
            let (_, after) = split_segment(rest).map_err(|(problem, from)| fail(problem, from))?;
            if after.is_empty() {
                return Ok(Self(text.into()));
            }
            rest = after.strip_prefix('/').ok_or_else(|| fail(NodeIdProblem::Trailing, after))?;
        }
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeId({})", self.0)
    }
}

impl fmt::Display for NodeIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, offset, problem } = self;
        let what = match problem {
            NodeIdProblem::NoWord => "a kind or name of small letters, digits and `_` is missing",
            NodeIdProblem::NoName => "`/` and the component's name are missing after the kind",
            NodeIdProblem::BadKey => "the key in `[…]` is empty, not closed or needs quotes",
            NodeIdProblem::OtherQuoting => "the key in `[…]` is quoted otherwise than the one way",
            NodeIdProblem::Trailing => "only `/` and a further kind and name may follow",
        };
        write!(f, "`{text}` is no node id: at byte {offset}, {what}")
    }
}

impl std::error::Error for NodeIdError {}

impl AsRef<str> for NodeId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for NodeId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Serialize for NodeId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for NodeId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
