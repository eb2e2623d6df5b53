//! Formatting by `oal_syntax::fmt`, as the fewest changed lines. A text with syntax errors stays as it is, and nothing is said.

use super::offset;
use imara_diff::{Algorithm, Diff, InternedInput};
use oal_syntax::{Parse, Span, fmt};

/// A replacement of some bytes of the text at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The bytes to replace; empty to insert.
    pub span: Span,
    /// What stands there then.
    pub text: String,
}

/// What changes where all of the text is formatted, in order; nothing where it has syntax errors.
#[must_use]
pub fn document(source: &str, parse: &Parse) -> Vec<Change> {
    fmt::format(source, parse).map_or_else(|_| Vec::new(), |formatted| changes(source, 0, &formatted))
}

/// What changes where the declarations that `range` touches are formatted. Those with syntax errors stay as they are; what is wrong
/// elsewhere does not matter.
#[must_use]
pub fn range(source: &str, parse: &Parse, range: Span) -> Vec<Change> {
    let tree = &parse.tree;
    let touched = tree.top.iter().map(|item| tree.item(*item).span);
    let touched = touched.filter(|span| span.start <= range.end && range.start <= span.end);
    let mut found = Vec::new();
    for span in touched {
        let (start, end) = whole_lines(source, span);
        let Some(text) = source.get(start..end) else { continue };
        if found.last().is_some_and(|last: &Change| last.span.end as usize > start) {
            // Two declarations on one line: the first one's lines hold the second.
            continue;
        }
        let alone = oal_syntax::parse(text);
        if let Ok(formatted) = fmt::format(text, &alone) {
            found.append(&mut changes(text, start, &with_line_ends_of(source, formatted)));
        }
    }
    found
}

/// The lines on which a declaration stands, without the last line end; those of its `allow`s and comments above are left out.
fn whole_lines(source: &str, span: Span) -> (usize, usize) {
    let before = source.get(..span.start as usize).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |line| line + 1);
    let after = source.get(span.end as usize..).unwrap_or_default();
    let end = span.end as usize + after.find('\n').map_or(after.len(), |line| line + 1);
    (start, end)
}

/// The formatted text with CR LF, where the text it comes from has it.
fn with_line_ends_of(source: &str, formatted: String) -> String {
    let first = source.find('\n').and_then(|at| source.as_bytes().get(at.wrapping_sub(1)));
    if first == Some(&b'\r') && !formatted.contains('\r') { formatted.replace('\n', "\r\n") } else { formatted }
}

/// The lines that differ between a text, which stands at `base`, and its formatted form.
pub(super) fn changes(text: &str, base: usize, formatted: &str) -> Vec<Change> {
    let formatted = &with_line_ends_of(text, formatted.to_owned());
    let lines = InternedInput::new(text, formatted.as_str());
    let diff = Diff::compute(Algorithm::Myers, &lines);
    let (old, new) = (ends(text), ends(formatted));
    let at = |ends: &[usize], line: u32| (line as usize).checked_sub(1).and_then(|line| ends.get(line)).copied();
    let bytes = |ends: &[usize], lines: std::ops::Range<u32>| {
        at(ends, lines.start).unwrap_or(0)..at(ends, lines.end).unwrap_or(0)
    };
    let change = |hunk: imara_diff::Hunk| {
        let (was, is) = (bytes(&old, hunk.before), bytes(&new, hunk.after));
        let text = formatted.get(is).unwrap_or_default().to_owned();
        Change { span: Span::new(offset(base + was.start), offset(base + was.end)), text }
    };
    diff.hunks().map(change).collect()
}

/// Where each line ends, its line end included.
fn ends(text: &str) -> Vec<usize> {
    let mut at = 0;
    text.split_inclusive('\n')
        .map(|line| {
            at += line.len();
            at
        })
        .collect()
}
