//! Levels: a value that is known too late, or that may not be seen, in a place that does not take it, told hop by hop.

use crate::checker::Checker;
use crate::diagnostic::{Code, Diagnostic, codes};
use crate::program::{DefId, DefKind, Res};
use crate::types::{Level, Ty, TyData};
use oal_syntax::ast::{EntryValue, ExprId, ExprKind, ItemKind, StepKind};
use oal_syntax::{FileId, Span};

/// How the docs of a field begin to say what to write in place of a value that is known too late.
const KNOWN: &str = "Known before deployment:";

/// What kind of place refuses a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A field, param, argument.
    Field,
    /// What `if` and `match` look at.
    Condition,
    /// An `assert`.
    Assert,
    /// What decides how many components there are.
    Structure,
    /// A key of a map.
    Key,
}

/// One step on the way of a value, from the place back to the source.
struct Hop {
    file: FileId,
    span: Span,
    words: String,
}

impl<'p> Checker<'p> {
    /// Says that a value may not stand where it stands, if its level is above what is allowed.
    pub(crate) fn refuse_level(&mut self, expr: ExprId, level: Level, allowed: Level, place: Place) {
        if level <= allowed {
            return;
        }
        let span = self.at.tree.expr(expr).span;
        let what = self.at.sink.describe();
        let secret = level == Level::Secret;
        let in_text = matches!(self.at.tree.expr(expr).kind, ExprKind::Template(_));
        let instead = self.instead();
        let (code, title, help): (&'static Code, String, &str) = match (place, secret) {
            (Place::Condition, true) => (
                &codes::SECRET_IN_CONDITION,
                "a decision depends on a secret".to_owned(),
                "what is decided can be seen, and so the secret; decide by a param",
            ),
            (Place::Condition | Place::Structure, false) => (
                &codes::DEPLOY_VALUE_IN_CONDITION,
                "a decision depends on a value known only after deployment".to_owned(),
                "the shape of the application is fixed before it is deployed; decide by a param or a field",
            ),
            (Place::Structure, true) => (
                &codes::SECRET_IN_CONDITION,
                "the number of components depends on a secret".to_owned(),
                "go over values that everybody may see",
            ),
            (Place::Assert, true) => (
                &codes::SECRET_IN_ASSERT,
                "an assert depends on a secret".to_owned(),
                "the checker never sees secrets; say what a secret must look like with `pattern` in its own body",
            ),
            (Place::Assert, false) => (
                &codes::DEPLOY_VALUE_IN_ASSERT,
                "an assert depends on a value known only after deployment".to_owned(),
                "asserts are checked before anything is deployed; assert something about the fields it is made from",
            ),
            (Place::Key, _) => (
                &codes::SECRET_AS_KEY,
                format!("a key is made from a {} value", level.name()),
                "keys are names that everybody may read",
            ),
            (Place::Field, true) => self.exposed(&what, in_text),
            (Place::Field, false) => (
                &codes::DEPLOY_VALUE_FOR_CONST,
                format!("{what} must be known before deployment, and this is known only after"),
                &instead,
            ),
        };
        let mut hops = Vec::new();
        self.trace(expr, level, &mut hops, 0);
        let mut diagnostic: Diagnostic = self.finding(code, span, title).help(help);
        let mut hops = hops.into_iter();
        // The first hop often is the place itself: its words are the label then.
        let first = hops.next();
        diagnostic = match first {
            Some(hop) if hop.file == self.at.file && span.contains(hop.span) => {
                diagnostic.primary.span = hop.span;
                diagnostic.label(hop.words)
            }
            Some(hop) => diagnostic.label(format!("this is {}", level.name())).secondary(hop.file, hop.span, hop.words),
            None => diagnostic.label(format!("this is {}", level.name())),
        };
        for hop in hops {
            diagnostic = diagnostic.secondary(hop.file, hop.span, hop.words);
        }
        self.push(diagnostic);
    }

