//! Broken types and broken arms of a `match`.

use super::Recover;
use super::expr::ready;
use crate::ast::TypeId;
use crate::error::{Expected, SyntaxErrorKind as E};
use crate::span::Span;
use crate::token::{Token, TokenKind as K};
use std::ops::Range;

impl Recover<'_, '_> {
    /// A type, which is an error node with one finding where it is none.
    pub(super) fn ty(&mut self, run: Range<usize>) -> TypeId {
        let failed = match self.attempt_run(K::StartType, run.clone()) {
            Ok(()) => return self.done_type(&run),
            Err(failed) => failed,
        };
        let before = self.b.errors.len();
        let (tokens, changed) = self.without_records(&run, failed);
        let mut at = failed - run.start;
        if changed {
            match self.attempt(K::StartType, &tokens) {
                Ok(()) => return self.done_type(&run),
                Err(failed) => at = failed,
            }
        }
        let error = self.wrong_type(&tokens, at, &run);
        self.say(&run, before, error);
        let span = self.span(&run);
        self.b.error_type(Token { kind: K::Error, span })
    }

    fn done_type(&mut self, run: &Range<usize>) -> TypeId {
        match self.b.ty.take() {
            Some(ty) => ty,
            None => {
                let span = self.span(run);
                self.b.error_type(Token { kind: K::Error, span })
            }
        }
    }

    /// The tokens of a run in which the records from the failing token on stand for themselves; whether there are such.
    fn without_records(&mut self, run: &Range<usize>, failed: usize) -> (Vec<Token>, bool) {
        let mut tokens = Vec::new();
        let (mut changed, mut at) = (false, run.start);
        while at < run.end {
            let after = self.t.after(at);
            if self.kind(at) != Some(K::LBrace) || after <= failed {
                tokens.extend_from_slice(self.t.tokens.get(at..after).unwrap_or_default());
                at = after;
                continue;
            }
            changed = true;
            let mark = self.b.start_members();
            self.members(at + 1..after - 1);
            let (open, close) = (self.token(at), self.token(after - 1));
            let record = self.b.record(open, mark, close);
            tokens.push(Token { kind: K::ReadyType, span: Span::empty(record.0) });
            at = after;
        }
        (tokens, changed)
    }

    /// The members of a record type.
    fn members(&mut self, run: Range<usize>) {
        let mut starts: Vec<usize> = Vec::new();
        let mut at = run.start;
        while at < run.end {
            if at == run.start || self.kind(at) == Some(K::Key) {
                starts.push(at);
            }
            at = self.t.after(at);
        }
        for (at, start) in starts.iter().enumerate() {
            let end = starts.get(at + 1).copied().unwrap_or(run.end);
            let part = self.trim_comma(*start..end);
            let before = self.b.errors.len();
            if self.kind_in(&part, part.start) != Some(K::Key) {
                if let Some(found) = self.kind_in(&part, part.start) {
                    let place = self.token(part.start).span;
                    let named = matches!(found, K::Name) && part.len() > 1;
                    let kind = if named {
                        E::MissingColon
                    } else {
                        E::Unexpected { found: Some(found), expected: Expected::Entry }
                    };
                    let place = if named { Span::empty(place.end) } else { place };
                    let error = self.error(place, kind);
                    self.say(&part, before, error);
                }
                continue;
            }
            let key = self.token(part.start);
            let rest = part.start + 1..part.end;
            let assign = self.find(&rest, K::Assign);
            let ty = self.ty(rest.start..assign.unwrap_or(rest.end));
            let value = assign.map(|assign| self.value(assign + 1..rest.end, assign));
            self.b.member(key, ty, value);
        }
    }

    /// The arms between the braces of a `match`; they wait in the builder.
    pub(super) fn arms(&mut self, run: Range<usize>) {
        let mut starts = Vec::new();
        let mut at = run.start;
        while at < run.end {
            if self.kind(at) == Some(K::Arrow) {
                starts.push(self.pattern_start(&run, at));
            }
            at = self.t.after(at);
        }
        let before = self.b.errors.len();
        let first = starts.first().copied().unwrap_or(run.end);
        if first > run.start && !run.is_empty() {
            let garbage = run.start..first;
            let pattern = first < run.end && !self.t.starts_line(first);
            let error = if pattern {
                self.error(self.span(&(run.start..first + 1)), E::BadPattern)
            } else {
                self.error(self.token(run.start).span, E::MissingArrow)
            };
            self.say(&garbage, before, error);
            // What is wrong may be any of the cases.
            let span = self.span(&garbage);
            let mark = self.b.error_pattern(Token { kind: K::Error, span });
            let value = self.error_expr(&garbage);
            self.b.arm(mark, value);
        }
        for (at, start) in starts.iter().enumerate() {
            let end = starts.get(at + 1).copied().unwrap_or(run.end);
            let part = self.trim_comma(*start..end);
            self.arm(part);
        }
    }

    /// Where the pattern before the `=>` at `arrow` starts.
    fn pattern_start(&self, run: &Range<usize>, arrow: usize) -> usize {
        let last = arrow.saturating_sub(1).max(run.start);
        if self.kind(last) != Some(K::RParen) {
            return last.min(arrow);
        }
        let open = self.t.partners.get(last).copied().unwrap_or(last);
        let named = open > run.start && self.kind(open - 1) == Some(K::Name);
        if named { open - 1 } else { open.max(run.start) }
    }

    fn arm(&mut self, part: Range<usize>) {
        if self.attempt_run(K::StartArms, part.clone()).is_ok() {
            return;
        }
        let Some(arrow) = self.find(&part, K::Arrow) else { return };
        let before = self.b.errors.len();
        let value = self.value(arrow + 1..part.end, arrow);
        let mut tokens = self.t.tokens.get(part.start..arrow + 1).unwrap_or_default().to_vec();
        tokens.push(ready(value));
        if self.attempt(K::StartArms, &tokens).is_err() {
            let pattern = part.start..arrow;
            let span = self.span(&pattern);
            let error = self.error(span, E::BadPattern);
            self.say(&pattern, before, error);
            let mark = self.b.error_pattern(Token { kind: K::Error, span });
            self.b.arm(mark, value);
        }
    }
}
