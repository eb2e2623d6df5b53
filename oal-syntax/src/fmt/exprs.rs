//! Expressions: the layout of each on one line and on several.

use super::block::Shift;
use super::group::{ARGS, BODY, LIST};
use super::writer::{Before, INDENT, Laid, Stop, Writer};
use crate::ast::{Arm, Branch, Entry, EntryValue, Expr, ExprId, ExprKind, Link, List, Loop, PatternKind, StepKind};
use crate::span::Span;

impl Writer<'_> {
    /// Writes an expression; where it has the choice, it leaves `tail` columns free behind it.
    pub(super) fn expr(&mut self, before: Before, id: ExprId, tail: usize) -> Laid {
        let expr = self.tree.expr(id);
        match expr.kind {
            ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number | ExprKind::Name => self.atom(before, expr.span),
            ExprKind::Text => self.text(before, expr.span),
            _ => {
                self.lead(before)?;
                self.node(&expr, tail)
            }
        }
    }

    /// Writes an expression of several tokens, the first of which is under the cursor.
    fn node(&mut self, expr: &Expr, tail: usize) -> Laid {
        match expr.kind {
            ExprKind::Template(parts) => self.template(expr.span, parts),
            ExprKind::List(members) => {
                let tree = self.tree;
                self.group(LIST, tree.exprs(members), tail, |w, id, tail| w.expr(Before::None, id, tail))
            }
            ExprKind::Object(fields) => {
                let tree = self.tree;
                self.group(BODY, tree.entries(fields), tail, Self::entry)
            }
            ExprKind::Call { args, .. } => self.call(expr, args, tail),
            ExprKind::Not(inner) => {
                self.expect("not")?;
                self.expr(Before::Space, inner, tail)
            }
            ExprKind::Negate(inner) => {
                self.expect("-")?;
                self.expr(Before::None, inner, tail)
            }
            ExprKind::Path { head, first, len } if self.is_plain_path(head, first, len) => {
                self.path(head, first, len, tail)
            }
            _ => {
                if self.flat || !self.attempt(tail, |w| w.compound(expr, tail))? {
                    self.compound(expr, tail)?;
                }
                Ok(())
            }
        }
    }

    /// Writes an expression that is worth an attempt as a whole: on one line where the writer is flat, else on several.
    fn compound(&mut self, expr: &Expr, tail: usize) -> Laid {
        match expr.kind {
            ExprKind::Path { head, first, len } => self.path(head, first, len, tail),
            ExprKind::ListFor { element, over } => {
                self.comprehension("[", "]", "", over, |w| w.expr(Before::None, element, 0))
            }
            ExprKind::MapFor { pair, over } => {
                let (key, value) = self.tree.pair(pair).ok_or(Stop::Lost)?;
                self.comprehension("{", "}", " ", over, |w| {
                    w.expr(Before::None, key, 0)?;
                    w.token(Before::Space, "=>")?;
                    w.expr(Before::Space, value, 0)
                })
            }
            ExprKind::Chain(links) => self.chain(links, tail),
            ExprKind::Range { low, high, inclusive } => {
                self.expr(Before::None, low, tail)?;
                self.token(Before::None, if inclusive { "..=" } else { ".." })?;
                self.expr(Before::None, high, tail)
            }
            ExprKind::If(branch) => self.conditional(branch, tail),
            ExprKind::Match { subject, first, len } => {
                self.expect("match")?;
                self.expr(Before::Space, subject, INDENT)?;
                self.lead(Before::Space)?;
                let tree = self.tree;
                self.group(BODY, tree.match_arms(first, len), tail, |w, arm, _| w.arm(&arm))
            }
            ExprKind::Paren(inner) => self.paren(inner),
            _ => Err(Stop::Lost),
        }
    }

    /// Whether a path holds nothing that could be broken.
    fn is_plain_path(&self, head: ExprId, first: u32, len: u16) -> bool {
        matches!(self.tree.expr(head).kind, ExprKind::Name)
            && !self.tree.path_steps(first, len).iter().any(|step| matches!(step.kind, StepKind::Index(_)))
    }

    fn path(&mut self, head: ExprId, first: u32, len: u16, tail: usize) -> Laid {
        self.expr(Before::None, head, tail)?;
        let tree = self.tree;
        for step in tree.path_steps(first, len) {
            match step.kind {
                StepKind::Field => {
                    self.token(Before::None, ".")?;
                    self.word(Before::None)?;
                }
                StepKind::OptionalField => {
                    self.token(Before::None, "?.")?;
                    self.word(Before::None)?;
                }
                StepKind::Index(index) => {
                    self.token(Before::None, "[")?;
                    self.expr(Before::None, index, 1)?;
                    self.token(Before::None, "]")?;
                }
            }
        }
        Ok(())
    }

    fn call(&mut self, expr: &Expr, args: List<Entry>, tail: usize) -> Laid {
        self.atom(Before::None, expr.call_name())?;
        self.lead(Before::None)?;
        let tree = self.tree;
        let args = tree.entries(args);
        if let ([only], false) = (args, self.flat)
            && self.is_huggable(only.value)
            && !self.breaks_after(1)
        {
            if !self.attempt(tail, |w| w.hug(*only))? {
                self.hug(*only)?;
            }
            return Ok(());
        }
        self.group(ARGS, args, tail, Self::arg)
    }

    /// Whether a value that is the only argument shares its first and last line with the call: `f([` … `])`.
    fn is_huggable(&self, value: EntryValue) -> bool {
        matches!(value, EntryValue::Set(id) if self.is_bracketed(id) || self.is_tall_text(id))
    }

    /// Whether an expression is a text of several lines.
    fn is_tall_text(&self, id: ExprId) -> bool {
        let expr = self.tree.expr(id);
        matches!(expr.kind, ExprKind::Text | ExprKind::Template(_))
            && memchr::memchr(b'\n', expr.span.text(self.src).as_bytes()).is_some()
    }

    /// Whether an expression has brackets around its end, with something in them.
    pub(super) fn is_bracketed(&self, id: ExprId) -> bool {
        match self.tree.expr(id).kind {
            ExprKind::List(members) => !members.is_empty(),
            ExprKind::Object(fields) => !fields.is_empty(),
            ExprKind::Call { args, .. } => !args.is_empty(),
            ExprKind::ListFor { .. } | ExprKind::MapFor { .. } | ExprKind::Match { .. } => true,
            _ => false,
        }
    }

    fn hug(&mut self, only: Entry) -> Laid {
        self.expect("(")?;
        self.lead(Before::None)?;
        self.arg(only, 1)?;
        self.drop_commas()?;
        self.token(Before::None, ")")
    }

    /// Writes an argument, which is under the cursor.
    fn arg(&mut self, arg: Entry, tail: usize) -> Laid {
        let EntryValue::Set(value) = arg.value else { return Err(Stop::Lost) };
        if arg.key.is_empty() {
            return self.expr(Before::None, value, tail);
        }
        self.key(arg.key)?;
        self.expr(Before::Space, value, tail)
    }

    fn comprehension(
        &mut self,
        open: &'static str,
        close: &'static str,
        pad: &'static str,
        over: u32,
        element: impl FnOnce(&mut Self) -> Laid,
    ) -> Laid {
        let over = *self.tree.loop_head(over).ok_or(Stop::Lost)?;
        if self.flat {
            if !self.hole && self.breaks_after(1) {
                return Err(Stop::TooWide);
            }
            self.expect(open)?;
            self.put(pad)?;
            self.lead(Before::None)?;
            element(self)?;
            self.loop_head(Before::Space, &over)?;
            self.loop_filter(Before::Space, &over)?;
            self.lead(Before::None)?;
            self.put(pad)?;
            return self.expect(close);
        }
        self.framed(open, close, |w| {
            element(w)?;
            let line = Before::Line(w.base);
            w.loop_head(line, &over)?;
            w.loop_filter(line, &over)
        })
    }

    /// Writes `for x in xs`.
    pub(super) fn loop_head(&mut self, before: Before, head: &Loop) -> Laid {
        self.token(before, "for")?;
        self.atom(Before::Space, head.first)?;
        if !head.second.is_empty() {
            self.token(Before::None, ",")?;
            self.atom(Before::Space, head.second)?;
        }
        self.token(Before::Space, "in")?;
        self.expr(Before::Space, head.iterable, INDENT)
    }

    fn loop_filter(&mut self, before: Before, head: &Loop) -> Laid {
        let Some(filter) = head.filter else { return Ok(()) };
        self.token(before, "if")?;
        self.expr(Before::Space, filter, 0)
    }

    fn chain(&mut self, links: List<Link>, tail: usize) -> Laid {
        let tree = self.tree;
        let base = self.base;
        let Some((first, others)) = tree.links(links).split_first() else { return Err(Stop::Lost) };
        self.expr(Before::None, first.operand, 0)?;
        for link in others {
            if self.flat {
                self.token(Before::Space, link.op.text())?;
            } else {
                self.base = base + INDENT;
                self.token(Before::Line(base + INDENT), link.op.text())?;
            }
            self.expr(Before::Space, link.operand, tail)?;
        }
        self.base = base;
        Ok(())
    }

    /// Writes `if … then … else …`; `else if` goes on without a further step to the right.
    fn conditional(&mut self, mut branch: u32, tail: usize) -> Laid {
        let tree = self.tree;
        let base = self.base;
        let step = if self.flat { Before::Space } else { Before::Line(base + INDENT) };
        let inner = if self.flat { base } else { base + INDENT };
        let mut before = Before::None;
        loop {
            let Branch { condition, then, otherwise } = *tree.branch(branch).ok_or(Stop::Lost)?;
            self.base = inner;
            self.token(before, "if")?;
            self.expr(Before::Space, condition, 0)?;
            self.token(step, "then")?;
            self.expr(Before::Space, then, 0)?;
            self.token(step, "else")?;
            if let ExprKind::If(next) = tree.expr(otherwise).kind {
                branch = next;
                before = Before::Space;
                continue;
            }
            self.expr(Before::Space, otherwise, tail)?;
            self.base = base;
            return Ok(());
        }
    }

    fn arm(&mut self, arm: &Arm) -> Laid {
        let pattern = arm.pattern;
        match pattern.kind {
            PatternKind::Any => self.atom(Before::None, pattern.span)?,
            PatternKind::Literal(value) => self.expr(Before::None, value, 0)?,
            PatternKind::Variant { name, bindings } => {
                self.atom(Before::None, name)?;
                if pattern.span.end > name.end {
                    self.bindings(bindings)?;
                }
            }
            PatternKind::Error => return Err(Stop::Lost),
        }
        self.token(Before::Space, "=>")?;
        self.expr(Before::Space, arm.value, 0)
    }

    fn bindings(&mut self, bindings: List<Span>) -> Laid {
        self.token(Before::None, "(")?;
        let tree = self.tree;
        let mut first = true;
        for name in tree.names(bindings) {
            self.drop_commas()?;
            if !first {
                self.put(",")?;
            }
            self.atom(if first { Before::None } else { Before::Space }, *name)?;
            first = false;
        }
        self.drop_commas()?;
        self.token(Before::None, ")")
    }

    fn paren(&mut self, inner: ExprId) -> Laid {
        let hugged = matches!(
            self.tree.expr(inner).kind,
            ExprKind::List(_)
                | ExprKind::Object(_)
                | ExprKind::Call { .. }
                | ExprKind::ListFor { .. }
                | ExprKind::MapFor { .. }
                | ExprKind::Match { .. }
                | ExprKind::Paren(_)
                | ExprKind::Text
                | ExprKind::Template(_)
        );
        if self.flat || hugged {
            self.expect("(")?;
            self.expr(Before::None, inner, 1)?;
            return self.token(Before::None, ")");
        }
        self.framed("(", ")", |w| w.expr(Before::None, inner, 0))
    }

    /// Writes a text with holes. The pieces between the holes say what they said; an expression in a hole goes on one line,
    /// whatever its length, for a hole ends with its line. So there are no comments in it either.
    fn template(&mut self, span: Span, parts: List<ExprId>) -> Laid {
        let start = self.out.len();
        let tree = self.tree;
        let parts = tree.exprs(parts);
        let shift = self.shift(span, parts);
        let (flat, hole) = (self.flat, self.hole);
        self.flat = true;
        self.hole = true;
        let done = self.holes(span, parts, shift);
        self.flat = flat;
        self.hole = hole;
        done?;
        let written = self.out.as_bytes().get(start..).unwrap_or_default();
        if flat && !hole && memchr::memchr(b'\n', written).is_some() {
            return Err(Stop::TooWide);
        }
        Ok(())
    }

    fn holes(&mut self, span: Span, parts: &[ExprId], shift: Option<Shift>) -> Laid {
        let piece = |w: &mut Self, end| match shift {
            Some(shift) => w.moved(end, shift),
            None => w.verbatim(end),
        };
        for id in parts {
            let part = self.tree.expr(*id);
            if part.kind == ExprKind::Piece {
                continue;
            }
            // Where the hole opens: before the expression, less white space.
            let ahead = self.src.get(self.pos..part.span.start as usize).ok_or(Stop::Lost)?.trim_end();
            if !ahead.ends_with("${") {
                return Err(Stop::Lost);
            }
            piece(self, self.pos + ahead.len())?;
            self.expr(Before::None, *id, 0)?;
            self.token(Before::None, "}")?;
        }
        piece(self, span.end as usize)
    }
}
