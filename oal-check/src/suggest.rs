//! "Did you mean": the nearest of the names that fit a place, and what the words of other tools are called here.
//! Pure text; who knows which names fit passes them in. A wrong suggestion is worse than none.

mod near;
mod quantity;
mod words;

use std::borrow::Cow;

pub use near::{Nearest, closest};
pub use quantity::{Dimension, foreign_quantity};
pub use words::{
    foreign_field, foreign_function, foreign_kind, foreign_literal, foreign_replacements, foreign_sections,
    foreign_type,
};

/// What a word of another tool is called in OAL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// Text that may stand instead; `None` where there is no single one.
    pub replacement: Option<Cow<'static, str>>,
    /// The sentence for the help line: lower case, no final period.
    pub why: Cow<'static, str>,
}
