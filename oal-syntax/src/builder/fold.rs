//! Operator precedence: a flat row of prefixes, operands and operators becomes chains, loosest outside.

use super::{Builder, Mark, list_of, next};
use crate::ast::{ExprId, ExprKind, Link, MAX_DEPTH, Op};
use crate::error::SyntaxErrorKind;
use crate::span::Span;
use crate::token::{Token, TokenKind};

/// A binary operator where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Infix {
    kind: TokenKind,
    span: Span,
}

impl Infix {
    pub(crate) const fn of(token: Token) -> Self {
        Self { kind: token.kind, span: token.span }
    }
}

/// A member of the flat row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Flat {
    Prefix(Token),
    Operand(ExprId),
    Infix(Infix),
}

/// How tightly an operator binds; loosest is least. `not` stands between 2 and 4.
const NOT: u8 = 3;
const COMPARE: u8 = 4;
const RANGE: u8 = 6;
const TIGHTEST: u8 = 9;

const fn level(kind: TokenKind) -> u8 {
    use TokenKind as K;
    match kind {
        K::Coalesce => 0,
        K::Or => 1,
        K::And => 2,
        K::Equal | K::NotEqual | K::Less | K::LessEqual | K::Greater | K::GreaterEqual => COMPARE,
        K::In => 5,
        K::Range | K::RangeInclusive => RANGE,
        K::Plus | K::Minus => 7,
        _ => 8,
    }
}

const fn op(kind: TokenKind) -> Op {
    use TokenKind as K;
    match kind {
        K::Coalesce => Op::Coalesce,
        K::Or => Op::Or,
        K::And => Op::And,
        K::Equal => Op::Equal,
        K::NotEqual => Op::NotEqual,
        K::Less => Op::Less,
        K::LessEqual => Op::LessEqual,
        K::Greater => Op::Greater,
        K::GreaterEqual => Op::GreaterEqual,
        K::In => Op::In,
        K::Plus => Op::Add,
        K::Minus => Op::Subtract,
        K::Star => Op::Multiply,
        K::Slash => Op::Divide,
        K::Percent => Op::Remainder,
        _ => Op::First,
    }
}