    /// What to write where only a value will do that is known before deployment. The docs of a field say it, in a paragraph that
    /// begins with [`KNOWN`]; else it goes by what takes such values.
    fn instead(&self) -> String {
        let kind = self.at.component.and_then(|kind| self.program.kind(kind));
        let sink = self.at.sink;
        if sink.what == "argument of" {
            return "functions compute before deployment; pass the value on as it is, through `env` or `files`"
                .to_owned();
        }
        let slot = kind.filter(|_| sink.what == "field").and_then(|kind| kind.field_index.get(sink.name));
        let field = kind.zip(slot).and_then(|(kind, slot)| kind.fields.get(usize::from(*slot)));
        let documented = field.and_then(|field| {
            let docs = crate::query::docs_of(self.project, field.at)?;
            let words = docs.split("\n\n").find_map(|paragraph| paragraph.trim().strip_prefix(KNOWN))?;
            Some(words.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned())
        });
        // A program reads at run time what is only for itself; the rest says what is deployed.
        let own = field.is_none_or(|field| self.is_plain_text(field.ty));
        let runs = kind.is_none_or(|kind| kind.field_index.contains_key("env"));
        documented.unwrap_or_else(|| {
            if own && runs {
                "pass it through `env` or `files`, which take values made by the platform".to_owned()
            } else {
                "write it out, or make it a `param` that each environment sets".to_owned()
            }
        })
    }

    /// Whether a type is that of texts without a grammar, or of lists and maps of them.
    fn is_plain_text(&self, ty: Ty) -> bool {
        match *self.program.types.data(self.program.types.bare(ty)) {
            TyData::String => true,
            TyData::List(inner) | TyData::Map(_, inner) => self.is_plain_text(inner),
            _ => false,
        }
    }

    fn exposed(&self, what: &str, in_text: bool) -> (&'static Code, String, &'static str) {
        match self.at.sink.name {
            "command" | "entrypoint" => (
                &codes::SECRET_IN_COMMAND,
                format!("{what} would show a secret to everybody who lists processes"),
                "pass it through `env` or `files`, and let the program read it there",
            ),
            "build" | "args" => (
                &codes::SECRET_IN_BUILD_ARGUMENT,
                format!("{what} would leave a secret in the image's history"),
                "pass it through `build.secrets`, and let the recipe mount it",
            ),
            _ if in_text => (
                &codes::SECRET_IN_TEXT,
                format!("{what} would show a secret inside a text"),
                "a text with a secret in it is a secret; pass it through `env` or `files`",
            ),
            _ => (
                &codes::SECRET_EXPOSED,
                format!("{what} would show a secret"),
                "pass it through `env` or `files`, which may hold secrets",
            ),
        }
    }

    /// Follows a level back to where it comes from.
    fn trace(&self, expr: ExprId, level: Level, hops: &mut Vec<Hop>, depth: usize) {
        if depth > 8 {
            return;
        }
        let tree = &self.project.file(self.at.file).parse.tree;
        self.trace_in(self.at.file, tree, expr, level, hops, depth);
    }

