//! The brackets of one run of tokens in which they do not match.

mod opening;

use opening::Gap;

use super::{INSIDE, Repaired, closer, is_closer, item_words};
use crate::depth::MAX_OPEN;
use crate::error::{SyntaxError, SyntaxErrorKind};
use crate::span::Span;
use crate::token::{Token, TokenKind};
use std::ops::Range;

/// An opening bracket that waits for its closing one.
#[derive(Debug, Clone, Copy)]
struct Open {
    token: Token,
    /// Indentation of the line it stands in.
    indent: u32,
    /// Number of that line.
    line: usize,
}

/// Reads one run of tokens.
pub(super) struct Segment<'t> {
    source: &'t str,
    tokens: &'t [Token],
    columns: &'t [u32],
    said: &'t [SyntaxError],
    run: Range<usize>,
    /// Whether lines are indented at all.
    indented: bool,
    open: Vec<Open>,
    gaps: Vec<Gap>,
    /// Opening brackets to put in, by the index before which they stand.
    missing: Vec<(usize, Token)>,
    line: usize,
    indent: u32,
    /// Where the tokens of this line start, and how many brackets were open there.
    line_start: (usize, usize),
    /// Of braces, parentheses and brackets: how many more closing ones there are than opening ones.
    surplus: [i64; 3],
    errors: Vec<SyntaxError>,
    too_deep: bool,
}

fn family(kind: TokenKind) -> usize {
    use TokenKind as K;
    match kind {
        K::LBrace | K::RBrace => 0,
        K::LParen | K::RParen => 1,
        _ => 2,
    }
}

impl<'t> Segment<'t> {
    pub(super) fn new(
        source: &'t str,
        tokens: &'t [Token],
        columns: &'t [u32],
        said: &'t [SyntaxError],
        run: Range<usize>,
    ) -> Self {
        let mut surplus = [0; 3];
        for token in tokens.get(run.clone()).unwrap_or_default() {
            let step = match token.kind {
                TokenKind::TextStart | TokenKind::TextEnd => 0,
                kind if closer(kind).is_some() => -1,
                kind if is_closer(kind) => 1,
                _ => 0,
            };
            if let Some(count) = surplus.get_mut(family(token.kind)) {
                *count += step;
            }
        }
        let lines = columns.get(run.clone()).unwrap_or_default();
        let indented = lines.iter().any(|column| *column != INSIDE && *column > 0);
        Self {
            source,
            tokens,
            columns,
            said,
            run,
            indented,
            open: Vec::new(),
            gaps: Vec::new(),
            missing: Vec::new(),
            line: 0,
            indent: 0,
            line_start: (0, 0),
            surplus,
            errors: Vec::new(),
            too_deep: false,
        }
    }

    pub(super) fn repair(mut self, out: &mut Repaired) {
        let base = out.tokens.len();
        let mut at = self.run.start;
        while at < self.run.end {
            let (Some(token), Some(column)) = (self.tokens.get(at).copied(), self.columns.get(at).copied()) else {
                break;
            };
            if column != INSIDE {
                self.start_line(out, at, column, token.kind);
            }
            match token.kind {
                TokenKind::TextMiddle => {
                    self.close_to_text(out);
                    out.push(token, column);
                }
                TokenKind::TextEnd => {
                    self.close_to_text(out);
                    self.open.pop();
                    out.push(token, column);
                }
                kind if closer(kind).is_some() && self.open.len() == MAX_OPEN => {
                    at = self.skip(out, at, column);
                    continue;
                }
                TokenKind::LBrace if self.doubled(out) => {
                    self.surplus_of(token.kind, 1);
                    self.errors.push(SyntaxError::new(token.span, SyntaxErrorKind::Unclosed(token.kind)));
                }
                kind if closer(kind).is_some() => {
                    self.open.push(Open { token, indent: self.indent, line: self.line });
                    out.push(token, column);
                }
                kind if is_closer(kind) && column != INSIDE && self.indented => self.close_line(out, token, column),
                kind if is_closer(kind) => self.close(out, token, column),
                TokenKind::Key | TokenKind::PathKey => {
                    self.end_list(out);
                    out.push(token, column);
                }
                _ => out.push(token, column),
            }
            at += 1;
        }
        self.close_all(out, 0);
        self.insert_missing(out, base);
        if self.too_deep {
            self.errors.retain(|error| !matches!(error.kind, SyntaxErrorKind::Unclosed(_)));
        }
        out.errors.append(&mut self.errors);
    }

