//! Comments, blank lines and separators between tokens.
//!
//! A comment behind something on the same line stays there (` // c`); one on a line of its own stands above what follows, at
//! its indent. A doc comment always gets a line of its own, directly above what it documents.

use super::writer::{Before, INDENT, Laid, Stop, Writer};

/// Which end of a broken group, or which place in it, trivia is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// Behind the opening bracket.
    First,
    /// Between two members; whether a comma is written between them.
    Next(bool),
    /// Like `Next(true)`, but without blank lines.
    Tight,
    /// Behind the last member; whether a comma is written behind it. The number is the indent of the closing bracket.
    Last(bool, usize),
    /// Between brackets that hold nothing. The number is the indent of the closing one.
    Hollow(usize),
}

/// A comment of the old text.
#[derive(Clone, Copy)]
pub(super) struct Remark<'a> {
    pub(super) text: &'a str,
}

impl Remark<'_> {
    /// Whether it documents what follows.
    pub(super) fn is_doc(self) -> bool {
        self.text.starts_with("///") && !self.text.starts_with("////")
    }

    /// Whether it documents the file.
    pub(super) fn is_file_doc(self) -> bool {
        self.text.starts_with("//!")
    }
}

impl<'a> Writer<'a> {
    /// Reads the comment under the cursor.
    pub(super) fn remark(&mut self) -> Option<Remark<'a>> {
        if !self.at_comment() {
            return None;
        }
        let rest = self.src.get(self.pos..)?;
        let len = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        self.pos += len;
        Some(Remark { text: rest.get(..len)?.trim_end() })
    }

    /// Writes the comments that stand before a token inside a node, then a new line.
    #[cold]
    pub(super) fn lead_comments(&mut self, mut newlines: usize, before: Before) -> Laid {
        if self.flat {
            return Err(Stop::Comment);
        }
        let indent = match before {
            Before::Line(indent) => indent,
            Before::None | Before::Space => self.base + INDENT,
        };
        while let Some(remark) = self.remark() {
            if self.is_fresh() {
                // A line was begun for the token already.
            } else if newlines == 0 {
                self.out.push(' ');
            } else {
                self.newline(indent);
            }
            self.out.push_str(remark.text);
            newlines = self.skip_blank();
        }
        self.newline(indent);
        Ok(())
    }

    /// Writes what stands between the members of a broken group, whose indent is `inner`: the comma, comments, at most one
    /// blank line, the line break. Leaves the cursor before the next member or the closing bracket.
    pub(super) fn between(&mut self, edge: Edge, inner: usize) {
        if matches!(edge, Edge::Next(true) | Edge::Last(true, _) | Edge::Tight) {
            self.out.push(',');
        }
        // Blank lines at either end of a group are dropped.
        let mut opening = matches!(edge, Edge::First | Edge::Hollow(_) | Edge::Tight);
        let mut doc = false;
        let mut newlines = self.skip_blank();
        loop {
            if let Some(remark) = self.remark() {
                if newlines == 0 && !remark.is_doc() {
                    self.out.push(' ');
                } else {
                    self.blank_line(newlines > 1 && !opening && !doc);
                    self.newline(inner);
                }
                self.out.push_str(remark.text);
                opening = edge == Edge::Tight;
                doc = remark.is_doc();
                newlines = self.skip_blank();
            } else if self.byte() == b',' {
                self.pos += 1;
                newlines += self.skip_blank();
            } else {
                break;
            }
        }
        match edge {
            Edge::First | Edge::Next(_) | Edge::Tight => {
                self.blank_line(newlines > 1 && !opening && !doc);
                self.newline(inner);
            }
            Edge::Last(_, outer) | Edge::Hollow(outer) => self.newline(outer),
        }
    }

    /// Whether nothing but its indent stands on the last line.
    fn is_fresh(&self) -> bool {
        self.line > 0 && self.out.as_bytes().get(self.line..).is_some_and(|line| line.iter().all(|b| *b == b' '))
    }

    fn blank_line(&mut self, wanted: bool) {
        if wanted {
            self.out.push('\n');
        }
    }

    /// Moves over white space and commas; how many line ends it held.
    pub(super) fn skip_commas(&mut self) -> Result<usize, Stop> {
        let mut newlines = self.skip_blank();
        while self.byte() == b',' {
            self.pos += 1;
            newlines += self.skip_blank();
        }
        if self.at_comment() { Err(Stop::Comment) } else { Ok(newlines) }
    }

    /// Whether a comment comes next.
    pub(super) fn is_comment_next(&mut self) -> bool {
        let start = self.pos;
        self.skip_blank();
        let next = self.at_comment();
        self.pos = start;
        next
    }

    /// The first byte of the next token.
    pub(super) fn next_byte(&mut self) -> u8 {
        let start = self.pos;
        self.skip_blank();
        while self.remark().is_some() {
            self.skip_blank();
        }
        let byte = self.byte();
        self.pos = start;
        byte
    }

    /// Leaves out commas that may stand here, but no comment before them.
    pub(super) fn drop_commas(&mut self) -> Laid {
        while self.next_byte() == b',' {
            self.lead(Before::None)?;
            self.pos += 1;
        }
        Ok(())
    }
}
