//! Operators: what they work on and what comes out.

use crate::checker::{Checker, Typed};
use crate::diagnostic::{Fix, codes};
use crate::infer::fit::Fits;
use crate::types::{Level, Ty, TyData};
use oal_syntax::Span;
use oal_syntax::ast::{ExprId, ExprKind, Link, List, Op};

impl Checker<'_> {
    pub(crate) fn chain(&mut self, list: List<Link>, want: Option<Ty>) -> Typed {
        let tree = self.at.tree;
        let links = tree.links(list);
        match links.get(1).map(|link| link.op) {
            Some(Op::Coalesce) => self.coalesce(links, want),
            Some(Op::Or | Op::And) => {
                let level = links.iter().fold(Level::Const, |level, link| {
                    let typed = self.infer(link.operand, Some(Ty::BOOL));
                    let word = links.get(1).map_or("", |link| link.op.text());
                    self.expect_operand(link.operand, typed, Ty::BOOL, word);
                    level.max(typed.level)
                });
                Typed { ty: Ty::BOOL, level }
            }
            // What is compared is not what the place takes.
            Some(Op::Equal | Op::NotEqual | Op::Less | Op::LessEqual | Op::Greater | Op::GreaterEqual | Op::In) => {
                let sink = std::mem::take(&mut self.at.sink);
                let within = matches!(links.get(1).map(|link| link.op), Some(Op::In));
                let typed = if within { self.contains(links) } else { self.compare(links) };
                self.at.sink = sink;
                typed
            }
            Some(_) => self.arithmetic(links, want),
            None => Typed::UNKNOWN,
        }
    }

    /// An operand of an operator that works on one type only.
    pub(crate) fn expect_operand(&mut self, expr: ExprId, typed: Typed, want: Ty, operator: &str) {
        let (inner, optional) = self.program.types.split_optional(typed.ty);
        if self.fits(inner, want) == Fits::Never || optional {
            let (shown, wanted) = (self.show(typed.ty), self.show(want));
            let span = self.at.tree.expr(expr).span;
            self.push(
                self.finding(&codes::WRONG_OPERAND, span, format!("`{operator}` works on {wanted}, not on {shown}"))
                    .label(format!("this is {shown}"))
                    .help(if want == Ty::BOOL {
                        "compare it with something to get a `Bool`"
                    } else {
                        "use a value of that type"
                    }),
            );
        }
    }

    fn coalesce(&mut self, links: &[Link], want: Option<Ty>) -> Typed {
        let mut parts: Vec<(ExprId, Typed)> = Vec::with_capacity(links.len());
        let mut level = Level::Const;
        let mut hint = want;
        for (at, link) in links.iter().enumerate() {
            let last = at + 1 == links.len();
            // All but the last may be null, whatever the place takes.
            let takes = if last { hint } else { hint.map(|hint| self.program.types.optional(hint)) };
            let typed = self.infer(link.operand, takes);
            level = level.max(typed.level);
            let (inner, optional) = self.program.types.split_optional(typed.ty);
            if !last {
                if !optional && typed.ty != Ty::UNKNOWN && typed.ty != Ty::NULL && !self.may_be_absent(link.operand) {
                    let next = links.get(at + 1).map_or(link.at, |next| next.at);
                    let end = links.last().map_or(next, |link| self.at.tree.expr(link.operand).span.end);
                    let span = self.at.tree.expr(link.operand).span;
                    self.push(
                        self.finding(
                            &codes::NEEDLESS_FALLBACK,
                            Span::new(next, next + 2),
                            format!("`{}` is never null", self.text(span)),
                        )
                        .label("what follows is never taken")
                        .help("remove the fallback")
                        .fix(Fix::sure(
                            "remove the fallback",
                            self.at.file,
                            Span::new(span.end, end),
                            "",
                        )),
                    );
                }
                parts.push((
                    link.operand,
                    Typed { ty: if typed.ty == Ty::NULL { Ty::UNKNOWN } else { inner }, level: typed.level },
                ));
                hint = hint.or_else(|| self.hint_of(inner));
            } else {
                parts.push((link.operand, typed));
            }
        }
        let want = want.filter(|want| !self.has_unknown(*want));
        let joined = self.join(&parts, want, &codes::BRANCH_MISMATCH, "sides of `??`");
        Typed { ty: joined.ty, level }
    }

    /// Whether an expression looks into something by a key that may be missing.
    fn may_be_absent(&self, expr: ExprId) -> bool {
        let ExprKind::Path { first, len, .. } = self.at.tree.expr(expr).kind else { return false };
        self.at
            .tree
            .path_steps(first, len)
            .iter()
            .any(|step| matches!(step.kind, oal_syntax::ast::StepKind::OptionalField))
    }

    pub(crate) fn negate(&mut self, inner: ExprId, want: Option<Ty>) -> Typed {
        let bare = want.map(|want| self.program.types.bare(want));
        let typed = self.infer(inner, bare);
        self.fallible = true;
        let bare = self.program.types.bare(typed.ty);
        match self.program.types.data(bare) {
            TyData::Int
            | TyData::Float
            | TyData::Duration
            | TyData::Size
            | TyData::Cpu
            | TyData::Percent
            | TyData::Unknown => Typed { ty: bare, level: typed.level },
            TyData::Port => Typed { ty: Ty::INT, level: typed.level },
            _ => {
                let shown = self.show(typed.ty);
                let span = self.at.tree.expr(inner).span;
                self.push(
                    self.finding(&codes::WRONG_OPERAND, span, format!("`-` works on numbers, not on {shown}"))
                        .label(format!("this is {shown}"))
                        .help("use a number or a quantity"),
                );
                Typed::UNKNOWN
            }
        }
    }

    /// `image: ghcr.io/acme/api`, `restart: unless-stopped`: what is no calculation but a word without quotes. No operator gives a text
    /// or a variant, so nothing else can be meant.
    fn unquoted(&mut self, links: &[Link], want: Option<Ty>) -> bool {
        let (Some(first), Some(last), Some(want)) = (links.first(), links.last(), want) else { return false };
        let bare = self.program.types.bare(want);
        let text = matches!(self.program.types.data(bare), TyData::String | TyData::Text(_));
        let variants = self.variants_of(bare);
        let tree = self.at.tree;
        let span = tree.expr(first.operand).span.cover(tree.expr(last.operand).span);
        let word = self.text(span);
        let name = |link: &Link| match tree.expr(link.operand).kind {
            ExprKind::Name => !self.is_value(self.text(tree.expr(link.operand).span)),
            ExprKind::Path { head, .. } => !self.is_value(self.text(tree.expr(head).span)),
            _ => false,
        };
        if !text && variants.is_empty() || word.contains(char::is_whitespace) || !name(first) {
            return false;
        }
        let (what, shown) = (self.at.sink.describe(), self.show_plain(want));
        let diagnostic = if text {
            self.finding(&codes::UNKNOWN_NAME, span, format!("the text `{word}` has no quotes"))
                .label(format!("{what} takes {shown}"))
                .help("without quotes this is a calculation with names")
                .fix(Fix::sure("put it into quotes", self.at.file, span, format!("\"{word}\"")))
        } else {
            let joined = word.replace('-', "_");
            let diagnostic = self
                .finding(&codes::UNKNOWN_VARIANT, span, format!("{shown} has no variant `{word}`"))
                .label(format!("{what} takes {shown}"));
            let same = variants.iter().find(|variant| **variant == joined).map(String::as_str);
            match same.or_else(|| crate::suggest::closest(&joined, variants.iter().map(String::as_str))) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(Fix::maybe(
                    format!("write `{near}`"),
                    self.at.file,
                    span,
                    near,
                )),
                None => diagnostic.help(format!("its values are `{}`", variants.join("`, `"))),
            }
        };
        self.push(diagnostic);
        true
    }

    fn arithmetic(&mut self, links: &[Link], want: Option<Ty>) -> Typed {
        self.fallible = true;
        if self.unquoted(links, want) {
            return Typed::UNKNOWN;
        }
        let Some(first) = links.first() else { return Typed::UNKNOWN };
        // What the place takes says nothing about the parts: `cpu: 2 * x` does not make `2` cores, `7 / 2` is 3 even for a `Float`.
        let start = self.infer(first.operand, None);
        let mut level = start.level;
        let mut left = self.operand_type(first.operand, start);
        for link in links.iter().skip(1) {
            let typed = self.infer(link.operand, None);
            level = level.max(typed.level);
            let right = self.operand_type(link.operand, typed);
            left = self.combine(link, left, right, first.operand);
        }
        Typed { ty: left, level }
    }

    fn operand_type(&mut self, expr: ExprId, typed: Typed) -> Ty {
        if self.program.types.split_optional(typed.ty).1 || typed.ty == Ty::NULL {
            let span = self.at.tree.expr(expr).span;
            self.push(
                self.finding(&codes::NULL_NOT_HANDLED, span, "this may be null, and one cannot compute with null")
                    .label("may be null")
                    .help("say what to take instead: `(… ?? 0)`"),
            );
        }
        let bare = self.program.types.bare(typed.ty);
        if bare == Ty::PORT { Ty::INT } else { bare }
    }

    fn combine(&mut self, link: &Link, left: Ty, right: Ty, first: ExprId) -> Ty {
        use TyData::{Cpu, Duration, Float, Int, Percent, Size, String, Text, Unknown};
        let (a, b) = (*self.program.types.data(left), *self.program.types.data(right));
        let quantity = |data: &TyData| matches!(data, Duration | Size | Cpu);
        let at = Span::new(link.at, link.at + u32::try_from(link.op.text().len()).unwrap_or(1));
        let result = match (link.op, &a, &b) {
            (_, Unknown, _) | (_, _, Unknown) => Some(Ty::UNKNOWN),
            (_, Int, Int) => Some(Ty::INT),
            (_, Float, Float | Int) | (_, Int, Float) => Some(Ty::FLOAT),
            (Op::Add | Op::Subtract | Op::Remainder, x, y) if x == y && (quantity(x) || *x == Percent) => Some(left),
            (Op::Add | Op::Subtract, Cpu, Int | Float) | (Op::Add | Op::Subtract, Int | Float, Cpu) => Some(Ty::CPU),
            (Op::Multiply | Op::Divide, x, Int | Float) if quantity(x) || *x == Percent => Some(left),
            (Op::Multiply, Int | Float, y) if quantity(y) || *y == Percent => Some(right),
            (Op::Multiply, x, Percent) if quantity(x) => Some(left),
            (Op::Multiply, Percent, y) if quantity(y) => Some(right),
            (Op::Divide, x, y) if x == y && (quantity(x) || *x == Percent) => Some(Ty::INT),
            _ => None,
        };
        if let Some(result) = result {
            return result;
        }
        let (left_shown, right_shown) = (self.show(left), self.show(right));
        let span = self.at.tree.expr(first).span.cover(self.at.tree.expr(link.operand).span);
        let both_numbers = |data: &TyData| matches!(data, Int | Float | Duration | Size | Cpu | Percent);
        let diagnostic = if matches!((&a, &b), (String | Text(_), _) | (_, String | Text(_))) && link.op == Op::Add {
            self.finding(&codes::TEXT_ADDITION, at, "texts are not joined with `+`")
                .label(format!("{left_shown} `+` {right_shown}"))
                .help("put the parts into one text: `\"${a}${b}\"`")
                .fix(self.joined_text(links_text(self.at.source, self.at.tree, first, link.operand), span))
        } else if both_numbers(&a) && both_numbers(&b) {
            self.finding(
                &codes::MIXED_DIMENSIONS,
                at,
                format!("{left_shown} and {right_shown} do not mix in `{}`", link.op.text()),
            )
            .label(format!("{left_shown} `{}` {right_shown}", link.op.text()))
            .help(match link.op {
                Op::Add | Op::Subtract | Op::Remainder => "add and subtract values of one dimension only",
                Op::Multiply => "multiply a quantity by a plain number",
                _ => "divide a quantity by a plain number, or by one of its own dimension",
            })
        } else {
            let wrong = if both_numbers(&a) { link.operand } else { first };
            let shown = if both_numbers(&a) { right_shown } else { left_shown };
            let place = self.at.tree.expr(wrong).span;
            self.finding(&codes::WRONG_OPERAND, place, format!("`{}` works on numbers, not on {shown}", link.op.text()))
                .label(format!("this is {shown}"))
                .help("use numbers or quantities")
        };
        self.push(diagnostic);
        Ty::UNKNOWN
    }

    fn joined_text(&self, parts: Option<(String, String)>, span: Span) -> Fix {
        match parts {
            Some((a, b)) => {
                let inside = |text: &str| match text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) {
                    Some(inner) => inner.to_owned(),
                    None => format!("${{{text}}}"),
                };
                let joined = format!("\"{}{}\"", inside(&a), inside(&b));
                Fix::maybe(format!("write `{joined}`"), self.at.file, span, joined)
            }
            None => Fix::sketch("write one text", self.at.file, span, "\"${…}${…}\""),
        }
    }
}

fn links_text(source: &str, tree: &oal_syntax::ast::Tree, first: ExprId, second: ExprId) -> Option<(String, String)> {
    let (a, b) = (tree.expr(first).span.text(source), tree.expr(second).span.text(source));
    (!a.starts_with("\"\"\"") && !b.starts_with("\"\"\"")).then(|| (a.to_owned(), b.to_owned()))
}
