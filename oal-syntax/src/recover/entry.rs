//! Broken bodies and objects, entry by entry.

use super::Recover;
use crate::error::{Expected, SyntaxErrorKind as E};
use crate::repair::{end_of, ends_value};
use crate::span::Span;
use crate::token::{Token, TokenKind as K};
use std::ops::Range;

impl Recover<'_, '_> {
    /// Parses the entries between two braces; they wait in the builder.
    pub(super) fn entries(&mut self, run: Range<usize>, in_object: bool) {
        let starts = self.entry_starts(&run);
        let outer = std::mem::replace(&mut self.body, self.b.start_entries());
        for (at, start) in starts.iter().enumerate() {
            let end = starts.get(at + 1).copied().unwrap_or(run.end);
            self.entry(*start..end, in_object);
        }
        self.body = outer;
    }

    fn entry_starts(&self, run: &Range<usize>) -> Vec<usize> {
        let mut starts = Vec::new();
        let mut at = run.start;
        // The column of a key without a value, while deeper lines follow: a block as YAML writes it.
        let mut block = None;
        while at < run.end {
            let column = self.t.column(at);
            if let (Some(owner), Some(column)) = (block, column)
                && column <= owner
            {
                block = None;
            }
            if block.is_none() && at > run.start {
                block = self.opens_block(at, starts.last().copied());
            }
            if at == run.start || (block.is_none() && self.starts_entry(run, at)) {
                starts.push(at);
            }
            at = self.t.after(at);
        }
        starts
    }

    /// The column of the entry that starts at `start`, if it is a key without a value and the line at `at` stands below it as in YAML.
    fn opens_block(&self, at: usize, start: Option<usize>) -> Option<u32> {
        let (column, owner) = (self.t.column(at)?, self.t.column(start?)?);
        let is_key = |at| matches!(self.kind(at), Some(K::Key | K::PathKey));
        let item = self.kind(at) == Some(K::Minus) && is_key(at + 1);
        (column > owner && is_key(at - 1) && start == Some(at - 1) && (item || is_key(at))).then_some(owner)
    }

    /// Whether an entry starts at `at`, outside all brackets of the body, and not at its very start.
    fn starts_entry(&self, run: &Range<usize>, at: usize) -> bool {
        let before = self.kind(at - 1).unwrap_or(K::Error);
        let first = self.t.starts_line(at);
        let ends = ends_value(before) || before == K::Comma;
        // `allow(…)` belongs to what follows it.
        if before == K::RParen && self.allow_ends(run, at - 1) {
            return false;
        }
        match self.kind(at) {
            Some(K::Key | K::PathKey) => match before {
                K::Field | K::Output | K::Let | K::Param | K::Question => false,
                // `MY-PORT:`, `app/name:`, `ghcr.io/acme/api:1.2`: one word of another language.
                K::Minus | K::Slash if self.token(at - 1).span.end == self.token(at).span.start => first,
                K::Key | K::PathKey => first,
                // `my-key:`
                K::Minus => self.token(at - 1).span.end != self.token(at).span.start,
                _ => true,
            },
            Some(
                K::Unset
                | K::Field
                | K::Output
                | K::Assert
                | K::Allow
                | K::Let
                | K::Param
                | K::Use
                | K::App
                | K::Extern,
            ) => first || ends,
            Some(K::Type) => first || ends,
            Some(K::Kind) => (first || ends) && before != K::Extern,
            Some(K::Environment) => first && ends,
            Some(K::Name | K::Path) => {
                let named = self.kind_in(run, at + 1) == Some(K::Name);
                ends && (first || (named && matches!(before, K::RBrace | K::Comma)))
            }
            Some(K::Upper | K::Text | K::TextStart | K::Int | K::Number | K::True | K::False | K::Null | K::Error) => {
                first && ends_value(before)
            }
            _ => false,
        }
    }

    /// Whether the `)` at `at` ends an `allow(…)`.
    fn allow_ends(&self, run: &Range<usize>, at: usize) -> bool {
        let open = self.t.partners.get(at).copied().unwrap_or(at);
        open > run.start && self.kind(open - 1) == Some(K::Allow)
    }

