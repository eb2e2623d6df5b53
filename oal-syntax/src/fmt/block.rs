//! Texts in `"""`: their lines move with what stands around them, their value stays.
//!
//! The closing quotes say how much indentation is not part of the value, so all lines may be moved by as much as those. Where
//! that would not be safe (a line does not start as the closing one does) the text stays as it is.

use super::writer::{INDENT, Laid, Stop, Writer};
use crate::ast::{ExprId, ExprKind};
use crate::span::Span;

/// How a text in `"""` moves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shift {
    /// Bytes of indentation that go.
    from: usize,
    /// Spaces that come.
    to: usize,
}

impl Writer<'_> {
    /// How the text that starts here moves: its lines go to where it starts, if it is the first on its line, or else one step to
    /// the right of that line. A text with another one of several lines in it always goes to the right: were it not indented
    /// deeper than the line it starts on, the inner quotes would be taken for those of the next text.
    pub(super) fn shift(&self, span: Span, parts: &[ExprId]) -> Option<Shift> {
        let text = span.text(self.src);
        if !text.starts_with("\"\"\"") || !self.is_free() {
            return None;
        }
        let (_, closing) = text.rsplit_once('\n')?;
        let from = closing.len() - closing.trim_start_matches([' ', '\t']).len();
        let margin = closing.get(..from)?;
        let mut start = span.start;
        let mut nested = false;
        for id in parts {
            let part = self.tree.expr(*id);
            if part.kind != ExprKind::Piece {
                nested |= part.span.text(self.src).contains('\n');
                is_movable(Span::new(start, part.span.start).text(self.src), margin).then_some(())?;
                start = part.span.end;
            }
        }
        is_movable(Span::new(start, span.end).text(self.src), margin).then_some(())?;
        let line = self.out.get(self.line..)?;
        let indent = line.len() - line.trim_start_matches(' ').len();
        Some(Shift { from, to: if indent == line.len() && !nested { indent } else { indent + INDENT } })
    }

    /// Copies up to `end`, a part of a text in `"""`, and moves its lines.
    pub(super) fn moved(&mut self, end: usize, shift: Shift) -> Laid {
        let text = self.src.get(self.pos..end).ok_or(Stop::Lost)?;
        self.pos = end;
        let start = self.out.len();
        let mut lines = text.split('\n').peekable();
        let mut first = true;
        while let Some(line) = lines.next() {
            let ends = lines.peek().is_some();
            let line = if ends { line.strip_suffix('\r').unwrap_or(line) } else { line };
            if first {
                self.out.push_str(line);
            } else {
                let rest = line.get(shift.from..).unwrap_or_default();
                self.out.push('\n');
                if !rest.is_empty() || !ends {
                    self.out.extend(std::iter::repeat_n(' ', shift.to));
                }
                self.out.push_str(rest);
            }
            first = false;
        }
        self.found_lines(start);
        Ok(())
    }
}

/// Whether all lines of a part of a text but its first start with `margin`, or are blank and no longer than that.
fn is_movable(part: &str, margin: &str) -> bool {
    let mut lines = part.split('\n').peekable();
    let Some(mut line) = lines.next() else { return true };
    while let Some(next) = lines.next() {
        // Of `\r\r\n` one `\r` is in the value.
        if line.ends_with("\r\r") {
            return false;
        }
        let blank = lines.peek().is_some()
            && next.strip_suffix('\r').unwrap_or(next).len() <= margin.len()
            && next.trim_matches([' ', '\t', '\r']).is_empty();
        if !blank && !next.starts_with(margin) {
            return false;
        }
        line = next;
    }
    true
}
