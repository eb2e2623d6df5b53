//! The words of an item before its body.

use super::Recover;
use super::item::unquoted;
use crate::ast::ItemId;
use crate::builder::Mark;
use crate::error::{Expected, SyntaxErrorKind as E};
use crate::span::Span;
use crate::token::{Token, TokenKind as K};
use std::ops::Range;

impl Recover<'_, '_> {
    /// The words before a body, with what can be set right set right.
    pub(super) fn head(&mut self, run: Range<usize>) -> Vec<Token> {
        let mut head = Vec::new();
        let mut at = run.start;
        // What stands before the name.
        let words = match self.kind(at) {
            Some(K::Extern) if self.kind_in(&run, at + 1) == Some(K::Kind) => 2,
            Some(K::Name) if self.kind_in(&run, at + 1) == Some(K::Dot) => 3,
            _ => 1,
        };
        for _ in 0..words {
            head.push(self.token(at));
            at += 1;
        }
        at = self.declared_name(&run, at, &mut head);
        while at < run.end {
            let token = self.token(at);
            at += 1;
            head.push(token);
            match token.kind {
                K::If => {
                    let condition = self.value(at..run.end, at - 1);
                    head.push(Token { kind: K::ReadyExpr, span: Span::empty(condition.0) });
                    at = run.end;
                }
                K::In => {
                    let over = self.value(at..run.end, at - 1);
                    head.push(Token { kind: K::ReadyExpr, span: Span::empty(over.0) });
                    at = run.end;
                }
                _ => {}
            }
        }
        head
    }

    /// The declared name at `at`: as it is where it is one, else with a finding and a name in its place.
    fn declared_name(&mut self, run: &Range<usize>, at: usize, head: &mut Vec<Token>) -> usize {
        let token = self.token(at);
        let before = self.b.errors.len();
        let mut span = token.span;
        let (kind, after) = match self.kind_in(run, at) {
            Some(K::Name) => {
                let mut end = at + 1;
                while self.kind_in(run, end) == Some(K::Minus)
                    && matches!(self.kind_in(run, end + 1), Some(K::Name | K::Upper | K::Int | K::Number))
                    && self.token(end).span.start == span.end
                {
                    span = span.cover(self.token(end + 1).span);
                    end += 2;
                }
                if end == at + 1 {
                    head.push(token);
                    return end;
                }
                (E::HyphenInName, end)
            }
            Some(K::Text) => (E::QuotedName, at + 1),
            Some(K::Error) => {
                span = Span::empty(token.span.end);
                (E::Unexpected { found: Some(K::Error), expected: Expected::Name }, at + 1)
            }
            Some(K::Upper) => (E::NameCase, at + 1),
            Some(keyword) if keyword.is_keyword() && !matches!(keyword, K::If | K::For | K::Extends) => {
                (E::KeywordAsName(keyword), at + 1)
            }
            None if self.has_fields && run.len() == 1 && self.kind(run.start) == Some(K::Name) => {
                span = Span::empty(self.token(run.start).span.end);
                (E::NamelessBody, at)
            }
            found => {
                span = Span::empty(self.token(at.saturating_sub(1)).span.end);
                (E::Unexpected { found, expected: Expected::Name }, at)
            }
        };
        let place = if after == at { self.token(at.saturating_sub(1)).span } else { span };
        let quoted = kind == E::QuotedName;
        // A name in capitals is called so when the item is built.
        if kind != E::NameCase {
            let error = self.error(place, kind);
            self.say(run, before, error);
        }
        head.push(Token { kind: K::Name, span: if quoted { unquoted(span) } else { span } });
        after
    }

    /// An item whose head is broken but names a kind first and something last: with these two the body need not go.
    pub(super) fn salvaged(&mut self, run: &Range<usize>, head: &[Token], mark: Mark) -> ItemId {
        let words = head.get(..head.len().saturating_sub(3)).unwrap_or_default();
        let body = head.get(head.len().saturating_sub(3)..).unwrap_or_default();
        // The name stands before the guard, if there is one.
        let guard =
            words.iter().position(|token| matches!(token.kind, K::If | K::For | K::Extends)).unwrap_or(words.len());
        let before_guard = words.get(..guard).unwrap_or_default();
        let name = before_guard.iter().rposition(|token| token.kind == K::Name).filter(|at| *at > 0);
        let first =
            words.first().filter(|first| matches!(first.kind, K::Name | K::Path | K::App | K::Environment | K::Kind));
        if let (Some(first), Some(name)) = (first, name.and_then(|at| words.get(at))) {
            let tokens: Vec<Token> = [*first, *name].into_iter().chain(body.iter().copied()).collect();
            if let Ok(item) = self.one_item(&tokens) {
                return item;
            }
        }
        self.b.drop_entries(mark);
        let name = self.likely_name(run);
        self.broken_item(run, name)
    }

    /// Whether a run starts as an item of another language does.
    pub(super) fn foreign_head(&self, run: &Range<usize>) -> Option<E> {
        let next = self.kind_in(run, run.start + 1);
        let quoted = next == Some(K::Text);
        Some(match self.text(run.start) {
            "import" | "from" | "include" | "require" | "using" if self.kind(run.start) == Some(K::Name) => {
                if self.is_component(run) {
                    return None;
                }
                E::ForeignImport
            }
            "fn" | "func" | "function" | "def" | "fun" if !self.is_component(run) => E::FunctionDefinition,
            "resource" | "variable" | "module" | "provider" | "data" | "locals" | "terraform" | "const" | "var"
            | "param" | "targetScope" | "class" | "struct" | "enum" | "interface" | "output" | "services"
            | "volumes" | "networks" | "secrets" | "configs"
                if (quoted || matches!(next, Some(K::Name | K::Upper | K::LBrace | K::Assign)))
                    && !self.is_component(run)
                    && self.kind(run.start) == Some(K::Name) =>
            {
                E::ForeignDeclaration
            }
            _ => return None,
        })
    }

    /// Whether a run is `kind name … {`.
    fn is_component(&self, run: &Range<usize>) -> bool {
        self.kind_in(run, run.start + 1) == Some(K::Name)
            && matches!(self.kind_in(run, run.start + 2), Some(K::LBrace | K::If | K::For))
    }
}