    fn trace_in(
        &self,
        file: FileId,
        tree: &'p oal_syntax::ast::Tree,
        expr: ExprId,
        level: Level,
        hops: &mut Vec<Hop>,
        depth: usize,
    ) -> bool {
        if depth > 32 {
            return false;
        }
        let node = tree.expr(expr);
        let source = self.project.text(file);
        let into = |this: &Self, id: ExprId, hops: &mut Vec<Hop>| this.trace_in(file, tree, id, level, hops, depth + 1);
        match node.kind {
            ExprKind::Name => match self.program.res(file, expr) {
                Res::Def(def) => self.trace_def(def, file, node.span, level, hops, depth),
                Res::Field(slot) => {
                    let field =
                        self.at.kind.and_then(|k| self.program.kind(k)).and_then(|k| k.fields.get(slot as usize));
                    let Some(field) = field else { return false };
                    if self.program.types.split_level(field.ty).1 < level {
                        return false;
                    }
                    hops.push(Hop {
                        file,
                        span: node.span,
                        words: format!("field `{}` is `{}`", field.name, self.program.show_type(field.ty)),
                    });
                    true
                }
                _ => false,
            },
            ExprKind::Path { head, first, len } => {
                let steps = tree.path_steps(first, len);
                let kind = match self.program.res(file, head) {
                    Res::Def(def) => self.program.def(def).and_then(|info| info.of),
                    _ => None,
                };
                for (at, step) in steps.iter().enumerate() {
                    let word = match step.kind {
                        StepKind::Index(_) => continue,
                        _ => step.name().text(source),
                    };
                    if let Res::Output(index) = self.program.step_res(file, first as usize + at) {
                        let owner = Span::new(node.span.start, step.span.start).text(source);
                        let shown = self.output_type(file, head, index);
                        hops.push(Hop {
                            file,
                            span: node.span,
                            words: format!("output `{word}` of `{owner}` is `{shown}`"),
                        });
                        return true;
                    }
                    if let Res::Field(slot) = self.program.step_res(file, first as usize + at)
                        && let Some(field) = kind
                            .and_then(|kind| self.program.kind(kind))
                            .and_then(|info| info.fields.get(slot as usize))
                    {
                        if self.reaches(field.ty, level) {
                            let words = format!("field `{word}` is `{}`", self.program.show_type(field.ty));
                            hops.push(Hop { file, span: node.span, words });
                            return true;
                        }
                        return false;
                    }
                }
                into(self, head, hops)
            }
            ExprKind::Template(list) | ExprKind::List(list) => {
                tree.exprs(list).iter().any(|part| into(self, *part, hops))
            }
            ExprKind::Object(entries) | ExprKind::Call { args: entries, .. } => {
                tree.entries(entries).iter().any(|entry| match entry.value {
                    EntryValue::Set(value) => into(self, value, hops),
                    _ => false,
                })
            }
            ExprKind::ListFor { element, over } => {
                into(self, element, hops) || tree.loop_head(over).is_some_and(|l| into(self, l.iterable, hops))
            }
            ExprKind::MapFor { pair, over } => {
                tree.pair(pair).is_some_and(|(k, v)| into(self, k, hops) || into(self, v, hops))
                    || tree.loop_head(over).is_some_and(|l| into(self, l.iterable, hops))
            }
            ExprKind::Chain(links) => tree.links(links).iter().any(|link| into(self, link.operand, hops)),
            ExprKind::Not(inner) | ExprKind::Negate(inner) | ExprKind::Paren(inner) => into(self, inner, hops),
            ExprKind::If(branch) => tree.branch(branch).is_some_and(|b| {
                into(self, b.then, hops) || into(self, b.otherwise, hops) || into(self, b.condition, hops)
            }),
            ExprKind::Match { subject, first, len } => {
                tree.match_arms(first, len).iter().any(|arm| into(self, arm.value, hops)) || into(self, subject, hops)
            }
            _ => false,
        }
    }

    /// Whether a type has a part of this level or above.
    fn reaches(&self, ty: Ty, level: Level) -> bool {
        match *self.program.types.data(ty) {
            TyData::Leveled(own, inner) => own >= level || self.reaches(inner, level),
            TyData::List(inner) | TyData::Map(_, inner) | TyData::Optional(inner) | TyData::Refined(inner, _) => {
                self.reaches(inner, level)
            }
            _ => false,
        }
    }

    fn output_type(&self, file: FileId, head: ExprId, index: u32) -> String {
        let kind = match self.program.res(file, head) {
            Res::Def(def) => self.program.def(def).and_then(|d| d.of),
            _ => None,
        };
        kind.and_then(|k| self.program.kind(k))
            .and_then(|k| k.outputs.get(index as usize))
            .map_or_else(|| "known only after deployment".to_owned(), |output| self.program.show_type(output.ty))
    }

    fn trace_def(&self, def: DefId, file: FileId, span: Span, level: Level, hops: &mut Vec<Hop>, depth: usize) -> bool {
        let Some(info) = self.program.def(def) else { return false };
        let name = self.program.def_name(def);
        match info.kind {
            DefKind::Component => {
                let is_secret = info.of.is_some_and(|kind| self.is_secret_kind(kind));
                if is_secret {
                    hops.push(Hop { file, span, words: format!("`{name}` is a secret") });
                }
                is_secret
            }
            DefKind::Let => {
                let Some(ty) = self.program.def_types.get(&def) else { return false };
                if self.program.types.split_level(*ty).1 < level
                    && !matches!(self.program.types.data(*ty), TyData::Map(..) | TyData::List(_))
                {
                    return false;
                }
                let source = self.project.file(info.item.file);
                let ItemKind::Let { value, .. } = source.parse.tree.item(info.item.item).kind else { return false };
                hops.push(Hop { file, span, words: format!("`{name}` is {}", level.name()) });
                self.trace_in(info.item.file, &source.parse.tree, value, level, hops, depth + 1);
                true
            }
            _ => false,
        }
    }

    /// Whether a kind is `secret` or extends it.
    pub(crate) fn is_secret_kind(&self, kind: crate::program::KindId) -> bool {
        self.program
            .kind(kind)
            .and_then(|info| info.root)
            .and_then(|root| self.program.kind(root))
            .is_some_and(|root| &*root.name == "secret")
    }
}
