//! Parses what does not parse as it is: one item at a time, and in a broken item one entry, value and element at a time, so that the
//! smallest broken part becomes an error node and gets the one finding, and everything beside it stays.
//!
//! Every part goes through the same generated parser, which is told by its first token what follows. A part that fails is cut into the
//! parts it holds; those are parsed alone, and stand in for themselves (`Ready…` tokens) when what is around them is parsed again.
//! Cost: each level of nesting reads its text a bounded number of times, and nesting is capped.

mod diagnose;
mod entry;
mod expr;
mod head;
mod item;
mod parts;

use crate::ast::ExprId;
use crate::builder::{Builder, Mark};
use crate::error::{SyntaxError, SyntaxErrorKind};
use crate::parser;
use crate::repair::Repaired;
use crate::span::Span;
use crate::token::{Token, TokenKind};
use std::ops::Range;

/// Parses items whose brackets are in order.
pub(crate) struct Recover<'r, 's> {
    b: &'r mut Builder<'s>,
    t: &'r Repaired,
    /// Places that have a finding already, by start.
    said: Vec<Span>,
    /// Where the entries of the innermost body wait.
    body: Mark,
    /// Whether fields are set by their names there: not in environments.
    has_fields: bool,
}

impl<'r, 's> Recover<'r, 's> {
    /// `lexical` are the findings of the lexer.
    pub(crate) fn new(b: &'r mut Builder<'s>, t: &'r Repaired, lexical: &[SyntaxError]) -> Self {
        let mut said: Vec<Span> = lexical
            .iter()
            .filter(|error| !matches!(error.kind, SyntaxErrorKind::Semicolon | SyntaxErrorKind::ForeignComment))
            .chain(&t.errors)
            .map(|error| error.span)
            .collect();
        said.sort_unstable_by_key(|span| span.start);
        Self { b, t, said, body: Mark(0), has_fields: false }
    }

    /// Parses all items into the builder: as many at once as fit, and those that do not one by one.
    pub(crate) fn run(&mut self) {
        let t = self.t;
        let mut next = 0;
        while let Some(first) = t.items.get(next) {
            let tokens = t.tokens.get(first.start..).unwrap_or_default();
            let (lengths, complete) = (self.b.lengths(), self.b.complete());
            let Err(at) = parser::run_slice(self.b, TokenKind::StartFile, tokens) else { break };
            let failed = first.start + at;
            let broken = t.items.partition_point(|item| item.start <= failed);
            let start = broken.checked_sub(1).and_then(|last| t.items.get(last)).map_or(0, |item| item.start);
            // The last complete item may have taken the first word of the broken one; then it is read again.
            let [last, last_but_one] = self.b.complete();
            let kept = if failed <= start + 2 { last_but_one } else { last };
            let mut from = t.items.partition_point(|item| self.token(item.start).span.start < kept.0);
            // What is kept must be some of these items and no part of one, or else all of them are read alone.
            let whole = |before: usize| t.items.get(before).is_none_or(|item| self.span(item).end <= kept.0);
            if next < from && from < broken && whole(from - 1) {
                self.b.restore(kept);
            } else {
                self.b.go_back(&lengths);
                self.b.set_complete(complete);
                from = next;
            }
            for item in t.items.get(from..broken).unwrap_or_default() {
                self.file_item(item.clone());
            }
            next = broken.max(next + 1);
        }
        self.b.dangling_allows();
    }

    /// Parses tokens as what `start` says; where they do not fit, nothing is left of them and the index of the first token that does
    /// not fit is given.
    fn attempt(&mut self, start: TokenKind, tokens: &[Token]) -> Result<(), usize> {
        let (before, complete) = (self.b.lengths(), self.b.complete());
        let result = parser::run_slice(self.b, start, tokens);
        if result.is_err() {
            self.b.go_back(&before);
            self.b.set_complete(complete);
        }
        result
    }

    /// The same for a run of the repaired tokens; the index is one of those.
    fn attempt_run(&mut self, start: TokenKind, run: Range<usize>) -> Result<(), usize> {
        let t = self.t;
        let first = run.start;
        self.attempt(start, t.tokens.get(run).unwrap_or_default()).map_err(|at| first + at)
    }

