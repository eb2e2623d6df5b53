//! The formatter: one style, no options.
//!
//! Two columns a step, at most 100 characters a line, one blank line at most. What its author wrote on one line stays there if
//! it fits and holds no comment; what was broken behind its opening bracket stays broken, one member a line. Comments stay
//! where they are, numbers as they are, and texts say what they said. Formatting twice is formatting once.
//!
//! Nothing here may change what a program says: the writer copies token after token (`writer`), and before the new text is
//! given out, `check` reads both again.
//!
//! ```
//! let source = "app   shop{owner:\"a@b.example\"  }";
//! let parse = oal_syntax::parse(source);
//! let formatted = oal_syntax::fmt::format(source, &parse)?;
//! assert_eq!(formatted, "app shop { owner: \"a@b.example\" }\n");
//! # Ok::<(), oal_syntax::fmt::Refused>(())
//! ```

mod block;
mod check;
mod exprs;
mod group;
mod items;
mod trivia;
mod types;
mod writer;

use crate::{Parse, Span};
use writer::Writer;

/// Why a text was not formatted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// It is not well formed; where.
    Syntax(Vec<Span>),
    /// The new text would not say the same: a mistake of the formatter. The place is in the old text.
    Changed {
        /// The first token or comment that differs.
        at: Span,
    },
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Syntax(_) => f.write_str("the text has syntax errors"),
            Self::Changed { .. } => f.write_str("formatting would change what the text says here"),
        }
    }
}

impl std::error::Error for Refused {}

/// The text in the one style. `parse` is the parse of `source`.
///
/// # Errors
///
/// [`Refused`] where the text has syntax errors, or where the result would not hold the same tokens and comments.
pub fn format(source: &str, parse: &Parse) -> Result<String, Refused> {
    if !parse.errors.is_empty() {
        return Err(Refused::Syntax(parse.errors.iter().map(|error| error.span).collect()));
    }
    let mut writer = Writer::new(source, &parse.tree);
    if writer.file().is_err() {
        let at = u32::try_from(writer.pos).unwrap_or(u32::MAX);
        return Err(Refused::Changed { at: Span::empty(at) });
    }
    check::same(source, &writer.out)?;
    Ok(writer.out)
}
