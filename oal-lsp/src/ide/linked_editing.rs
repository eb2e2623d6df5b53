//! Names that may be typed at all their places at once: variables of loops and patterns, which nothing outside their declaration sees.

use oal_check::query::{self, Symbol};
use oal_check::{Checked, Severity};
use oal_syntax::{FileId, Span};

/// What such a name may become, as a regular expression.
pub const PATTERN: &str = "[a-z_][a-z0-9_]*";

/// The places of the variable at an offset; none where something in its declaration is wrong, because some may not be known then.
#[must_use]
pub fn ranges(checked: &Checked, file: FileId, offset: u32) -> Option<Vec<Span>> {
    let (symbol, _) = query::symbol_at(checked, file, offset)?;
    let Symbol::Local(declared) = symbol else { return None };
    let tree = &checked.project().file(file).parse.tree;
    let item = tree.top.iter().map(|item| tree.item(*item).span).find(|span| span.contains(declared.span))?;
    let here = |span: Span| item.start <= span.end && span.start <= item.end;
    let parse = &checked.project().file(file).parse;
    let wrong = parse.errors.iter().any(|error| here(error.span))
        || checked
            .diagnostics()
            .iter()
            .any(|found| found.severity == Severity::Error && found.primary.file == file && here(found.primary.span));
    let mentions = query::mentions(checked, &symbol);
    let text = declared.span.text(checked.project().text(file));
    let alike = mentions
        .iter()
        .all(|mention| mention.place.file == file && mention.place.span.text(checked.project().text(file)) == text);
    (!wrong && alike).then(|| mentions.into_iter().map(|mention| mention.place.span).collect())
}
