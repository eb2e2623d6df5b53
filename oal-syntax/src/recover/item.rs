//! Broken items, of a file or of a body.

use super::Recover;
use crate::ast::{EntryValue, ItemId};
use crate::builder::Mark;
use crate::error::{Expected, SyntaxErrorKind as E};
use crate::span::Span;
use crate::token::{Token, TokenKind as K};
use std::ops::Range;

impl Recover<'_, '_> {
    /// One item of the file.
    pub(super) fn file_item(&mut self, run: Range<usize>) {
        if self.attempt_run(K::StartFile, run.clone()).is_ok() {
            return;
        }
        let whole = run.clone();
        let mut run = self.allows(run);
        if run != whole && self.attempt_run(K::StartFile, run.clone()).is_ok() {
            return;
        }
        while run.end > run.start && self.kind(run.end - 1) == Some(K::Comma) {
            run.end -= 1;
            let comma = self.token(run.end);
            self.b.extra_comma(comma);
        }
        if run.is_empty() {
            self.b.dangling_allows();
            return;
        }
        let item = self.item(run);
        self.b.top(item);
    }

    /// Takes the `allow(…)`s at the start of a run; gives the rest.
    pub(super) fn allows(&mut self, run: Range<usize>) -> Range<usize> {
        let mut at = run.start;
        while self.kind_in(&run, at) == Some(K::Allow) {
            let after = if self.kind_in(&run, at + 1) == Some(K::LParen) { self.t.after(at + 1) } else { at + 1 };
            let tokens = self.t.tokens.get(at..after).unwrap_or_default();
            match *tokens {
                [_, _, lint @ Token { kind: K::Name, .. }, _, reason @ Token { kind: K::Text, .. }, _] => {
                    self.b.allow(lint, reason);
                }
                _ => {
                    let before = self.b.errors.len();
                    let text = self.find(&(at + 2..after), K::TextStart);
                    let error = match text {
                        Some(text) => self.error(self.span(&(text..self.t.after(text))), E::PlainTextNeeded),
                        None => self.error(self.span(&(at..after)), E::BadAllow),
                    };
                    self.say(&(at..after), before, error);
                }
            }
            at = after;
        }
        at.min(run.end)..run.end
    }

    /// An item without `allow`s that does not parse as it is.
    pub(super) fn item(&mut self, run: Range<usize>) -> ItemId {
        match self.kind(run.start) {
            Some(K::Param | K::Let) => self.typed_item(run),
            Some(K::Type) => self.type_item(run),
            Some(K::Assert) => self.assert_item(run),
            Some(K::Use) => self.use_item(run),
            Some(K::App | K::Environment | K::Kind | K::Extern | K::Name | K::Path) => self.block_item(run),
            Some(K::Key | K::PathKey) => {
                let key = self.token(run.start);
                self.no_item(run, key.span, E::EntryOutsideBody)
            }
            Some(word @ (K::For | K::If)) => {
                let place = self.token(run.start).span;
                self.no_item(run, place, E::ModifierFirst(word))
            }
            _ => self.foreign_item(run),
        }
    }

    /// An error item that declares a name.
    pub(super) fn broken_item(&mut self, run: &Range<usize>, name: Span) -> ItemId {
        let span = self.span(run);
        self.b.error_item(span, name)
    }

    /// A finding at `place`, and an error item for the run.
    fn no_item(&mut self, run: Range<usize>, place: Span, kind: E) -> ItemId {
        let before = self.b.errors.len();
        let error = self.error(place, kind);
        self.say(&run, before, error);
        let name = self.likely_name(&run);
        self.broken_item(&run, name)
    }