impl Builder<'_> {
    pub(crate) fn first_prefix(&mut self, prefix: Token) -> Mark {
        let mark = Mark(next(&self.flats));
        self.prefix(prefix);
        mark
    }

    pub(crate) fn first_operand(&mut self, left: ExprId, op: Infix) -> Mark {
        let mark = Mark(next(&self.flats));
        self.operand(left, op);
        mark
    }

    pub(crate) fn prefix(&mut self, prefix: Token) {
        self.flats.push(Flat::Prefix(prefix));
    }

    pub(crate) fn operand(&mut self, left: ExprId, op: Infix) {
        self.flats.push(Flat::Operand(left));
        self.flats.push(Flat::Infix(op));
    }

    /// Completes a row whose last operand is an `if`.
    pub(crate) fn fold_if(&mut self, mark: Mark, last: ExprId) -> ExprId {
        let start = self.tree.expr(last).span.start;
        self.error(Span::new(start, start + 2), SyntaxErrorKind::BareIf);
        self.fold(mark, last)
    }

    /// Completes a row.
    pub(crate) fn fold(&mut self, mark: Mark, last: ExprId) -> ExprId {
        self.flats.push(Flat::Operand(last));
        let mut at = mark.0 as usize;
        let yaml = self.yaml_dash(at);
        let findings = self.errors.len();
        let whole = self.climb(&mut at, 0);
        self.flats.truncate(mark.0 as usize);
        match yaml {
            Some((dash, kind)) => {
                self.errors.truncate(findings);
                self.error(dash, kind);
                let span = self.tree.expr(whole).span;
                self.error_expr_at(span)
            }
            None => whole,
        }
    }

    /// Whether a row starts as a list in YAML does: a dash and a blank on a line of their own below a key.
    fn yaml_dash(&self, at: usize) -> Option<(Span, SyntaxErrorKind)> {
        let Some(Flat::Prefix(Token { kind: TokenKind::Minus, span })) = self.flat(at) else { return None };
        let blank = self.source.as_bytes().get(span.end as usize)?;
        let before = self.source.get(..span.start as usize)?;
        let line = before.trim_end_matches([' ', '\t']);
        if !matches!(blank, b' ' | b'\t') || !line.ends_with('\n') || !line.trim_end().ends_with(':') {
            return None;
        }
        let kind = if *blank == b'\t' { SyntaxErrorKind::TabAfterDash } else { SyntaxErrorKind::YamlList };
        Some((span, kind))
    }

    fn flat(&self, at: usize) -> Option<Flat> {
        self.flats.get(at).copied()
    }

    /// The operators from `at` on that bind at least as tightly as `least`. Recursion is bounded by the number of levels.
    fn climb(&mut self, at: &mut usize, least: u8) -> ExprId {
        if least == TIGHTEST {
            return self.prefixed(at, least);
        }
        let mut left = match self.flat(*at) {
            Some(Flat::Prefix(_)) => self.prefixed(at, least),
            Some(Flat::Operand(operand)) => {
                *at += 1;
                operand
            }
            _ => self.error_expr_at(Span::empty(0)),
        };
        // Each turn takes all operators of the tightest level that is left of the row.
        while let Some(Flat::Infix(first)) = self.flat(*at) {
            let here = level(first.kind);
            if here < least {
                break;
            }
            // Tighter ones than the first come with the operands; looser ones are the next turn's.
            left = self.row(at, left, here);
        }
        left
    }

    /// A row of operators of one level, from the first one on.
    fn row(&mut self, at: &mut usize, first: ExprId, here: u8) -> ExprId {
        let mark = Mark(next(&self.links));
        let start = self.tree.expr(first).span.start;
        self.links.push(Link { op: Op::First, at: start, operand: first });
        let (mut last, mut count) = (first, 0);
        let mut inclusive = false;
        while let Some(Flat::Infix(infix)) = self.flat(*at) {
            if level(infix.kind) != here {
                break;
            }
            *at += 1;
            count += 1;
            if count == 2 && (COMPARE..=RANGE).contains(&here) {
                self.error(infix.span, SyntaxErrorKind::ChainedComparison);
            }
            inclusive = infix.kind == TokenKind::RangeInclusive;
            last = self.climb(at, here + 1);
            self.links.push(Link { op: op(infix.kind), at: infix.span.start, operand: last });
        }
        let span = Span::new(start, self.tree.expr(last).span.end);
        if here == RANGE {
            self.links.truncate(mark.0 as usize);
            let kind = if count > 1 { ExprKind::Error } else { ExprKind::Range { low: first, high: last, inclusive } };
            return self.push_expr(span, kind);
        }
        let links = list_of(mark, &mut self.links, &mut self.tree.links);
        self.push_expr(span, ExprKind::Chain(links))
    }

    /// One operand with the prefixes before it. `least` is how tight the operator before binds.
    fn prefixed(&mut self, at: &mut usize, least: u8) -> ExprId {
        let from = *at;
        while let Some(Flat::Prefix(_)) = self.flat(*at) {
            *at += 1;
        }
        let mut to = *at;
        if to - from > MAX_DEPTH {
            if let Some(Flat::Prefix(token)) = self.flat(from + MAX_DEPTH) {
                self.error(token.span, SyntaxErrorKind::TooDeep);
            }
            let end = self.climb(at, 0);
            let span = self.tree.expr(end).span;
            return self.error_expr_at(span);
        }
        // `-` belongs to the operand directly behind it, `not` to the comparison behind it.
        let mut whole = None;
        while to > from {
            let Some(Flat::Prefix(prefix)) = self.flat(to - 1) else { break };
            let is_not = prefix.kind == TokenKind::Not;
            let inner = match whole {
                Some(inner) => inner,
                None if is_not => self.climb(at, least.max(NOT + 1)),
                None => self.operand_at(at),
            };
            // `- a` with the rest of a `not` still to come: what stands between is read first.
            let inner = if is_not && whole.is_some() { self.rest(at, inner, least.max(NOT + 1)) } else { inner };
            if is_not && least > NOT {
                self.error(prefix.span, SyntaxErrorKind::BareNot);
            }
            let span = prefix.span.cover(self.tree.expr(inner).span);
            let kind = if is_not { ExprKind::Not(inner) } else { ExprKind::Negate(inner) };
            whole = Some(self.push_expr(span, kind));
            to -= 1;
        }
        match whole {
            Some(whole) => whole,
            None => self.operand_at(at),
        }
    }

    /// Goes on with the operators behind `left` that bind at least as tightly as `least`.
    fn rest(&mut self, at: &mut usize, mut left: ExprId, least: u8) -> ExprId {
        while let Some(Flat::Infix(infix)) = self.flat(*at) {
            let here = level(infix.kind);
            if here < least {
                break;
            }
            left = self.row(at, left, here);
        }
        left
    }

    fn operand_at(&mut self, at: &mut usize) -> ExprId {
        match self.flat(*at) {
            Some(Flat::Operand(operand)) => {
                *at += 1;
                operand
            }
            _ => self.error_expr_at(Span::empty(0)),
        }
    }
}
