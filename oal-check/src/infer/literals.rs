//! Literals: numbers with their dimension, texts with their grammar, templates.

use crate::checker::{Checker, Typed};
use crate::diagnostic::{Diagnostic, Fix, codes};
use crate::program::Res;
use crate::text::{self, ProblemKind, TextType};
use crate::types::{Bound, Level, Refinement, Ty, TyData};
use oal_syntax::Span;
use oal_syntax::ast::{ExprId, ExprKind, ItemKind, List};
use oal_syntax::literal::{self, Number, Pieces};

/// Longest text in a hole that is called short, in bytes.
const SHORT: u32 = 1024;
/// So many short parts and the same length of plain text are no more than a text may be.
const MOST_SHORT: usize = 512;

impl Checker<'_> {
    /// A number, held against the refinements of what its place takes.
    pub(crate) fn number(&mut self, span: Span, want: Option<Ty>) -> Typed {
        let Ok(number) = literal::number(self.text(span)) else { return Typed::UNKNOWN };
        let own = match number {
            Number::Int(_) => Ty::INT,
            Number::Float(_) => Ty::FLOAT,
            Number::Duration(_) => Ty::DURATION,
            Number::Size(_) => Ty::SIZE,
            Number::Cpu(_) => Ty::CPU,
            Number::Percent(_) => Ty::PERCENT,
        };
        let Some(want) = want else { return Typed::constant(own) };
        let (want, _) = self.program.types.split_optional(want);
        let bare = self.program.types.bare(want);
        let value = match (self.program.types.data(bare), number) {
            (TyData::Int, Number::Int(i))
            | (TyData::Duration, Number::Duration(i))
            | (TyData::Size, Number::Size(i))
            | (TyData::Cpu, Number::Cpu(i)) => Bound::Int(i),
            (TyData::Cpu, Number::Int(_) | Number::Float(_)) => {
                match crate::eval::number::cores(&crate::eval::expr::number(self.text(span))) {
                    Some(amount) => Bound::Int(amount),
                    None => {
                        // Too many, which is said where it is worked out.
                        self.fallible = true;
                        return Typed::constant(want);
                    }
                }
            }
            (TyData::Port, Number::Int(i)) => {
                if !(1..=65535).contains(&i) {
                    self.report_port(span, i);
                }
                return Typed::constant(want);
            }
            (TyData::Float, Number::Float(f)) | (TyData::Percent, Number::Percent(f)) => Bound::Float(f.to_bits()),
            #[expect(clippy::cast_precision_loss, reason = "an integer where a float is wanted is that float")]
            (TyData::Float, Number::Int(i)) => Bound::Float((i as f64).to_bits()),
            _ => return Typed::constant(own),
        };
        self.hold_range(span, want, value);
        Typed::constant(want)
    }

    fn report_port(&mut self, span: Span, number: i64) {
        let what = self.at.sink.describe();
        self.push(
            self.finding(&codes::BAD_PORT, span, format!("{number} is no port"))
                .label("ports go from 1 to 65535")
                .note(format!("the value of {what}"))
                .help("choose a number in that range"),
        );
    }

    /// Holds a known number against the ranges of a refined type.
    fn hold_range(&mut self, span: Span, mut ty: Ty, value: Bound) {
        while let TyData::Refined(inner, number) = *self.program.types.data(ty) {
            ty = inner;
            let Some(info) = self.program.types.refinement(number) else { return };
            let Refinement::Range { low, high } = &info.rule else { continue };
            let x = value.as_f64();
            if low.is_none_or(|low| low.as_f64() <= x) && high.is_none_or(|high| x <= high.as_f64()) {
                continue;
            }
            let (text, at) = (info.text.to_string(), info.at);
            let what = self.at.sink.describe();
            let mut diagnostic = self
                .finding(&codes::OUT_OF_RANGE, span, format!("{} is outside `{text}`", self.text(span)))
                .label(format!("{what} takes {text}"))
                .help("choose a value in that range");
            if crate::std::index(at.file).is_none() {
                diagnostic = diagnostic.secondary(at.file, at.span, "the range is set here");
            }
            self.push(diagnostic);
            return;
        }
    }

    /// A text without holes, held against the grammar and the refinements of what its place takes.
    pub(crate) fn text_literal(&mut self, span: Span, want: Option<Ty>) -> Typed {
        let Some(want) = want else {
            self.look_for_secret(span);
            return Typed::constant(Ty::STRING);
        };
        let (want, _) = self.program.types.split_optional(want);
        if !matches!(self.program.types.data(self.program.types.bare(want)), TyData::String | TyData::Text(_)) {
            return Typed::constant(Ty::STRING);
        }
        let mut ty = want;
        loop {
            match *self.program.types.data(ty) {
                TyData::Refined(inner, number) => {
                    self.hold_text(span, number);
                    ty = inner;
                }
                TyData::Optional(inner) | TyData::Leveled(_, inner) => ty = inner,
                TyData::Text(text_type) => {
                    self.check_text_literal(text_type, span);
                    if text_type == TextType::Url {
                        self.look_for_secret(span);
                    }
                    return Typed::constant(want);
                }
                TyData::String => {
                    self.look_for_secret(span);
                    return Typed::constant(want);
                }
                _ => return Typed::constant(Ty::STRING),
            }
        }
    }

    fn hold_text(&mut self, span: Span, refinement: u32) {
        let Some(info) = self.program.types.refinement(refinement) else { return };
        let value = literal::text(self.text(span));
        let (rule, at) = (info.rule.clone(), info.at);
        let what = self.at.sink.describe();
        let diagnostic = match rule {
            Refinement::Matches(pattern) => {
                if text::regex::matches(&pattern, &value).unwrap_or(true) {
                    return;
                }
                self.finding(
                    &codes::PATTERN_NOT_MATCHED,
                    span,
                    format!("{} does not match `{pattern}`", self.text(span)),
                )
                .label(format!("{what} takes only what matches"))
                .help("change the text so that all of it matches")
            }
            Refinement::Range { low, high } => {
                let count = i64::try_from(value.chars().count()).unwrap_or(i64::MAX);
                if let Some(words) = outside(count, low, high) {
                    self.finding(&codes::WRONG_LENGTH, span, format!("a text of {count} characters is too {words}"))
                        .label(format!("{what} takes {} characters", info.text))
                        .help("change its length")
                } else {
                    return;
                }
            }
        };
        let diagnostic = if crate::std::index(at.file).is_none() {
            diagnostic.secondary(at.file, at.span, "the rule is set here")
        } else {
            diagnostic
        };
        self.push(diagnostic);
    }

    /// Validates a quoted text; the finding points at the bad part inside the quotes. Returns whether it is valid.
    pub(crate) fn check_text_literal(&mut self, text_type: TextType, span: Span) -> bool {
        // The prelude's own texts are held by the tests; looking at them again would cost every start.
        if crate::std::index(self.at.file).is_some() && !cfg!(debug_assertions) {
            return true;
        }
        let written = self.text(span);
        let value = literal::text(written);
        let Err(problem) = text::check(text_type, &value) else { return true };
        if problem.kind == ProblemKind::HostWildcard && self.takes_wildcards() {
            return true;
        }
        let pieces = Pieces::text(written);
        let offset = |at: u32| span.start + u32::try_from(pieces.source_offset(at as usize)).unwrap_or(0);
        let place = Span::new(offset(problem.range.start), offset(problem.range.end));
        let place = if place.is_empty() { span } else { place };
        let what = self.at.sink.describe();
        let mut diagnostic: Diagnostic = self
            .finding(code_of(text_type, problem.kind), place, problem.message)
            .label(format!("{what} takes {}", article(text_type)));
        if let Some(help) = problem.help {
            diagnostic = diagnostic.help(help);
        }
        if let Some(fix) = problem.fix
            && place != span
            && written.starts_with('"')
        {
            let title = if fix.is_empty() { "remove it".to_owned() } else { format!("write `{fix}`") };
            diagnostic = diagnostic.fix(Fix::maybe(title, self.at.file, place, fix));
        }
        self.push(diagnostic);
        false
    }

    /// Whether the place is a host of a route, whose first label may be `*`.
    fn takes_wildcards(&self) -> bool {
        let root =
            self.at.component.and_then(|kind| self.program.kind(kind)?.root).and_then(|kind| self.program.kind(kind));
        root.is_some_and(|kind| &*kind.name == "route") && matches!(self.at.sink.name, "host" | "aliases")
    }

    /// A text with holes. It is worked out only where it may become too long; most say a short word or number.
    pub(crate) fn template(&mut self, span: Span, parts: List<ExprId>) -> Typed {
        let tree = self.at.tree;
        let mut level = Level::Const;
        self.fallible |= parts.len() > MOST_SHORT || span.len() as usize > crate::eval::MAX_TEXT / 2;
        for part in tree.exprs(parts) {
            if matches!(tree.expr(*part).kind, ExprKind::Piece) {
                continue;
            }
            let typed = self.infer(*part, None);
            level = level.max(typed.level);
            self.expect_text_form(*part, typed.ty);
            self.fallible = self.fallible || !self.is_short(*part, typed);
        }
        self.look_for_secrets(span, parts);
        Typed { ty: Ty::STRING, level }
    }

    /// Whether what stands in a hole is at most [`SHORT`] long, as far as that is plain to see.
    fn is_short(&self, part: ExprId, typed: Typed) -> bool {
        let types = &self.program.types;
        if !matches!(
            types.data(types.bare(typed.ty)),
            TyData::String
                | TyData::Text(
                    TextType::Url | TextType::HttpPath | TextType::Regex | TextType::Cron | TextType::EnvName
                )
        ) {
            return true;
        }
        match self.at.tree.expr(part).kind {
            // What the platform makes.
            ExprKind::Path { first, len, .. } if typed.level > Level::Const && len > 0 => {
                let last = first as usize + usize::from(len) - 1;
                matches!(self.program.step_res(self.at.file, last), Res::Output(_))
            }
            ExprKind::Name => {
                let Res::Def(def) = self.program.res(self.at.file, part) else { return false };
                let Some(item) = self.program.def(def).map(|info| info.item) else { return false };
                let tree = &self.project.file(item.file).parse.tree;
                let ItemKind::Let { value, .. } = tree.item(item.item).kind else { return false };
                let value = tree.expr(value);
                matches!(value.kind, ExprKind::Text) && value.span.len() <= SHORT
            }
            ExprKind::Text => self.at.tree.expr(part).span.len() <= SHORT,
            _ => false,
        }
    }

    fn expect_text_form(&mut self, part: ExprId, ty: Ty) {
        let (inner, optional) = self.program.types.split_optional(ty);
        let bare = self.program.types.bare(inner);
        let has_form = match self.program.types.data(bare) {
            TyData::Null
            | TyData::Range
            | TyData::List(_)
            | TyData::Map(..)
            | TyData::Record(_)
            | TyData::Kind(_)
            | TyData::Endpoint => false,
            TyData::Union(number) => {
                self.program.types.union(*number).is_none_or(|u| u.variants.iter().all(|v| v.fields.is_empty()))
            }
            _ => true,
        };
        let span = self.at.tree.expr(part).span;
        if !has_form {
            let shown = self.show(ty);
            let help = match self.program.types.data(bare) {
                TyData::Kind(_) => "name one of its outputs or fields, such as `.url` or `.host`",
                TyData::List(_) => "make one text of it: `join(list, \", \")`, or `json(list)`",
                TyData::Map(..) | TyData::Record(_) => "name one of its parts, or write `json(…)`",
                _ => "name a part of it that is a text or a number",
            };
            self.push(
                self.finding(&codes::NOT_INTERPOLATABLE, span, format!("{shown} has no text form"))
                    .label("inside a text")
                    .help(help),
            );
        } else if optional {
            let shown = self.show(inner);
            self.push(
                self.finding(&codes::NULL_NOT_HANDLED, span, "this may be null, and null has no text form")
                    .label(format!("{shown} or null"))
                    .help("say what to write instead: `${x ?? \"…\"}`"),
            );
        }
    }
}

