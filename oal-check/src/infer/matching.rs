//! `match`: every case has an arm, no arm is in vain.

use crate::checker::{Checker, Local, Typed};
use crate::diagnostic::{Fix, codes};
use crate::infer::levels::Place;
use crate::types::{Level, Ty, TyData, UnionInfo};
use oal_syntax::Span;
use oal_syntax::ast::{Arm, ExprId, ExprKind, List, PatternKind};

/// What the arms have covered so far.
#[derive(Default)]
struct Covered {
    names: Vec<(String, Span)>,
    null: Option<Span>,
    rest: Option<Span>,
    /// A pattern that is wrong may have been meant for any case.
    unsure: bool,
}

impl<'p> Checker<'p> {
    pub(crate) fn matching(&mut self, id: ExprId, subject: ExprId, first: u32, len: u16, want: Option<Ty>) -> Typed {
        let tree = self.at.tree;
        let looked_at = self.infer(subject, None);
        self.refuse_level(subject, looked_at.level, Level::Const, Place::Condition);
        let (inner, optional) = self.program.types.split_optional(looked_at.ty);
        let bare = self.program.types.bare(inner);
        let union = match *self.program.types.data(bare) {
            TyData::Union(number) => self.program.types.union(number).cloned(),
            _ => None,
        };
        let matchable = union.is_some()
            || matches!(
                self.program.types.data(bare),
                TyData::Environment
                    | TyData::Bool
                    | TyData::Int
                    | TyData::String
                    | TyData::Text(_)
                    | TyData::Port
                    | TyData::Unknown
            );
        if !matchable {
            let shown = self.show(looked_at.ty);
            let span = tree.expr(subject).span;
            self.push(
                self.finding(&codes::NOT_MATCHABLE, span, format!("{shown} has no cases to tell apart"))
                    .label(format!("this is {shown}"))
                    .help("match variants, environments, texts, integers or booleans"),
            );
        }
        let mut covered = Covered::default();
        let mut parts = Vec::new();
        let mut hint = want;
        for arm in tree.match_arms(first, len) {
            let depth = self.locals.len();
            if matchable {
                self.pattern(arm, bare, union.as_deref(), optional, &mut covered);
            }
            let typed = self.infer(arm.value, hint);
            self.locals.truncate(depth);
            parts.push((arm.value, typed));
            hint = hint.or_else(|| self.hint_of(typed.ty));
        }
        if matchable && bare != Ty::UNKNOWN {
            self.require_all((id, hint), subject, bare, union.as_deref(), optional, &covered);
        }
        self.join(&parts, want, &codes::BRANCH_MISMATCH, "arms")
    }

    fn pattern(&mut self, arm: &Arm, ty: Ty, union: Option<&UnionInfo>, optional: bool, covered: &mut Covered) {
        let span = arm.pattern.span;
        if let Some(rest) = covered.rest {
            self.push(
                self.finding(&codes::UNREACHABLE_ARM, span, "this arm is never chosen")
                    .label("everything is taken before it")
                    .secondary(self.at.file, rest, "by this one")
                    .help("put it before `_`, or remove it"),
            );
        }
        match arm.pattern.kind {
            PatternKind::Error => covered.unsure = true,
            PatternKind::Any => covered.rest = covered.rest.or(Some(span)),
            PatternKind::Literal(expr) => self.literal_pattern(expr, ty, optional, covered),
            PatternKind::Variant { name, bindings } => self.variant_pattern(name, bindings, ty, union, covered),
        }
    }

    fn literal_pattern(&mut self, expr: ExprId, ty: Ty, optional: bool, covered: &mut Covered) {
        let node = self.at.tree.expr(expr);
        if let ExprKind::Null = node.kind {
            if !optional && ty != Ty::UNKNOWN {
                self.push(
                    self.finding(&codes::UNREACHABLE_ARM, node.span, "this arm is never chosen")
                        .label("the value is never null")
                        .help("remove it"),
                );
            } else if let Some(first) = covered.null.replace(node.span) {
                self.report_second(node.span, "null", first);
            }
            return;
        }
        let sink = std::mem::take(&mut self.at.sink);
        let typed = self.infer(expr, Some(ty));
        let never = self.fits(typed.ty, ty) == crate::infer::fit::Fits::Never;
        if never {
            covered.unsure = true;
            self.report_mismatch(expr, typed.ty, ty);
        }
        self.at.sink = sink;
        if never {
            return;
        }
        let word = self.text(node.span);
        self.cover(word, node.span, covered);
    }