    /// The name that a broken item most likely declares.
    pub(super) fn likely_name(&self, run: &Range<usize>) -> Span {
        let named = |at: &usize| matches!(self.kind(*at), Some(K::Name | K::Upper | K::Key | K::Text));
        let second = (run.start + 1 < run.end).then_some(run.start + 1).filter(named);
        let third = (run.start + 2 < run.end).then_some(run.start + 2).filter(named);
        let is_name = |at: &usize| {
            self.kind(*at) == Some(K::Name) && matches!(self.kind(at + 1), Some(K::LBrace | K::For | K::If))
        };
        let chosen = match self.kind(run.start) {
            Some(K::Extern) => third,
            Some(K::For | K::If) => run.clone().rfind(is_name),
            Some(K::Name | K::Upper | K::Key) => second.or(Some(run.start)),
            _ => second,
        };
        match chosen {
            Some(at) if self.kind(at) == Some(K::Text) => unquoted(self.token(at).span),
            Some(at) => self.token(at).span,
            None => Span::empty(self.token(run.start).span.end),
        }
    }

    /// `param` and `let`.
    fn typed_item(&mut self, run: Range<usize>) -> ItemId {
        let start = self.token(run.start);
        let is_let = start.kind == K::Let;
        let (name, rest) = (self.token(run.start + 1), run.start + 2..run.end.max(run.start + 2));
        let before = self.b.errors.len();
        match self.kind_in(&run, run.start + 1) {
            Some(K::Key | K::PathKey) => {
                let assign = self.find(&rest, K::Assign);
                let types = rest.start..assign.unwrap_or(rest.end);
                if is_let && assign.is_none() && self.kind_in(&types, types.start).is_some_and(starts_literal) {
                    let place = Span::empty(name.span.end).cover(Span::empty(name.span.end + 1));
                    let error = self.error(place, E::ColonForEquals);
                    self.b.errors.push(error);
                    let value = self.expr(types);
                    return self.b.let_item(start, name, None, value);
                }
                let ty = self.ty(types);
                let value = assign.map(|assign| self.value(assign + 1..rest.end, assign));
                match (is_let, value) {
                    (true, Some(value)) => self.b.let_item(start, name, Some(ty), value),
                    (true, None) => {
                        let place = Span::empty(self.span(&run).end);
                        let kind = E::Unexpected { found: None, expected: Expected::Token(K::Assign) };
                        let error = self.error(place, kind);
                        self.say(&run, before, error);
                        self.broken_item(&run, name.span)
                    }
                    (false, value) => self.b.param(start, name, ty, value),
                }
            }
            Some(K::Name) if is_let && self.kind_in(&run, rest.start) == Some(K::Assign) => {
                let value = self.value(rest.start + 1..rest.end, rest.start);
                self.b.let_item(start, name, None, value)
            }
            Some(K::Name | K::Upper) => {
                let found = self.kind_in(&rest, rest.start);
                let place = found.map_or(Span::empty(name.span.end), |_| self.token(rest.start).span);
                let expected = if is_let { Expected::Token(K::Assign) } else { Expected::Type };
                self.no_item(run, place, E::Unexpected { found, expected })
            }
            Some(keyword) if keyword.is_keyword() => self.no_item(run, name.span, E::KeywordAsName(keyword)),
            found => {
                let place = found.map_or(Span::empty(start.span.end), |_| name.span);
                self.no_item(run, place, E::Unexpected { found, expected: Expected::Name })
            }
        }
    }

    fn type_item(&mut self, run: Range<usize>) -> ItemId {
        let (start, name) = (self.token(run.start), self.token(run.start + 1));
        match (self.kind_in(&run, run.start + 1), self.kind_in(&run, run.start + 2)) {
            (Some(K::Upper), Some(K::Assign)) => {
                let ty = self.ty(run.start + 3..run.end);
                self.b.type_item(start, name, ty)
            }
            (Some(K::Name), Some(K::Assign)) => {
                let error = self.error(name.span, E::NameCase);
                self.b.errors.push(error);
                let ty = self.ty(run.start + 3..run.end);
                self.b.type_item(start, name, ty)
            }
            (Some(K::Upper | K::Name), found) => {
                let place = found.map_or(Span::empty(name.span.end), |_| self.token(run.start + 2).span);
                self.no_item(run, place, E::Unexpected { found, expected: Expected::Token(K::Assign) })
            }
            (found, _) => {
                let place = found.map_or(Span::empty(start.span.end), |_| name.span);
                self.no_item(run, place, E::Unexpected { found, expected: Expected::Name })
            }
        }
    }

