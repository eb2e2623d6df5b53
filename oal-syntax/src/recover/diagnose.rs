//! What a token that does not fit says about the mistake.

use super::Recover;
use super::entry::starts_value;
use crate::error::{Expected, SyntaxError, SyntaxErrorKind as E};
use crate::literal;
use crate::repair::ends_value;
use crate::span::Span;
use crate::token::{Token, TokenKind as K};
use std::ops::Range;

impl Recover<'_, '_> {
    pub(super) fn error(&self, span: Span, kind: E) -> SyntaxError {
        SyntaxError::new(span, kind)
    }

    /// Whether the word at `unit` is a unit that belongs to the number before.
    pub(super) fn is_unit(&self, number: usize, unit: usize) -> bool {
        matches!(self.kind(number), Some(K::Int | K::Number))
            && matches!(self.kind(unit), Some(K::Name | K::Upper | K::Percent))
            && is_unit(self.text(unit))
    }

    /// What is wrong with an expression whose token at `at` does not fit. Tokens that stand for others have no place of their own.
    pub(super) fn wrong_value(&self, tokens: &[Token], at: usize, run: &Range<usize>) -> SyntaxError {
        let whole = self.span(run);
        let before = at.checked_sub(1).and_then(|before| tokens.get(before)).copied();
        let found = tokens.get(at).copied();
        let place = |token: Token| if is_ready(token.kind) { whole } else { token.span };
        if let Some(question) = tokens.iter().find(|token| token.kind == K::Question) {
            return self.error(question.span, E::QuestionOperator);
        }
        if let Some(text) = self.unquoted(run) {
            return self.error(text, E::UnquotedText);
        }
        if let Some(error) = self.wrong_if(tokens, at) {
            return error;
        }
        if let [.., number, Token { kind: K::Percent, span }] = tokens
            && matches!(number.kind, K::Int | K::Number)
            && found.is_none()
        {
            return self.error(number.span.cover(*span), E::SpaceBeforeUnit);
        }
        let Some(found) = found else {
            let place = before.map_or(whole, place);
            return self.error(place, E::Unexpected { found: None, expected: Expected::Value });
        };
        let ended = before.is_some_and(|before| ends_value(before.kind));
        match found.kind {
            K::Star if at == 0 && tokens.get(1).is_some_and(|name| name.span.start == found.span.end) => {
                self.error(found.span.cover(tokens.get(1).map_or(found.span, |name| name.span)), E::YamlAnchor)
            }
            K::Assign if ended => self.error(found.span, E::SingleEquals),
            K::Arrow => self.error(found.span, E::Unexpected { found: Some(K::Arrow), expected: Expected::Operator }),
            K::Key | K::PathKey => self.error(found.span, E::UnexpectedKey),
            K::Name | K::Upper if ended => match before {
                Some(number)
                    if matches!(number.kind, K::Int | K::Number) && is_unit(found.span.text(self.b.source)) =>
                {
                    self.error(number.span.cover(found.span), E::SpaceBeforeUnit)
                }
                _ => self.error(found.span, E::Unexpected { found: Some(found.kind), expected: Expected::Operator }),
            },
            K::LParen if ended => self.error(found.span, E::MethodCall),
            K::ReadyExpr if before.is_some_and(|before| before.kind == K::Dot) => {
                let raw = self.t.tokens.get(run.clone()).unwrap_or_default();
                let called = raw.windows(3).find_map(|part| match part {
                    [dot, name, open] if (dot.kind, open.kind) == (K::Dot, K::LParen) => Some(name.span),
                    _ => None,
                });
                self.error(called.map_or(whole, |called| Span::new(whole.start, called.end)), E::MethodCall)
            }
            K::ReadyExpr if ended => self.error(whole, E::Unexpected { found: None, expected: Expected::Operator }),
            kind => {
                let expected = if ended { Expected::Operator } else { Expected::Value };
                self.error(place(found), E::Unexpected { found: Some(kind), expected })
            }
        }
    }

    /// The text that a run most likely is, had it quotes: signs of paths, images and URLs, and no blank between the tokens.
    fn unquoted(&self, run: &Range<usize>) -> Option<Span> {
        let tokens = self.t.tokens.get(run.clone())?;
        let is_key = |token: &Token| matches!(token.kind, K::Key | K::PathKey);
        let starts = matches!(tokens.first()?.kind, K::Dot | K::Range | K::Slash);
        let together = |pair: &[Token]| match pair {
            [first, second] => first.span.end + u32::from(is_key(first)) == second.span.start,
            _ => false,
        };
        if !(starts || tokens.iter().any(|token| is_key(token) || token.kind == K::Slash))
            || !tokens.windows(2).all(together)
        {
            return None;
        }
        let span = self.span(run);
        let rest = self.b.source.get(span.end as usize..)?;
        let more =
            rest.find(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '(' | ')' | '[' | ']' | '{' | '}'));
        Some(Span::new(span.start, span.end + crate::span::offset(more.unwrap_or(rest.len()))))
    }

    /// An `if` without all of its words.
    pub(super) fn wrong_if(&self, tokens: &[Token], at: usize) -> Option<SyntaxError> {
        let before = tokens.get(..at)?;
        let last = |kind| before.iter().rposition(|token| token.kind == kind);
        let start = last(K::If)?;
        let part = before.get(start..)?;
        let word = tokens.get(start)?.span;
        let has = |kind| part.iter().any(|token| token.kind == kind);
        let ended = before.last().is_some_and(|token| ends_value(token.kind));
        if !ended || tokens.get(at).is_some_and(|token| !starts_value(token.kind) && token.kind != K::Else) {
            return None;
        }
        if !has(K::Then) {
            return Some(self.error(word, E::MissingThen));
        }
        (!has(K::Else)).then(|| self.error(word, E::MissingElse))
    }

    /// What is wrong with a type whose token at `at` does not fit.
    pub(super) fn wrong_type(&self, tokens: &[Token], at: usize, run: &Range<usize>) -> SyntaxError {
        let whole = self.span(run);
        if run.is_empty() {
            return self.error(whole, E::Unexpected { found: None, expected: Expected::Type });
        }
        if let Some(start) = tokens.get(at).filter(|token| token.kind == K::TextStart) {
            let end = tokens.iter().find(|token| token.kind == K::TextEnd).map_or(start.span, |end| end.span);
            return self.error(start.span.cover(end), E::PlainTextNeeded);
        }
        let after_where = tokens.get(..at).unwrap_or_default().iter().rposition(|token| token.kind == K::Where);
        if let Some(word) = after_where.and_then(|word| tokens.get(word..)) {
            let first = word.first().map_or(whole, |token| token.span);
            let last = word.last().map_or(whole, |token| token.span);
            return self.error(first.cover(last), E::BadRefinement);
        }
        match tokens.get(at) {
            None => self.error(Span::empty(whole.end), E::Unexpected { found: None, expected: Expected::Type }),
            Some(token) => {
                let place = if is_ready(token.kind) { whole } else { token.span };
                self.error(place, E::Unexpected { found: Some(token.kind), expected: Expected::Type })
            }
        }
    }
}

const fn is_ready(kind: K) -> bool {
    matches!(kind, K::ReadyExpr | K::ReadyType | K::ReadyEntries)
}

/// Whether a word is a unit of OAL or of another tool.
fn is_unit(word: &str) -> bool {
    let spelled = format!("1{word}");
    match literal::number(&spelled) {
        Ok(_) => true,
        Err(literal::NumberError::UnknownUnit { suggestion, .. }) => suggestion.is_some(),
        Err(_) => false,
    }
}