    fn cover(&mut self, word: &str, span: Span, covered: &mut Covered) {
        match covered.names.iter().find(|(name, _)| name == word).map(|(_, first)| *first) {
            Some(first) => self.report_second(span, word, first),
            None => covered.names.push((word.to_owned(), span)),
        }
    }

    fn report_second(&mut self, span: Span, word: &str, first: Span) {
        self.push(
            self.finding(&codes::UNREACHABLE_ARM, span, format!("`{word}` has an arm already"))
                .label("never chosen")
                .secondary(self.at.file, first, "the first one")
                .help("remove one of them"),
        );
    }

    fn variant_pattern(
        &mut self,
        name: Span,
        bindings: List<Span>,
        ty: Ty,
        union: Option<&UnionInfo>,
        covered: &mut Covered,
    ) {
        let word = self.text(name);
        let tree = self.at.tree;
        let fields = match (union, self.program.types.data(ty)) {
            (Some(union), _) => match union.variants.iter().find(|variant| &*variant.name == word) {
                Some(variant) => variant.fields.clone(),
                None => {
                    let names: Vec<&str> = union.variants.iter().map(|v| &*v.name).collect();
                    covered.unsure = true;
                    self.report_no_case(name, word, ty, &names);
                    self.bind_unknown(bindings);
                    return;
                }
            },
            (None, TyData::Environment) => {
                if !self.program.environments.iter().any(|e| &*e.name == word) {
                    let names = self.variants_of(ty);
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    covered.unsure = true;
                    self.report_no_case(name, word, ty, &names);
                    return;
                }
                Vec::new()
            }
            (None, TyData::Unknown) => {
                self.bind_unknown(bindings);
                return;
            }
            _ => {
                covered.unsure = true;
                let shown = self.show(ty);
                self.push(
                    self.finding(&codes::UNKNOWN_VARIANT, name, format!("{shown} has no variant `{word}`"))
                        .label("a name can only stand for a variant")
                        .help("write a literal, or `_` for everything else"),
                );
                self.bind_unknown(bindings);
                return;
            }
        };
        self.cover(word, name, covered);
        let given = tree.names(bindings);
        if !given.is_empty() && given.len() != fields.len() {
            let count = fields.len();
            let names: Vec<&str> = fields.iter().map(|field| &*field.name).collect();
            let mut diagnostic = self
                .finding(
                    &codes::WRONG_PATTERN_COUNT,
                    name,
                    format!(
                        "variant `{word}` has {count} {}, and {} {} bound",
                        if count == 1 { "field" } else { "fields" },
                        given.len(),
                        if given.len() == 1 { "is" } else { "are" }
                    ),
                )
                .label("bound in order");
            diagnostic = if fields.is_empty() {
                diagnostic.help(format!("write `{word}`"))
            } else {
                let shape = format!("{word}({})", names.join(", "));
                diagnostic.help(format!("write `{shape}`, with `_` for what is not needed")).fix(Fix::maybe(
                    format!("write `{shape}`"),
                    self.at.file,
                    name.cover(given.last().copied().unwrap_or(name)),
                    shape.trim_end_matches(')').to_owned(),
                ))
            };
            self.push(diagnostic);
            self.bind_unknown(bindings);
            return;
        }
        for (at, binding) in given.iter().enumerate() {
            let bound = self.text(*binding);
            if bound != "_"
                && let Some(first) = given.iter().take(at).find(|other| self.text(**other) == bound)
            {
                self.push(
                    self.finding(&codes::DUPLICATE_BINDING, *binding, format!("`{bound}` is bound twice"))
                        .label("again here")
                        .secondary(self.at.file, *first, "first here")
                        .help("give the second one another name"),
                );
            }
            let field = fields.get(at).map_or(Ty::UNKNOWN, |field| field.ty);
            let (ty, level) = self.program.types.split_level(field);
            self.locals.push(Local { name: bound, ty, level });
        }
    }

