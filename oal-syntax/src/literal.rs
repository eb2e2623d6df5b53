//! What literals mean: numbers with their units, texts with their escapes. The parser has reported every malformed one, and left an
//! error node in its place, so whoever reads a literal out of a tree may take failure as "already said".

mod number;
mod text;

pub use number::{MAX_QUANTITY, Number, NumberError, UNITS, number};
pub use text::{Layout, Pieces, text};

pub(crate) use text::unicode_escape;