    /// A key stands in no list: one that is open ends before it, and before the comma between.
    fn end_list(&mut self, out: &mut Repaired) {
        let in_list = self.open.last().is_some_and(|open| open.token.kind == TokenKind::LBracket);
        if !in_list || self.surplus(TokenKind::LBracket) >= 0 {
            return;
        }
        let comma = out.tokens.pop_if(|last| last.kind == TokenKind::Comma);
        let column = comma.and_then(|_| out.columns.pop());
        self.close_all(out, self.open.len() - 1);
        if let (Some(comma), Some(column)) = (comma, column) {
            out.push(comma, column);
        }
    }

    /// A new line: blocks that it is not part of end before it.
    fn start_line(&mut self, out: &mut Repaired, at: usize, column: u32, kind: TokenKind) {
        if self.indented && !is_closer(kind) {
            let starts_entry = matches!(
                kind,
                TokenKind::Key | TokenKind::PathKey | TokenKind::Unset | TokenKind::Field | TokenKind::Output
            ) || item_words(self.tokens, self.columns, at);
            let outside = |open: &&Open| {
                open.token.kind != TokenKind::TextStart
                    && (open.indent > column || (open.indent == column && starts_entry))
            };
            let ended = self.open.iter().rev().take_while(outside).count();
            if ended > 0 {
                self.close_all(out, self.open.len() - ended);
            }
            while self.gaps.last().is_some_and(|gap| gap.indent >= column || gap.depth > self.open.len()) {
                self.gaps.pop();
            }
            if column > self.indent && self.line > 0 && self.ends_without_value(out, kind) {
                self.gaps.push(Gap { indent: self.indent, at: out.tokens.len(), depth: self.open.len() });
            }
        }
        self.line += 1;
        self.indent = column;
        self.line_start = (out.tokens.len(), self.open.len());
    }

    /// A closing bracket at the start of a line: it belongs to the block whose first line is indented as it is.
    fn close_line(&mut self, out: &mut Repaired, token: Token, column: u32) {
        let deeper = |open: &&Open| open.token.kind != TokenKind::TextStart && open.indent > column;
        let ended = self.open.iter().rev().take_while(deeper).count();
        if ended > 0 {
            self.close_all(out, self.open.len() - ended);
        }
        let surplus = self.surplus(token.kind) > 0;
        match self.open.last().copied() {
            Some(open)
                if open.indent == column
                    && open.token.kind != TokenKind::TextStart
                    && (closer(open.token.kind) == Some(token.kind) || self.surplus(open.token.kind) < 0) =>
            {
                self.close_with(out, open, token, column);
            }
            _ if self.gaps.last().is_some_and(|gap| gap.indent == column && gap.depth == self.open.len()) => {
                self.put_in(out, token, column);
            }
            Some(open) if !surplus && closer(open.token.kind) == Some(token.kind) => {
                self.close_with(out, open, token, column);
            }
            _ => self.stray(token),
        }
    }

    /// A closing bracket inside a line.
    fn close(&mut self, out: &mut Repaired, token: Token, column: u32) {
        let surplus = self.surplus(token.kind) > 0;
        let Some(top) = self.open.last().copied() else {
            return self.collapse(out, token);
        };
        let fits = closer(top.token.kind) == Some(token.kind);
        let here = top.line == self.line || !self.indented;
        if fits && (here || !surplus) {
            return self.close_with(out, top, token, column);
        }
        let below = self
            .open
            .iter()
            .rev()
            .take_while(|open| open.token.kind != TokenKind::TextStart && (open.line == self.line || !self.indented))
            .position(|open| closer(open.token.kind) == Some(token.kind));
        match below {
            Some(above) if above > 0 => {
                self.close_all(out, self.open.len() - above);
                if let Some(open) = self.open.last().copied() {
                    self.close_with(out, open, token, column);
                }
            }
            _ if here && top.token.kind != TokenKind::TextStart && self.surplus(top.token.kind) < 0 => {
                self.close_with(out, top, token, column);
            }
            _ => self.collapse(out, token),
        }
    }

    /// Closes the innermost bracket, with another kind of bracket where need be.
    fn close_with(&mut self, out: &mut Repaired, open: Open, token: Token, column: u32) {
        self.open.pop();
        let right = closer(open.token.kind).unwrap_or(token.kind);
        if right != token.kind {
            self.errors.push(SyntaxError {
                span: token.span,
                kind: SyntaxErrorKind::Mismatched { open: open.token.kind, close: token.kind },
                related: Some(open.token.span),
            });
            self.surplus_of(token.kind, -1);
            self.surplus_of(right, 1);
        }
        out.push(Token { kind: right, span: token.span }, column);
    }

