//! Stands in for what of the library is not there yet.

pub(crate) use oal_check::{Checked, Options, check};
use oal_syntax::{Parse, Span};

/// Will be `oal_check::lower`.
pub(crate) fn lower(_: &Checked, _: &str) -> Result<oal_ir::Ir, String> {
    Err("not yet".to_owned())
}

/// Will be `oal_syntax::fmt::Refused`.
#[derive(Debug)]
pub(crate) enum Refused {
    Syntax(Vec<Span>),
    Changed { at: Span },
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Syntax(places) => write!(f, "{} syntax errors", places.len()),
            Self::Changed { at } => write!(f, "it would change at {at:?}"),
        }
    }
}

/// Will be `oal_syntax::fmt::format`.
pub(crate) fn format(source: &str, parse: &Parse) -> Result<String, Refused> {
    match parse.errors.first() {
        None => Ok(source.replace("\r\n", "\n").replace('\t', "  ")),
        Some(error) if source.is_empty() => Err(Refused::Changed { at: error.span }),
        Some(_) => Err(Refused::Syntax(Vec::new())),
    }
}