/// Whether a count is outside of a range, and how: "long" or "short".
pub(crate) fn outside(count: i64, low: Option<Bound>, high: Option<Bound>) -> Option<&'static str> {
    let beyond = |bound: Option<Bound>, wrong: fn(i64, i64) -> bool| match bound {
        Some(Bound::Int(bound)) => wrong(count, bound),
        _ => false,
    };
    if beyond(low, |count, low| count < low) {
        Some("short")
    } else if beyond(high, |count, high| count > high) {
        Some("long")
    } else {
        None
    }
}

/// "a host name"
pub(crate) fn article(text_type: TextType) -> String {
    let name = text_type.name();
    // "an HTTP path", "a URL"
    let article = if name.starts_with(['A', 'E', 'I', 'O']) || name.starts_with("Http") { "an" } else { "a" };
    format!("{article} `{name}`")
}

/// The code for a malformed text.
pub(crate) fn code_of(text_type: TextType, kind: ProblemKind) -> &'static crate::diagnostic::Code {
    if kind == ProblemKind::CronNeverFires {
        return &codes::IMPOSSIBLE_SCHEDULE;
    }
    match text_type {
        TextType::Host => &codes::BAD_HOST,
        TextType::Url => &codes::BAD_URL,
        TextType::HttpPath => &codes::BAD_HTTP_PATH,
        TextType::FilePath => &codes::BAD_FILE_PATH,
        TextType::Image => &codes::BAD_IMAGE,
        TextType::Cron => &codes::BAD_CRON,
        TextType::Regex => &codes::BAD_REGEX,
        TextType::Email => &codes::BAD_EMAIL,
        TextType::EnvName => &codes::BAD_ENV_NAME,
        TextType::Digest => &codes::BAD_DIGEST,
        TextType::IpAddr => &codes::BAD_IP_ADDRESS,
    }
}