    fn bind_unknown(&mut self, bindings: List<Span>) {
        for binding in self.at.tree.names(bindings) {
            let name = self.text(*binding);
            self.locals.push(Local { name, ty: Ty::UNKNOWN, level: Level::Const });
        }
    }

    fn report_no_case(&mut self, at: Span, word: &str, ty: Ty, names: &[&str]) {
        let (code, title) = if ty == Ty::ENVIRONMENT {
            (&codes::UNKNOWN_ENVIRONMENT, format!("there is no environment `{word}`"))
        } else {
            (&codes::UNKNOWN_VARIANT, format!("{} has no variant `{word}`", self.show(ty)))
        };
        let mut diagnostic = self.finding(code, at, title).label("no such case");
        diagnostic = match crate::suggest::closest(word, names.iter().copied()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(Fix::maybe(
                format!("write `{near}`"),
                self.at.file,
                at,
                near,
            )),
            None if matches!(word, "default" | "else" | "otherwise") => {
                diagnostic.help("all other cases are `_`").fix(Fix::sure("write `_`", self.at.file, at, "_"))
            }
            None => diagnostic.help(format!("its cases are `{}`", names.join("`, `"))),
        };
        self.push(diagnostic);
    }

    fn require_all(
        &mut self,
        (id, want): (ExprId, Option<Ty>),
        subject: ExprId,
        ty: Ty,
        union: Option<&UnionInfo>,
        optional: bool,
        covered: &Covered,
    ) {
        if covered.rest.is_some() || covered.unsure {
            return;
        }
        let mut cases: Vec<String> = match union {
            Some(union) => union
                .variants
                .iter()
                .map(|variant| {
                    let fields: Vec<&str> = variant.fields.iter().map(|field| &*field.name).collect();
                    if fields.is_empty() {
                        variant.name.to_string()
                    } else {
                        format!("{}({})", variant.name, fields.join(", "))
                    }
                })
                .collect(),
            None if ty == Ty::BOOL => vec!["true".to_owned(), "false".to_owned()],
            None if ty == Ty::ENVIRONMENT => self.variants_of(ty),
            None => vec!["_".to_owned()],
        };
        cases.retain(|case| {
            let word = case.split('(').next().unwrap_or(case);
            !covered.names.iter().any(|(name, _)| name == word)
        });
        if optional && covered.null.is_none() {
            cases.push("null".to_owned());
        }
        if cases.is_empty() {
            return;
        }
        let span = self.at.tree.expr(id).span;
        let subject_span = self.at.tree.expr(subject).span;
        let open = cases.iter().any(|case| case == "_");
        let title = if open {
            "the match leaves out all other values".to_owned()
        } else {
            format!("the match leaves out `{}`", cases.join("`, `"))
        };
        let help =
            if open { "write `_ => …` for the rest" } else { "add an arm for each, or `_ => …` for the rest" };
        // After the last arm, in the same line or on lines of their own, as the others stand.
        let inner = self.text(span);
        let inner = inner.strip_suffix('}').unwrap_or(inner);
        let lines = inner.contains('\n');
        let end = Span::empty(span.start + u32::try_from(inner.trim_end().len()).unwrap_or(0));
        let bare = inner.ends_with('{') && !lines;
        let indent: String = inner.lines().last().unwrap_or_default().chars().take_while(|c| *c == ' ').collect();
        let first = inner.trim_end().ends_with(['{', ',']);
        let line_end = if inner.contains("\r\n") { "\r\n" } else { "\n" };
        let value = want.map_or_else(|| "null".to_owned(), |want| self.placeholder(want));
        let arms: String = cases
            .iter()
            .enumerate()
            .map(|(at, case)| match (lines, first && at == 0) {
                (true, _) => format!("{line_end}{indent}  {case} => {value}"),
                (false, true) => format!(" {case} => {value}"),
                (false, false) => format!(", {case} => {value}"),
            })
            .chain(bare.then(|| " ".to_owned()))
            .collect();
        self.push(
            self.finding(&codes::MISSING_ARM, subject_span, title)
                .label("not all cases have an arm")
                .help(help)
                .fix(Fix::sketch("add the missing arms", self.at.file, end, arms)),
        );
    }
}