    fn assert_item(&mut self, run: Range<usize>) -> ItemId {
        let start = self.token(run.start);
        let mut parts = self.by_commas(run.start + 1..run.end);
        let last = if parts.len() > 1 { parts.pop() } else { None };
        let end = last.as_ref().and_then(|(comma, _)| *comma).unwrap_or(run.end);
        let condition = self.value(run.start + 1..end, run.start);
        let message = match last {
            Some((Some(comma), message)) => self.value(message, comma),
            _ => {
                let place = Span::empty(self.span(&run).end);
                let error = self.error(place, E::MissingAssertMessage);
                self.say(&run, self.b.errors.len(), error);
                self.b.error_expr_at(place)
            }
        };
        self.b.assert(start, condition, message)
    }

    fn use_item(&mut self, run: Range<usize>) -> ItemId {
        let before = self.b.errors.len();
        let (lengths, complete) = (self.b.lengths(), self.b.complete());
        let failed = self.attempt_run(K::StartFile, run.clone());
        self.b.go_back(&lengths);
        self.b.set_complete(complete);
        let error = match failed {
            Err(at) if self.kind_in(&run, at) == Some(K::TextStart) => {
                self.error(self.span(&(at..self.t.after(at))), E::PlainTextNeeded)
            }
            Err(at) if at < run.end => {
                let found = self.kind(at);
                let expected = match at - run.start {
                    1 => Expected::Text,
                    2 => Expected::Token(K::LBrace),
                    _ => Expected::Name,
                };
                self.error(self.token(at).span, E::Unexpected { found, expected })
            }
            _ => {
                let place = Span::empty(self.span(&run).end);
                self.error(place, E::Unexpected { found: None, expected: Expected::Token(K::LBrace) })
            }
        };
        self.say(&run, before, error);
        // The names it brings in are known all the same.
        let start = self.token(run.start);
        // Without braces they are the words behind the path.
        let words = self.kind_in(&run, run.start + 1) == Some(K::Text)
            && self.kind_in(&run, run.start + 2) == Some(K::Name)
            && self.find(&run, K::As).is_none();
        let listed = self.last_braces(&run).map(|(open, close)| open + 1..close);
        match listed.or_else(|| words.then_some(run.start + 2..run.end)) {
            Some(listed) => {
                let mark = self.b.start_use_names();
                let mut at = listed.start;
                while at < listed.end {
                    let renamed = self.kind(at + 1) == Some(K::As) && at + 2 < listed.end;
                    let local = if renamed { at + 2 } else { at };
                    match self.kind(at) {
                        Some(K::Name | K::Upper) => {
                            let (name, local) = (self.token(at), self.token(local));
                            self.b.use_name(name, local);
                        }
                        Some(K::Comma) => self.b.use_comma(mark, self.token(at)),
                        _ => {}
                    }
                    at = local + 1;
                }
                // One finding is enough for the item.
                self.b.errors.truncate(before + 1);
                let path = match self.kind_in(&run, run.start + 1) {
                    Some(K::Text) => self.token(run.start + 1),
                    _ => Token { kind: K::Text, span: Span::empty(start.span.end) },
                };
                let end = self.token(listed.end.min(run.end - 1));
                self.b.use_names(start, path, mark, end)
            }
            None => {
                let last = run.end - 1;
                let name =
                    if self.kind(last) == Some(K::Name) { self.token(last).span } else { Span::empty(start.span.end) };
                self.broken_item(&run, name)
            }
        }
    }

