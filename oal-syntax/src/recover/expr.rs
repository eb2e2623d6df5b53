//! Broken expressions: the groups in brackets that hold the mistake are read part by part.

use super::Recover;
use super::entry::starts_value;
use crate::ast::ExprId;
use crate::error::{Expected, SyntaxErrorKind as E};
use crate::repair::ends_value;
use crate::span::Span;
use crate::token::{Token, TokenKind as K};
use std::ops::Range;

impl Recover<'_, '_> {
    /// The value behind the token at `after`; its absence is a finding.
    pub(super) fn value(&mut self, run: Range<usize>, after: usize) -> ExprId {
        if !run.is_empty() {
            return self.expr(run);
        }
        let place = self.token(after).span;
        let before = self.b.errors.len();
        let error = self.error(place, E::Unexpected { found: None, expected: Expected::Value });
        self.say(&(after..after + 1), before, error);
        self.b.error_expr_at(Span::empty(place.end))
    }

    /// An expression, which is an error node with one finding where it is none.
    pub(super) fn expr(&mut self, run: Range<usize>) -> ExprId {
        match self.attempt_run(K::StartExpr, run.clone()) {
            Ok(()) => self.done(&run),
            Err(failed) => self.failed_expr(run, failed),
        }
    }

    /// The same for a run whose token at `failed` does not fit.
    pub(super) fn failed_expr(&mut self, run: Range<usize>, failed: usize) -> ExprId {
        let before = self.b.errors.len();
        // `if a { … } else { … }`: what stands in the braces is no object.
        if self.kind(failed) == Some(K::LBrace)
            && let Some(error) = self.wrong_if(self.t.tokens.get(run.clone()).unwrap_or_default(), failed - run.start)
        {
            self.say(&run, before, error);
            return self.error_expr(&run);
        }
        let (tokens, changed) = self.without_groups(&run, failed);
        let mut failed = failed - run.start;
        if changed {
            match self.attempt(K::StartExpr, &tokens) {
                Ok(()) => return self.done(&run),
                Err(at) => failed = at,
            }
        }
        let error = self.wrong_value(&tokens, failed, &run);
        self.say(&run, before, error);
        self.error_expr(&run)
    }

    pub(super) fn done(&mut self, run: &Range<usize>) -> ExprId {
        match self.b.expr.take() {
            Some(expr) => expr,
            None => self.error_expr(run),
        }
    }

    /// The tokens of a run in which the groups from the failing token on stand for themselves; whether there are such.
    fn without_groups(&mut self, run: &Range<usize>, failed: usize) -> (Vec<Token>, bool) {
        let mut tokens = Vec::new();
        let (mut changed, mut at) = (false, run.start);
        // The next group in braces, which a `match` needs.
        let mut braces = Some(run.start);
        while at < run.end {
            let after = self.t.after(at);
            let token = self.token(at);
            if token.kind == K::Match && braces.is_some_and(|braces| braces <= at) {
                braces = self.find(&(at + 1..run.end), K::LBrace);
            }
            if token.kind == K::Match
                && let Some(open) = braces
                && self.t.after(open) > failed
            {
                let ready = self.match_group(at, open);
                tokens.push(ready);
                changed = true;
                at = self.t.after(open);
                continue;
            }
            if after == at + 1 || after <= failed {
                tokens.extend_from_slice(self.t.tokens.get(at..after).unwrap_or_default());
                at = after;
                continue;
            }
            changed = true;
            let close = after - 1;
            let findings = self.b.errors.len();
            let before = tokens.last().copied().filter(|_| at > run.start);
            match (token.kind, before) {
                (K::LParen, Some(name @ Token { kind: K::Name | K::Path, .. })) => {
                    tokens.pop();
                    let call = self.call_group(name, at, close);
                    tokens.push(call);
                }
                (K::LBracket, Some(before)) if ends_value(before.kind) => {
                    let index = self.value(at + 1..close, at);
                    tokens.extend([token, ready(index), self.token(close)]);
                }
                (K::LParen, _) => {
                    let inner = self.value(at + 1..close, at);
                    let close = self.token(close);
                    let paren = self.b.paren(token, inner, close);
                    tokens.push(ready(paren));
                }
                (K::LBracket, _) => {
                    let list = self.list_group(at, close);
                    tokens.push(ready(list));
                }
                (K::TextStart, _) => {
                    let template = self.template_group(at, close);
                    tokens.push(ready(template));
                }
                _ => {
                    let object = self.object_group(at, close);
                    tokens.push(ready(object));
                }
            }
            self.mute(at, findings);
            at = after;
        }
        (tokens, changed)
    }