    /// Notes that a bracket was left out.
    fn surplus_of(&mut self, kind: TokenKind, step: i64) {
        if let Some(count) = self.surplus.get_mut(family(kind)) {
            *count += step;
        }
    }

    fn surplus(&self, kind: TokenKind) -> i64 {
        self.surplus.get(family(kind)).copied().unwrap_or(0)
    }

    /// Whether a `{` stands directly behind another one in the same line, and one is too many.
    fn doubled(&self, out: &Repaired) -> bool {
        let behind = self.open.last().is_some_and(|open| {
            open.line == self.line && out.tokens.last().is_some_and(|last| last.span == open.token.span)
        });
        behind
            && self.surplus(TokenKind::LBrace) < 0
            && out.tokens.last().is_some_and(|last| last.kind == TokenKind::LBrace)
    }

    fn stray(&mut self, token: Token) {
        self.surplus_of(token.kind, -1);
        self.errors.push(SyntaxError::new(token.span, SyntaxErrorKind::Stray(token.kind)));
    }

    /// A closing bracket inside a line that closes nothing: what stands before it in the line is no value any more.
    fn collapse(&mut self, out: &mut Repaired, token: Token) {
        self.stray(token);
        let (start, depth) = self.line_start;
        if depth != self.open.len() {
            return;
        }
        if token.kind == TokenKind::RBrace && item_words(&out.tokens, &out.columns, start) {
            return self.open_before_key(out, start, token);
        }
        let keys = match out.tokens.get(start..).unwrap_or_default() {
            [Token { kind: TokenKind::Key | TokenKind::PathKey, .. }, ..] => 1,
            [Token { kind: TokenKind::Field | TokenKind::Output, .. }, Token { kind: TokenKind::Key, .. }, ..] => 2,
            _ => return,
        };
        let Some(first) = out.tokens.get(start + keys).map(|first| first.span) else { return };
        out.tokens.truncate(start + keys);
        out.columns.truncate(start + keys);
        out.push(Token { kind: TokenKind::Error, span: first.cover(token.span) }, INSIDE);
    }

    /// Ends what is open inside the innermost text.
    fn close_to_text(&mut self, out: &mut Repaired) {
        if let Some(text) = self.open.iter().rposition(|open| open.token.kind == TokenKind::TextStart) {
            self.close_all(out, text + 1);
        }
    }

    /// Puts in the closing brackets of all but the outermost `left` open ones: one finding for all of them.
    fn close_all(&mut self, out: &mut Repaired, left: usize) {
        let place = Span::empty(out.tokens.last().map_or(0, |last| last.span.end));
        let mut outermost = None;
        while self.open.len() > left {
            let Some(open) = self.open.pop() else { break };
            outermost = Some(open.token);
            if let Some(kind) = closer(open.token.kind) {
                self.surplus_of(kind, 1);
                out.push(Token { kind, span: place }, INSIDE);
            }
        }
        if let Some(token) = outermost
            && !self.text_swallowed(token)
        {
            let kind = SyntaxErrorKind::Unclosed(token.kind);
            self.errors.push(SyntaxError { span: token.span, kind, related: Some(place) });
        }
    }

    /// Whether a text without an end, later in the same line, took the closing bracket.
    fn text_swallowed(&self, token: Token) -> bool {
        let after = self.said.partition_point(|error| error.span.start < token.span.end);
        let rest = self.said.get(after..).unwrap_or_default();
        let same_line =
            |error: &&SyntaxError| !Span::new(token.span.end, error.span.start).text(self.source).contains('\n');
        rest.iter()
            .take(16)
            .take_while(same_line)
            .any(|error| matches!(error.kind, SyntaxErrorKind::UnterminatedText | SyntaxErrorKind::UnterminatedHole))
    }

    /// Leaves out a group that is nested too deep; gives the token after it.
    fn skip(&mut self, out: &mut Repaired, from: usize, column: u32) -> usize {
        let (mut depth, mut at) = (0usize, from);
        let mut span = Span::default();
        while let Some(token) = self.tokens.get(at).filter(|_| at < self.run.end) {
            span = if at == from { token.span } else { span.cover(token.span) };
            at += 1;
            if closer(token.kind).is_some() {
                depth += 1;
            } else if is_closer(token.kind) {
                depth -= 1;
            }
            if depth == 0 {
                break;
            }
        }
        if !self.too_deep {
            self.too_deep = true;
            let first = self.tokens.get(from).map_or(span, |token| token.span);
            self.errors.push(SyntaxError::new(first, SyntaxErrorKind::TooDeep));
        }
        out.push(Token { kind: TokenKind::Error, span }, column);
        at
    }
}
