//! Brackets with members between them: on one line, or one member a line.

use super::trivia::Edge;
use super::writer::{Before, INDENT, Laid, Stop, Writer};

/// A kind of group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Brackets {
    open: &'static str,
    close: &'static str,
    /// What stands inside the brackets on one line.
    pad: &'static str,
    /// Whether a comma stands behind each member on a line of its own.
    commas: bool,
    /// Whether any line break between its members keeps it broken, not only one behind the opening bracket.
    lines: bool,
}

/// `{ a: 1, b: 2 }`: bodies, objects, record types, arms.
pub(super) const BODY: Brackets = Brackets { open: "{", close: "}", pad: " ", commas: false, lines: true };
/// `{ a, b as c }`: the names of a `use`.
pub(super) const NAMES: Brackets = Brackets { open: "{", close: "}", pad: " ", commas: true, lines: false };
/// `[a, b]`
pub(super) const LIST: Brackets = Brackets { open: "[", close: "]", pad: "", commas: true, lines: false };
/// `(a, b)`
pub(super) const ARGS: Brackets = Brackets { open: "(", close: ")", pad: "", commas: true, lines: false };

impl Writer<'_> {
    /// Writes a group from its opening bracket, which is under the cursor. `each` writes a member that may reach up to so many
    /// columns before the margin.
    pub(super) fn group<T: Copy>(
        &mut self,
        brackets: Brackets,
        members: &[T],
        tail: usize,
        each: impl Fn(&mut Self, T, usize) -> Laid,
    ) -> Laid {
        if members.is_empty() {
            return self.hollow(brackets);
        }
        if self.flat {
            if !self.hole && self.breaks_after(brackets.open.len()) {
                return Err(Stop::TooWide);
            }
            return self.flat_group(brackets, members, &each);
        }
        if !self.breaks_after(brackets.open.len())
            && self.attempt(tail, |writer| writer.flat_group(brackets, members, &each))?
        {
            return Ok(());
        }
        self.broken_group(brackets, members, &each)
    }

    fn flat_group<T: Copy>(
        &mut self,
        brackets: Brackets,
        members: &[T],
        each: &impl Fn(&mut Self, T, usize) -> Laid,
    ) -> Laid {
        self.expect(brackets.open)?;
        self.put(brackets.pad)?;
        let mut first = true;
        for member in members {
            self.flat_comma(brackets)?;
            if !first {
                self.put(", ")?;
            }
            first = false;
            each(self, *member, 0)?;
        }
        self.flat_comma(brackets)?;
        self.put(brackets.pad)?;
        self.expect(brackets.close)
    }

    /// Moves over the commas around a member on one line.
    fn flat_comma(&mut self, brackets: Brackets) -> Laid {
        let newlines = self.skip_commas()?;
        if newlines > 0 && brackets.lines && !self.hole { Err(Stop::TooWide) } else { Ok(()) }
    }

    /// Writes a group one member a line.
    pub(super) fn broken_group<T: Copy>(
        &mut self,
        brackets: Brackets,
        members: &[T],
        each: &impl Fn(&mut Self, T, usize) -> Laid,
    ) -> Laid {
        if members.is_empty() {
            return self.hollow(brackets);
        }
        let outer = self.base;
        let inner = outer + INDENT;
        self.expect(brackets.open)?;
        self.base = inner;
        let mut edge = Edge::First;
        for member in members {
            self.between(edge, inner);
            each(self, *member, usize::from(brackets.commas))?;
            edge = Edge::Next(brackets.commas);
        }
        self.between(Edge::Last(brackets.commas, outer), inner);
        self.base = outer;
        self.expect(brackets.close)
    }

    /// Writes brackets that hold nothing but, maybe, comments.
    fn hollow(&mut self, brackets: Brackets) -> Laid {
        self.expect(brackets.open)?;
        let start = self.pos;
        self.skip_blank();
        if !self.at_comment() {
            return self.expect(brackets.close);
        }
        if self.flat {
            return Err(Stop::Comment);
        }
        self.pos = start;
        self.between(Edge::Hollow(self.base), self.base + INDENT);
        self.expect(brackets.close)
    }

    /// Writes the opening bracket of a group whose inside is no list, runs `inside` one step to the right on the next line, and
    /// writes the closing bracket on a line of its own.
    pub(super) fn framed(
        &mut self,
        open: &'static str,
        close: &'static str,
        inside: impl FnOnce(&mut Self) -> Laid,
    ) -> Laid {
        let outer = self.base;
        self.token(Before::None, open)?;
        self.base = outer + INDENT;
        self.between(Edge::First, outer + INDENT);
        inside(self)?;
        self.between(Edge::Last(false, outer), outer + INDENT);
        self.base = outer;
        self.expect(close)
    }
}