    fn token(&self, at: usize) -> Token {
        let end = || Span::empty(self.t.tokens.last().map_or(0, |last| last.span.end));
        self.t.token(at).unwrap_or_else(|| Token { kind: TokenKind::Error, span: end() })
    }

    fn kind(&self, at: usize) -> Option<TokenKind> {
        self.t.kind(at)
    }

    /// The kind of the token at `at`, if it lies in the run.
    fn kind_in(&self, run: &Range<usize>, at: usize) -> Option<TokenKind> {
        self.kind(at).filter(|_| run.contains(&at))
    }

    fn span(&self, run: &Range<usize>) -> Span {
        match self.t.tokens.get(run.clone()).unwrap_or_default() {
            [] => Span::empty(run.start.checked_sub(1).map_or(0, |before| self.token(before).span.end)),
            [first, .., last] => first.span.cover(last.span),
            [only] => only.span,
        }
    }

    fn text(&self, at: usize) -> &'s str {
        self.token(at).span.text(self.b.source)
    }

    /// Whether a finding stands in the text of the run.
    fn is_said(&self, run: &Range<usize>) -> bool {
        let span = self.span(run);
        let from = self.said.partition_point(|said| said.start < span.start);
        self.said.get(from).is_some_and(|said| said.start <= span.end)
    }

    /// Says what is wrong with a run, unless that is said already: by the lexer, by the bracket repair, or since there were `before` findings.
    fn say(&mut self, run: &Range<usize>, before: usize, error: SyntaxError) {
        if self.b.errors.len() == before && !self.is_said(run) {
            self.b.errors.push(error);
        }
    }

    fn error_expr(&mut self, run: &Range<usize>) -> ExprId {
        let span = self.span(run);
        self.b.error_expr_at(span)
    }

    /// Forgets findings since there were `before`, where the bracket at `open` has one: what stands inside is only guessed.
    fn mute(&mut self, open: usize, before: usize) {
        let open = self.token(open).span;
        let from = self.said.partition_point(|said| said.start < open.start);
        if open.is_empty() || self.said.get(from).is_some_and(|said| *said == open) {
            self.b.errors.truncate(before);
        }
    }

    /// The parts of a run between commas that stand outside all brackets; with each the comma before it.
    fn by_commas(&self, run: Range<usize>) -> Vec<(Option<usize>, Range<usize>)> {
        let mut parts = Vec::new();
        let (mut start, mut at, mut comma) = (run.start, run.start, None);
        while at < run.end {
            if self.kind(at) == Some(TokenKind::Comma) {
                parts.push((comma, start..at));
                (comma, start) = (Some(at), at + 1);
            }
            at = self.t.after(at);
        }
        parts.push((comma, start..run.end));
        parts
    }

    /// The first token of a kind in a run, outside all brackets.
    fn find(&self, run: &Range<usize>, kind: TokenKind) -> Option<usize> {
        let mut at = run.start;
        while at < run.end {
            if self.kind(at) == Some(kind) {
                return Some(at);
            }
            at = self.t.after(at);
        }
        None
    }

    /// The last group in braces of a run, outside all other brackets: its two braces.
    fn last_braces(&self, run: &Range<usize>) -> Option<(usize, usize)> {
        let (mut at, mut found) = (run.start, None);
        while at < run.end {
            let after = self.t.after(at);
            if self.kind(at) == Some(TokenKind::LBrace) {
                found = Some((at, after - 1));
            }
            at = after;
        }
        found
    }

    /// Without commas at its end; a comma too many gets its finding.
    fn trim_comma(&mut self, mut run: Range<usize>) -> Range<usize> {
        let mut commas = 0;
        while run.end > run.start && self.kind(run.end - 1) == Some(TokenKind::Comma) {
            run.end -= 1;
            commas += 1;
            if commas > 1 {
                let comma = self.token(run.end + 1);
                self.b.extra_comma(comma);
            }
        }
        run
    }
}