    fn match_group(&mut self, start: usize, open: usize) -> Token {
        let close = self.t.after(open) - 1;
        let subject = self.value(start + 1..open, start);
        let mark = self.b.start_arms();
        self.arms(open + 1..close);
        let (start, close) = (self.token(start), self.token(close));
        let id = self.b.match_expr(start, subject, mark, close);
        ready(id)
    }

    fn call_group(&mut self, name: Token, open: usize, close: usize) -> Token {
        let mark = self.b.start_entries();
        let findings = self.b.errors.len();
        let mut comma_said = false;
        for (comma, part) in self.by_commas(open + 1..close) {
            if part.is_empty() {
                self.empty_part(comma, part.end, open, close);
                continue;
            }
            for part in self.by_keys(part, &mut comma_said) {
                match self.kind(part.start) {
                    Some(K::Key | K::PathKey) if part.len() == 1 => {
                        let key = self.token(part.start);
                        let before = self.b.errors.len();
                        let error = self.error(key.span, E::MissingValue);
                        self.say(&part, before, error);
                        let value = self.b.error_expr_at(Span::empty(key.span.end));
                        self.b.set(key, value);
                    }
                    Some(K::Key | K::PathKey) => {
                        let key = self.token(part.start);
                        let value = self.expr(part.start + 1..part.end);
                        self.b.set(key, value);
                    }
                    Some(K::Name) if part.len() > 1 && self.lacks_colon(&part) => {
                        let key = self.token(part.start);
                        let error = self.error(Span::empty(key.span.end), E::MissingColon);
                        self.say(&part, self.b.errors.len(), error);
                        let value = self.expr(part.start + 1..part.end);
                        self.b.set(key, value);
                    }
                    _ => {
                        for value in self.elements(part, &mut comma_said) {
                            self.b.argument(value);
                        }
                    }
                }
            }
        }
        let close = self.token(close);
        let call = if name.kind == K::Path {
            // A method is the mistake, whatever its arguments look like.
            self.b.errors.truncate(findings);
            self.b.path_call(name, mark, close)
        } else {
            self.b.call(name, mark, close)
        };
        ready(call)
    }

    /// Whether an argument is a name with a value directly behind it.
    fn lacks_colon(&self, part: &Range<usize>) -> bool {
        matches!(
            self.kind(part.start + 1),
            Some(K::Text | K::TextStart | K::Int | K::Number | K::True | K::False | K::Null | K::LBrace | K::Name)
        )
    }