    fn entry(&mut self, run: Range<usize>, in_object: bool) {
        let run = self.trim_comma(run);
        let keyed = matches!(self.kind_in(&run, run.start), Some(K::Key | K::PathKey));
        if !in_object && !keyed && self.attempt_run(K::StartEntries, run.clone()).is_ok() {
            return;
        }
        let whole = run.clone();
        let run = if in_object { run } else { self.allows(run) };
        if run != whole && self.attempt_run(K::StartEntries, run.clone()).is_ok() {
            return;
        }
        let Some(first) = self.kind_in(&run, run.start) else {
            return;
        };
        match first {
            K::Comma => {
                let comma = self.token(run.start);
                self.b.extra_comma(comma);
                self.entry(run.start + 1..run.end, in_object);
            }
            K::Key | K::PathKey => self.keyed(run, in_object),
            K::Field | K::Output if !in_object => self.typed(run),
            K::Unset if !in_object => {
                let (found, before) = (self.kind_in(&run, run.start + 1), self.b.errors.len());
                let place =
                    found.map_or(Span::empty(self.token(run.start).span.end), |_| self.token(run.start + 1).span);
                let error = self.error(place, E::BadPath);
                self.say(&run, before, error);
                let key = self.span(&(run.start + 1..run.end));
                self.b.broken_entry(key);
            }
            K::Use | K::App | K::Environment | K::Param | K::Let | K::Type | K::Assert | K::Kind | K::Extern
                if !in_object && self.kind_in(&run, run.start + 1) != Some(K::Assign) =>
            {
                let item = self.item(run);
                self.b.nested(self.body, item);
            }
            K::Name | K::Path if !in_object && self.is_nested(&run) => {
                let item = self.item(run);
                self.b.nested(self.body, item);
            }
            _ => self.no_entry(run, in_object),
        }
    }

    /// Whether a run that starts with a name is meant as a component.
    fn is_nested(&self, run: &Range<usize>) -> bool {
        let next = self.kind_in(run, run.start + 1);
        matches!(next, Some(K::Name | K::Upper))
            || (next == Some(K::LBrace) && self.t.after(run.start + 1) == run.end)
            || (next == Some(K::Text) && self.kind_in(run, run.start + 2) == Some(K::LBrace))
            || next.is_some_and(|next| next.is_keyword() && self.kind_in(run, run.start + 2) == Some(K::LBrace))
    }

    /// `key: value`
    fn keyed(&mut self, run: Range<usize>, in_object: bool) {
        let key = self.token(run.start);
        let value = run.start + 1..run.end;
        // The merge key of YAML has its finding; what is merged is a part of it.
        if self.text(run.start) == "<<" {
            let value = self.error_expr(&value);
            return self.set(key, value, in_object);
        }
        let yaml = match self.kind_in(&value, value.start) {
            Some(K::Key | K::PathKey) if self.t.starts_line(value.start) => Some(E::MissingOpen(K::LBrace)),
            Some(K::Minus) if matches!(self.kind_in(&value, value.start + 1), Some(K::Key | K::PathKey)) => {
                Some(E::YamlList)
            }
            _ => None,
        };
        if let Some(kind) = yaml {
            let before = self.b.errors.len();
            let dash = kind == E::YamlList;
            let place = if dash { self.token(value.start).span } else { Span::empty(end_of(self.b.source, key)) };
            let error = self.error(place, kind);
            self.say(&run, before, error);
            let value = self.error_expr(&value);
            return self.set(key, value, in_object);
        }
        if value.is_empty() {
            let before = self.b.errors.len();
            let error = self.error(key.span, E::MissingValue);
            self.say(&run, before, error);
            let value = self.b.error_expr_at(Span::empty(key.span.end));
            return self.set(key, value, in_object);
        }
        match self.attempt_run(K::StartExpr, value.clone()) {
            Ok(()) => {
                let id = self.done(&value);
                self.set(key, id, in_object);
            }
            // The value may be good and followed by lines of something else.
            Err(at)
                if at < value.end
                    && at > value.start
                    && self.t.starts_line(at)
                    && self.attempt_run(K::StartExpr, value.start..at).is_ok() =>
            {
                let id = self.done(&(value.start..at));
                self.set(key, id, in_object);
                self.no_entry(at..value.end, in_object);
            }
            Err(at) => {
                let id = self.failed_expr(value, at);
                self.set(key, id, in_object);
            }
        }
    }

    fn set(&mut self, key: Token, value: crate::ast::ExprId, in_object: bool) {
        match (key.kind, in_object) {
            (K::PathKey, true) => self.b.set_path_in_object(key),
            (K::PathKey, false) => self.b.set_path(key, value),
            _ => self.b.set(key, value),
        }
    }

