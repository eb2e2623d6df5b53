//! Expressions and patterns.

use super::{Builder, Mark, Opened, list_of, next};
use crate::ast::{Arm, Branch, Expr, ExprId, ExprKind, List, Loop, Pattern, PatternKind, Step, StepKind};
use crate::error::SyntaxErrorKind;
use crate::literal;
use crate::span::Span;
use crate::token::{Token, TokenKind};

/// How many steps a path copies to put an index behind them; a longer one is nested.
const COPIED_STEPS: u16 = 16;

impl Builder<'_> {
    #[inline]
    pub(crate) fn push_expr(&mut self, span: Span, kind: ExprKind) -> ExprId {
        let id = ExprId(next(&self.tree.exprs));
        self.tree.exprs.push(Expr { span, kind });
        id
    }

    pub(crate) fn error_expr_at(&mut self, span: Span) -> ExprId {
        self.push_expr(span, ExprKind::Error)
    }

    fn expr_span(&self, expr: ExprId) -> Span {
        self.tree.expr(expr).span
    }

    /// Says so where a number cannot be read; whether it can.
    pub(super) fn check_number(&mut self, span: Span) -> bool {
        match literal::number(span.text(self.source)) {
            Ok(_) => true,
            Err(error) => {
                self.error(span, SyntaxErrorKind::Number(error));
                false
            }
        }
    }

    pub(crate) fn int(&mut self, token: Token) -> ExprId {
        let bytes = token.span.text(self.source).as_bytes();
        let plain = bytes.len() == 1
            || (bytes.len() <= 18 && bytes.first() != Some(&b'0') && bytes.iter().all(u8::is_ascii_digit));
        if plain { self.push_expr(token.span, ExprKind::Number) } else { self.number(token) }
    }

    pub(crate) fn number(&mut self, token: Token) -> ExprId {
        let kind = if self.check_number(token.span) { ExprKind::Number } else { ExprKind::Error };
        self.push_expr(token.span, kind)
    }

    pub(crate) fn text(&mut self, token: Token) -> ExprId {
        // What a text without an end holds is anyone's guess.
        let kind = if is_closed(token.span.text(self.source)) { ExprKind::Text } else { ExprKind::Error };
        self.push_expr(token.span, kind)
    }

    pub(crate) fn name(&mut self, token: Token) -> ExprId {
        self.push_expr(token.span, ExprKind::Name)
    }

    pub(crate) fn bool(&mut self, token: Token, value: bool) -> ExprId {
        self.push_expr(token.span, ExprKind::Bool(value))
    }

    pub(crate) fn null(&mut self, token: Token) -> ExprId {
        self.push_expr(token.span, ExprKind::Null)
    }

    pub(crate) fn error_expr(&mut self, token: Token) -> ExprId {
        self.error_expr_at(token.span)
    }

    /// Names joined by dots, which the lexer took together.
    pub(crate) fn path(&mut self, token: Token) -> ExprId {
        let Span { start, end } = token.span;
        let source = self.source;
        let bytes = source.as_bytes().get(token.span.range()).unwrap_or_default();
        let mut dots = memchr::memchr_iter(b'.', bytes).map(|at| crate::lexer::span(at, at).start + start);
        let Some(mut dot) = dots.next() else {
            return self.name(token);
        };
        let head = self.push_expr(Span::new(start, dot), ExprKind::Name);
        let first = next(&self.tree.steps);
        for following in dots {
            self.tree.steps.push(Step { span: Span::new(dot, following), kind: StepKind::Field });
            dot = following;
        }
        self.tree.steps.push(Step { span: Span::new(dot, end), kind: StepKind::Field });
        match u16::try_from(next(&self.tree.steps) - first) {
            Ok(len) => self.push_expr(token.span, ExprKind::Path { head, first, len }),
            Err(_) => self.too_long(token.span),
        }
    }

    fn too_long(&mut self, span: Span) -> ExprId {
        self.error(span, SyntaxErrorKind::TooLong);
        self.error_expr_at(span)
    }

    pub(crate) fn field_step(&mut self, expr: ExprId, _dot: Token, name: Token) -> ExprId {
        // The name is the step less one byte, whatever stands between dot and name.
        let step = Step { span: Span::new(name.span.start.saturating_sub(1), name.span.end), kind: StepKind::Field };
        self.step(expr, step)
    }

    pub(crate) fn optional_step(&mut self, expr: ExprId, _dot: Token, name: Token) -> ExprId {
        let span = Span::new(name.span.start.saturating_sub(2), name.span.end);
        self.step(expr, Step { span, kind: StepKind::OptionalField })
    }

    pub(crate) fn index_step(&mut self, expr: ExprId, open: Token, index: ExprId, close: Token) -> ExprId {
        self.step(expr, Step { span: open.span.cover(close.span), kind: StepKind::Index(index) })
    }

    fn step(&mut self, expr: ExprId, step: Step) -> ExprId {
        let before = self.tree.expr(expr);
        let span = before.span.cover(step.span);
        let tail = next(&self.tree.steps);
        if before.kind == ExprKind::Error
            && let Some(node) = self.tree.exprs.get_mut(expr.0 as usize)
        {
            node.span = span;
            return expr;
        }
        if let ExprKind::Path { head, first, len } = before.kind {
            let extends = first + u32::from(len) == tail;
            if extends && len < u16::MAX {
                self.tree.steps.push(step);
                let kind = ExprKind::Path { head, first, len: len + 1 };
                // An index is a child, and children stand before their parent.
                return match (step.kind, self.tree.exprs.get_mut(expr.0 as usize)) {
                    (StepKind::Field | StepKind::OptionalField, Some(node)) => {
                        *node = Expr { span, kind };
                        expr
                    }
                    _ => self.push_expr(span, kind),
                };
            }
            if extends {
                return self.too_long(span);
            }
            if len <= COPIED_STEPS {
                let range = first as usize..(first + u32::from(len)) as usize;
                self.tree.steps.extend_from_within(range);
                self.tree.steps.push(step);
                return self.push_expr(span, ExprKind::Path { head, first: tail, len: len + 1 });
            }
        }
        self.tree.steps.push(step);
        self.push_expr(span, ExprKind::Path { head: expr, first: tail, len: 1 })
    }

    pub(crate) fn call(&mut self, name: Token, args: Mark, close: Token) -> ExprId {
        let args = list_of(args, &mut self.entries, &mut self.tree.entries);
        let span = name.span.cover(close.span);
        self.argument_order(args);
        match u16::try_from(name.span.len()) {
            Ok(name_len) => self.push_expr(span, ExprKind::Call { args, name_len }),
            Err(_) => self.too_long(span),
        }
    }

    /// Positional arguments stand before named ones.
    fn argument_order(&mut self, args: List<crate::ast::Entry>) {
        let mut named = false;
        let mut wrong = None;
        for entry in self.tree.entries(args) {
            named |= !entry.key.is_empty();
            if named
                && entry.key.is_empty()
                && wrong.is_none()
                && let crate::ast::EntryValue::Set(value) = entry.value
                && self.tree.expr(value).kind != ExprKind::Error
            {
                wrong = Some(value);
            }
        }
        if let Some(value) = wrong {
            let span = self.expr_span(value);
            self.error(span, SyntaxErrorKind::PositionalAfterNamed);
        }
    }

    /// A call of a path: functions have plain names.
    pub(crate) fn path_call(&mut self, path: Token, args: Mark, close: Token) -> ExprId {
        list_of(args, &mut self.entries, &mut self.tree.entries);
        self.error(path.span, SyntaxErrorKind::MethodCall);
        self.error_expr_at(path.span.cover(close.span))
    }

    pub(crate) fn paren(&mut self, open: Token, inner: ExprId, close: Token) -> ExprId {
        self.push_expr(open.span.cover(close.span), ExprKind::Paren(inner))
    }

    pub(crate) fn first_element(&mut self, expr: ExprId) -> Mark {
        let mark = Mark(next(&self.elements));
        self.elements.push(expr);
        mark
    }

    pub(crate) fn element(&mut self, expr: ExprId) {
        self.elements.push(expr);
    }

    pub(crate) fn empty_list(&mut self, open: Token, close: Token) -> ExprId {
        self.push_expr(open.span.cover(close.span), ExprKind::List(List::EMPTY))
    }

    pub(crate) fn list(&mut self, open: Token, elements: Mark, close: Token) -> ExprId {
        let list = list_of(elements, &mut self.elements, &mut self.tree.expr_lists);
        self.push_expr(open.span.cover(close.span), ExprKind::List(list))
    }

    pub(crate) fn list_of_exprs(&mut self, open: Token, elements: &[ExprId], close: Token) -> ExprId {
        let mark = Mark(next(&self.elements));
        self.elements.extend_from_slice(elements);
        self.list(open, mark, close)
    }

    pub(crate) fn list_for(&mut self, open: Token, element: ExprId, over: u32, close: Token) -> ExprId {
        self.push_expr(open.span.cover(close.span), ExprKind::ListFor { element, over })
    }

    pub(crate) fn object(&mut self, open: Token, fields: Mark, close: Token) -> ExprId {
        let fields = list_of(fields, &mut self.entries, &mut self.tree.entries);
        self.push_expr(open.span.cover(close.span), ExprKind::Object(fields))
    }

    pub(crate) fn map_for(&mut self, open: Token, key: ExprId, value: ExprId, over: u32, close: Token) -> ExprId {
        let pair = next(&self.tree.expr_lists);
        self.tree.expr_lists.extend([key, value]);
        self.push_expr(open.span.cover(close.span), ExprKind::MapFor { pair, over })
    }

    pub(crate) fn loop_head(
        &mut self,
        first: Token,
        second: Option<Token>,
        iterable: ExprId,
        filter: Option<ExprId>,
    ) -> u32 {
        self.declared(first.span);
        let second = match second {
            Some(second) => {
                self.declared(second.span);
                second.span
            }
            None => Span::empty(first.span.end),
        };
        let index = next(&self.tree.loops);
        self.tree.loops.push(Loop { first: first.span, second, iterable, filter });
        index
    }

    pub(crate) fn loop_filter(&mut self, index: u32, filter: ExprId) -> u32 {
        if let Some(head) = self.tree.loops.get_mut(index as usize) {
            head.filter = Some(filter);
        }
        index
    }

    pub(crate) fn if_expr(&mut self, start: Token, condition: ExprId, then: ExprId, otherwise: ExprId) -> ExprId {
        let index = next(&self.tree.branches);
        let end = self.expr_span(otherwise);
        self.tree.branches.push(Branch { condition, then, otherwise });
        self.push_expr(start.span.cover(end), ExprKind::If(index))
    }

    /// The first piece of a template and the hole behind it.
    pub(crate) fn first_piece(&mut self, piece: Token, hole: ExprId) -> Opened {
        let source = piece.span.text(self.source);
        let quotes = if source.starts_with("\"\"\"") { 3 } else { 1 };
        let mark = Mark(next(&self.elements));
        self.literal_piece(Span::new(piece.span.start + quotes, piece.span.end.saturating_sub(2)));
        self.elements.push(hole);
        Opened { mark, start: piece.span.start }
    }

    pub(crate) fn piece(&mut self, piece: Token, hole: ExprId) {
        self.literal_piece(Span::new(piece.span.start + 1, piece.span.end.saturating_sub(2)));
        self.elements.push(hole);
    }

    fn literal_piece(&mut self, span: Span) {
        if !span.is_empty() {
            let piece = self.push_expr(span, ExprKind::Piece);
            self.elements.push(piece);
        }
    }

    pub(crate) fn template(&mut self, first: Opened, end: Token) -> ExprId {
        let span = Span::new(first.start, end.span.end);
        let block = Span::new(first.start, first.start.saturating_add(3)).text(self.source) == "\"\"\"";
        let closing = end.span.text(self.source);
        let quotes = match block {
            true if closing.ends_with("\"\"\"") => 3,
            false if closing.len() > 1 && closing.ends_with('"') => 1,
            _ => 0,
        };
        let start = end.span.start + u32::from(!end.span.is_empty());
        self.literal_piece(Span::new(start, end.span.end.saturating_sub(quotes).max(start)));
        if quotes == 0 {
            let rest = self.push_expr(Span::empty(end.span.end), ExprKind::Error);
            self.elements.push(rest);
        }
        let parts = list_of(first.mark, &mut self.elements, &mut self.tree.expr_lists);
        self.push_expr(span, ExprKind::Template(parts))
    }

    pub(crate) fn start_arms(&mut self) -> Mark {
        Mark(next(&self.arms))
    }

    pub(crate) fn arm(&mut self, _pattern: Mark, value: ExprId) {
        self.since_comma = true;
        if let Some(pattern) = self.patterns.pop() {
            self.arms.push(Arm { pattern, value });
        }
    }

    pub(crate) fn arm_comma(&mut self, mark: Mark, comma: Token) {
        self.comma(mark, next(&self.arms), comma);
    }

    pub(crate) fn match_expr(&mut self, start: Token, subject: ExprId, arms: Mark, close: Token) -> ExprId {
        let span = start.span.cover(close.span);
        let arms = list_of(arms, &mut self.arms, &mut self.tree.arms);
        let first = List::<Arm>::first(arms);
        match (u16::try_from(arms.len()), u32::try_from(first)) {
            (Ok(len), Ok(first)) => self.push_expr(span, ExprKind::Match { subject, first, len }),
            _ => self.too_long(start.span),
        }
    }

    fn pattern(&mut self, span: Span, kind: PatternKind) -> Mark {
        let mark = Mark(next(&self.patterns));
        self.patterns.push(Pattern { span, kind });
        mark
    }

    pub(crate) fn name_pattern(&mut self, name: Token) -> Mark {
        let kind = if name.span.text(self.source) == "_" {
            PatternKind::Any
        } else {
            PatternKind::Variant { name: name.span, bindings: List::EMPTY }
        };
        self.pattern(name.span, kind)
    }

    pub(crate) fn binding_pattern(&mut self, name: Token, bindings: Mark, close: Token) -> Mark {
        let bindings = list_of(bindings, &mut self.names, &mut self.tree.names);
        self.pattern(name.span.cover(close.span), PatternKind::Variant { name: name.span, bindings })
    }

    pub(crate) fn literal_pattern(&mut self, literal: ExprId) -> Mark {
        let Expr { span, kind } = self.tree.expr(literal);
        let kind = if kind == ExprKind::Error { PatternKind::Error } else { PatternKind::Literal(literal) };
        self.pattern(span, kind)
    }

    pub(crate) fn int_pattern(&mut self, token: Token) -> Mark {
        let literal = self.int(token);
        self.literal_pattern(literal)
    }

    pub(crate) fn number_pattern(&mut self, token: Token) -> Mark {
        let literal = self.number(token);
        self.literal_pattern(literal)
    }

    pub(crate) fn text_pattern(&mut self, token: Token) -> Mark {
        let literal = self.text(token);
        self.literal_pattern(literal)
    }

    pub(crate) fn word_pattern(&mut self, token: Token) -> Mark {
        let literal = match token.kind {
            TokenKind::True => self.bool(token, true),
            TokenKind::False => self.bool(token, false),
            _ => self.null(token),
        };
        self.literal_pattern(literal)
    }

    pub(crate) fn error_pattern(&mut self, token: Token) -> Mark {
        self.pattern(token.span, PatternKind::Error)
    }

    pub(crate) fn start_names(&mut self) -> Mark {
        self.since_comma = false;
        Mark(next(&self.names))
    }

    pub(crate) fn binding_comma(&mut self, mark: Mark, comma: Token) {
        self.comma(mark, next(&self.names), comma);
    }

    pub(crate) fn binding(&mut self, name: Token) {
        if self.since_comma
            && let Some(before) = self.names.last()
        {
            self.error(Span::empty(before.end), SyntaxErrorKind::MissingComma);
        }
        self.since_comma = true;
        self.declared(name.span);
        self.names.push(name.span);
    }
}

/// Whether a quoted text has its closing quotes.
fn is_closed(written: &str) -> bool {
    if let Some(rest) = written.strip_prefix("\"\"\"") {
        return rest.ends_with("\"\"\"");
    }
    if let Some(rest) = written.strip_prefix("r\"") {
        return rest.ends_with('"');
    }
    let Some(inside) = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return false };
    // The last quotes may be escaped ones.
    inside.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 0
}