    /// Cuts an argument before each key in it: a comma is missing there.
    fn by_keys(&mut self, run: Range<usize>, comma_said: &mut bool) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        let (mut start, mut at) = (run.start, run.start);
        while at < run.end {
            let is_key = matches!(self.kind(at), Some(K::Key | K::PathKey));
            if is_key && at > start && self.kind(at - 1).is_some_and(ends_value) {
                self.missing_comma(at, comma_said);
                parts.push(start..at);
                start = at;
            }
            at = self.t.after(at);
        }
        parts.push(start..run.end);
        parts
    }

    /// A comma belongs before the token at `at`; said once for each group.
    fn missing_comma(&mut self, at: usize, said: &mut bool) {
        let place = Span::empty(self.token(at - 1).span.end);
        if !*said && !self.is_said(&(at - 1..at + 1)) {
            let error = self.error(place, E::MissingComma);
            self.b.errors.push(error);
        }
        *said = true;
    }

    /// Nothing between two commas, or between a comma and a bracket.
    fn empty_part(&mut self, comma: Option<usize>, end: usize, open: usize, close: usize) {
        // One comma behind the last part is no mistake, and nothing at all is none either.
        if end == close {
            return;
        }
        let extra = if comma.is_none() { open + 1 } else { end };
        let comma = self.token(extra);
        if comma.kind == K::Comma {
            self.b.extra_comma(comma);
        }
    }

    /// A part between commas: one element, or several where commas are missing.
    fn elements(&mut self, part: Range<usize>, comma_said: &mut bool) -> Vec<ExprId> {
        let mut found = Vec::new();
        let mut start = part.start;
        while start < part.end {
            let rest = start..part.end;
            match self.attempt_run(K::StartExpr, rest.clone()) {
                Ok(()) => {
                    found.push(self.done(&rest));
                    return found;
                }
                Err(at)
                    if at > start
                        && self.kind_in(&rest, at).is_some_and(starts_value)
                        && self.kind(at - 1).is_some_and(ends_value)
                        && !self.is_unit(at - 1, at)
                        && self.attempt_run(K::StartExpr, start..at).is_ok() =>
                {
                    found.push(self.done(&(start..at)));
                    self.missing_comma(at, comma_said);
                    start = at;
                }
                Err(at) => {
                    found.push(self.failed_expr(rest, at));
                    return found;
                }
            }
        }
        found
    }

    fn list_group(&mut self, open: usize, close: usize) -> ExprId {
        let inner = open + 1..close;
        if let Some(word) = self.find(&inner, K::For) {
            if word == inner.start {
                return self.loop_first(open, close);
            }
            let element = self.value(inner.start..word, open);
            let over = self.loop_part(word..close);
            let (open, close) = (self.token(open), self.token(close));
            return self.b.list_for(open, element, over, close);
        }
        let mut elements = Vec::new();
        let mut comma_said = false;
        for (comma, part) in self.by_commas(inner) {
            if part.is_empty() {
                self.empty_part(comma, part.end, open, close);
                continue;
            }
            elements.append(&mut self.elements(part, &mut comma_said));
        }
        let (open, close) = (self.token(open), self.token(close));
        self.b.list_of_exprs(open, &elements, close)
    }

    /// A comprehension whose `for` stands before what it makes.
    fn loop_first(&mut self, open: usize, close: usize) -> ExprId {
        let run = open..close + 1;
        let error = self.error(self.token(open + 1).span, E::BadComprehension);
        self.say(&run, self.b.errors.len(), error);
        self.error_expr(&run)
    }

    fn object_group(&mut self, open: usize, close: usize) -> ExprId {
        let inner = open + 1..close;
        let arrow = self.find(&inner, K::Arrow);
        let word = self.find(&inner, K::For);
        if word == Some(inner.start) {
            return self.loop_first(open, close);
        }
        if let (Some(arrow), Some(word)) = (arrow, word)
            && arrow < word
        {
            let key = self.value(inner.start..arrow, open);
            let value = self.value(arrow + 1..word, arrow);
            let over = self.loop_part(word..close);
            let (open, close) = (self.token(open), self.token(close));
            return self.b.map_for(open, key, value, over, close);
        }
        let mark = self.b.start_entries();
        self.entries(inner, true);
        let (open, close) = (self.token(open), self.token(close));
        self.b.object(open, mark, close)
    }

    /// `for a, b in xs if c`
    fn loop_part(&mut self, run: Range<usize>) -> u32 {
        let before = self.b.errors.len();
        let filter = self.find(&run, K::If);
        let word = self.find(&run, K::In).filter(|word| filter.is_none_or(|filter| *word < filter));
        let names = self.t.tokens.get(run.start + 1..word.unwrap_or(run.end)).unwrap_or_default();
        let nameless = Token { kind: K::Name, span: Span::empty(self.token(run.start).span.end) };
        let (first, second) = match (word, names) {
            (Some(_), [first @ Token { kind: K::Name, .. }]) => (*first, None),
            (
                Some(_),
                [
                    first @ Token { kind: K::Name, .. },
                    Token { kind: K::Comma, .. },
                    second @ Token { kind: K::Name, .. },
                ],
            ) => (*first, Some(*second)),
            _ => {
                let error = self.error(self.token(run.start).span, E::BadComprehension);
                self.say(&run, before, error);
                (nameless, None)
            }
        };
        let iterable = match word {
            Some(word) => self.value(word + 1..filter.unwrap_or(run.end), word),
            None => self.error_expr(&run),
        };
        let filter = filter.map(|filter| self.value(filter + 1..run.end, filter));
        self.b.loop_head(first, second, iterable, filter)
    }

    fn template_group(&mut self, start: usize, end: usize) -> ExprId {
        let mut at = start;
        let mut opened = None;
        while at < end {
            let mut next = at + 1;
            while next < end && self.kind(next) != Some(K::TextMiddle) {
                next = self.t.after(next);
            }
            let piece = self.token(at);
            let hole = if next == at + 1 {
                let span = Span::empty(piece.span.end);
                let error = self.error(span, E::EmptyHole);
                self.say(&(at..next + 1), self.b.errors.len(), error);
                self.b.error_expr_at(span)
            } else {
                self.expr(at + 1..next)
            };
            match opened {
                None => opened = Some(self.b.first_piece(piece, hole)),
                Some(_) => self.b.piece(piece, hole),
            }
            at = next;
        }
        let end = self.token(end);
        match opened {
            Some(first) => self.b.template(first, end),
            None => self.b.error_expr_at(end.span),
        }
    }
}

/// A token that stands for an expression in the tree.
pub(super) const fn ready(expr: ExprId) -> Token {
    Token { kind: K::ReadyExpr, span: Span::empty(expr.0) }
}