    /// `field` and `output`.
    fn typed(&mut self, run: Range<usize>) {
        let (start, key) = (self.token(run.start), self.token(run.start + 1));
        if self.kind_in(&run, run.start + 1) != Some(K::Key) {
            let found = self.kind_in(&run, run.start + 1);
            let place = found.map_or(Span::empty(start.span.end), |_| key.span);
            let before = self.b.errors.len();
            let kind = match found {
                Some(K::Name) => E::MissingColon,
                found => E::Unexpected { found, expected: Expected::Name },
            };
            let error = self.error(place, kind);
            self.say(&run, before, error);
            return self.b.broken_entry(if found == Some(K::Name) { key.span } else { Span::empty(place.end) });
        }
        let rest = run.start + 2..run.end;
        let assign = self.find(&rest, K::Assign);
        let ty = self.ty(rest.start..assign.unwrap_or(rest.end));
        let value = assign.map(|assign| self.value(assign + 1..rest.end, assign));
        if start.kind == K::Field {
            self.b.field(self.body, key, ty, value)
        } else {
            self.b.output(self.body, key, ty, value)
        }
    }

    /// The key that ends a name with hyphens at the start of a run.
    fn hyphenated(&self, run: &Range<usize>) -> Option<usize> {
        let mut at = run.start;
        while self.kind_in(run, at) == Some(K::Name) && self.kind_in(run, at + 1) == Some(K::Minus) {
            at += 2;
        }
        (at > run.start && self.kind_in(run, at) == Some(K::Key)).then_some(at)
    }

    /// Something in a body that is no entry.
    fn no_entry(&mut self, run: Range<usize>, in_object: bool) {
        let before = self.b.errors.len();
        let first = self.token(run.start);
        let next = self.kind_in(&run, run.start + 1);
        let word = first.kind == K::Name || first.kind == K::Upper || first.kind == K::Text || first.kind.is_keyword();
        if word && next == Some(K::Assign) {
            let error = self.error(self.token(run.start + 1).span, E::EqualsForColon);
            self.b.errors.push(error);
            let value = self.value(run.start + 2..run.end, run.start + 1);
            return self.b.set(first, value);
        }
        if let Some(key) = self.hyphenated(&run) {
            let name = first.span.cover(self.token(key).span);
            let error = self.error(name, E::HyphenInName);
            self.say(&(run.start..key + 1), before, error);
            let value = self.value(key + 1..run.end, key);
            return self.b.set(Token { kind: K::Key, span: name }, value);
        }
        let (place, kind, key) = match (first.kind, next) {
            (K::For | K::If, Some(next)) if !in_object && next != K::LParen => {
                (first.span, E::ModifierFirst(first.kind), Span::empty(first.span.start))
            }
            (_, Some(next)) if word && starts_value(next) && !self.t.starts_line(run.start + 1) => {
                (Span::empty(first.span.end), E::MissingColon, first.span)
            }
            (K::Field | K::Output, _) => (first.span, E::FieldOutsideKind, Span::empty(first.span.start)),
            (K::Unset, _) => (first.span, E::UnsetOutsideEnvironment, Span::empty(first.span.start)),
            (K::Minus, _) => (first.span, E::YamlList, Span::empty(first.span.start)),
            (K::Name, Some(K::Name)) if in_object => {
                (self.span(&(run.start..run.start + 2)), E::ComponentNotAllowed, Span::empty(first.span.start))
            }
            (
                K::Text | K::TextStart | K::Int | K::Number | K::True | K::False | K::Null | K::LBracket | K::LBrace,
                _,
            ) => (self.span(&run), E::MissingKey, Span::empty(first.span.start)),
            (K::Name, None) => (first.span, E::UnexpectedWord, first.span),
            _ => {
                let kind = E::Unexpected { found: Some(first.kind), expected: Expected::Entry };
                (first.span, kind, Span::empty(first.span.start))
            }
        };
        let error = self.error(place, kind);
        self.say(&run, before, error);
        self.b.broken_entry(key);
    }
}

/// Whether a value can start with this token.
pub(super) const fn starts_value(kind: K) -> bool {
    matches!(
        kind,
        K::Name
            | K::Upper
            | K::Path
            | K::UpperPath
            | K::Int
            | K::Number
            | K::Text
            | K::TextStart
            | K::True
            | K::False
            | K::Null
            | K::Environment
            | K::LBracket
            | K::LBrace
            | K::LParen
            | K::If
            | K::Match
            | K::Not
            | K::Error
            | K::ReadyExpr
    )
}