    /// An item with a body in braces.
    fn block_item(&mut self, run: Range<usize>) -> ItemId {
        if let Some(kind) = self.foreign_head(&run) {
            // The `from "…"` behind the braces of an import belongs to it.
            if kind == E::ForeignImport && !self.t.starts_line(run.start) {
                return self.broken_item(&run, Span::empty(self.token(run.start).span.start));
            }
            let place = self.token(run.start).span;
            return self.no_item(run, place, kind);
        }
        let Some((open, close)) = self.last_braces(&run) else {
            return self.no_body(run);
        };
        let before = self.b.errors.len();
        if close + 1 < run.end {
            let rest = close + 1..run.end;
            let (found, place) = (self.kind(rest.start), self.token(rest.start).span);
            let error = self.error(place, E::Unexpected { found, expected: Expected::Item });
            self.say(&rest, before, error);
        }
        let mut head = self.head(run.start..open);
        let mark = self.b.start_entries();
        let has_fields = self.kind(run.start) != Some(K::Environment);
        let outer = std::mem::replace(&mut self.has_fields, has_fields);
        self.entries(open + 1..close, false);
        self.has_fields = outer;
        head.push(self.token(open));
        head.push(Token { kind: K::ReadyEntries, span: Span::empty(mark.0) });
        head.push(self.token(close));
        let findings = self.b.errors.len();
        let nameless = head.get(1).is_some_and(|name| name.span.is_empty());
        match self.one_item(&head) {
            Ok(item) => {
                // Without a name it is not sure what its entries belong to.
                if nameless {
                    self.b.errors.truncate(findings);
                }
                item
            }
            Err(at) => {
                let place = head.get(at).map_or(Span::empty(self.token(open).span.start), |token| token.span);
                let found = head.get(at).map(|token| token.kind);
                let expected = if found == Some(K::LBrace) { Expected::Name } else { Expected::Body };
                let error = self.error(place, E::Unexpected { found, expected });
                self.say(&(run.start..open), before, error);
                self.salvaged(&run, &head, mark)
            }
        }
    }

    /// Parses the tokens of one item that is in order now.
    pub(super) fn one_item(&mut self, tokens: &[Token]) -> Result<ItemId, usize> {
        let mark = self.b.start_entries();
        self.attempt(K::StartEntries, tokens)?;
        let entry = self.b.entries.pop();
        let Mark(expected) = mark;
        match entry.map(|entry| entry.value) {
            Some(EntryValue::Item(item)) => Ok(item),
            _ => Err(expected as usize),
        }
    }

    fn no_body(&mut self, run: Range<usize>) -> ItemId {
        // `resource "a" = …`, `x = 5`: something else than a head.
        let found = run.clone().find(|at| {
            let kind = self.kind(*at);
            let allowed =
                matches!(kind, Some(K::Name | K::Path | K::Extends | K::App | K::Environment | K::Kind | K::Extern));
            !allowed
        });
        let (place, kind) = match found.and_then(|at| self.kind(at)) {
            Some(K::Assign) if run.len() > 1 && self.kind(run.start + 1) == Some(K::Assign) => {
                (self.token(run.start).span, E::ExpectedItem)
            }
            _ if run.len() == 1 => (self.token(run.start).span, E::ExpectedItem),
            None | Some(K::If | K::For) => {
                let end = self.span(&run).end;
                (Span::empty(end), E::Unexpected { found: None, expected: Expected::Body })
            }
            Some(kind) => {
                let place = found.map_or(self.span(&run), |at| self.token(at).span);
                (place, E::Unexpected { found: Some(kind), expected: Expected::Body })
            }
        };
        self.no_item(run, place, kind)
    }

    /// Something that is no item of OAL at all.
    fn foreign_item(&mut self, run: Range<usize>) -> ItemId {
        if let Some(kind) = self.foreign_head(&run) {
            let place = self.token(run.start).span;
            return self.no_item(run, place, kind);
        }
        let first = self.token(run.start);
        let (place, kind) = match first.kind {
            K::Minus => (first.span, E::YamlList),
            K::Upper if self.last_braces(&run).is_some() => (first.span, E::NameCase),
            K::Field | K::Output => (first.span, E::FieldOutsideKind),
            K::Unset => (first.span, E::UnsetOutsideEnvironment),
            _ => (first.span, E::ExpectedItem),
        };
        self.no_item(run, place, kind)
    }
}

/// The content of a text in plain quotes.
pub(super) const fn unquoted(span: Span) -> Span {
    if span.len() >= 2 { Span::new(span.start + 1, span.end - 1) } else { span }
}

const fn starts_literal(kind: K) -> bool {
    matches!(
        kind,
        K::Int
            | K::Number
            | K::Text
            | K::TextStart
            | K::True
            | K::False
            | K::Null
            | K::LBracket
            | K::Minus
            | K::Not
            | K::If
    )
}
