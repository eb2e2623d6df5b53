//! Paths: what comes behind a dot or between brackets.

use crate::checker::{Checker, Typed};
use crate::diagnostic::{Fix, codes};
use crate::program::{DefKind, KindId, Res};
use crate::resolve::Found;
use crate::types::{Level, Ty, TyData};
use oal_syntax::Span;
use oal_syntax::ast::{ExprId, ExprKind, Guard, ItemKind, StepKind};

impl Checker<'_> {
    pub(crate) fn path(&mut self, head: ExprId, first: u32, len: u16, want: Option<Ty>) -> Typed {
        let tree = self.at.tree;
        let steps = tree.path_steps(first, len);
        let head_node = tree.expr(head);
        let mut at = 0_usize;
        let mut typed = if let ExprKind::Name = head_node.kind {
            let name = self.text(head_node.span);
            let local = self.locals.iter().any(|local| local.name == name);
            match self.find_in(self.at.file, name) {
                Found::Namespace(_) if !local => {
                    self.resolve_expr(head, Res::Namespace);
                    at = 1;
                    let Some(step) = steps.first().filter(|step| step.kind == StepKind::Field) else {
                        return Typed::UNKNOWN;
                    };
                    let span = head_node.span.cover(step.span);
                    match self.find_through(name, self.text(step.name()), span) {
                        Found::Def(def) => {
                            let typed = self.def_value(head, def, span);
                            self.resolve_expr(head, Res::Namespace);
                            self.resolve_step(first as usize, Res::Def(def));
                            self.record_step(first as usize, typed);
                            typed
                        }
                        _ => return Typed::UNKNOWN,
                    }
                }
                _ => {
                    let typed = self.name_raw(head, head_node.span, None);
                    self.record(head, typed, None);
                    typed
                }
            }
        } else {
            self.infer(head, None)
        };
        let mut short_circuit = false;
        for (offset, step) in steps.iter().enumerate().skip(at) {
            let last = offset + 1 == steps.len();
            let index = first as usize + offset;
            let (inner, optional) = self.program.types.split_optional(typed.ty);
            let before = Span::new(head_node.span.start, step.span.start);
            if optional {
                if step.kind == StepKind::OptionalField {
                    short_circuit = true;
                } else {
                    let shown = self.show(inner);
                    let mut diagnostic = self
                        .finding(&codes::NULL_NOT_HANDLED, step.span, format!("`{}` may be null", self.text(before)))
                        .label("looks into it")
                        .note(format!("it is {shown} or null"))
                        .help("write `?.` to get null where it is null, and `??` to say what to take instead");
                    if step.kind == StepKind::Field {
                        diagnostic = diagnostic.fix(Fix::maybe(
                            "write `?.`",
                            self.at.file,
                            Span::new(step.span.start, step.span.start + 1),
                            "?.",
                        ));
                    }
                    self.push(diagnostic);
                }
                typed.ty = inner;
            } else if step.kind == StepKind::OptionalField && typed.ty != Ty::UNKNOWN && !short_circuit {
                self.push(
                    self.finding(
                        &codes::NEEDLESS_FALLBACK,
                        Span::new(step.span.start, step.span.start + 2),
                        format!("`{}` is never null", self.text(before)),
                    )
                    .label("nothing to guard against")
                    .help("write `.`")
                    .fix(Fix::sure(
                        "write `.`",
                        self.at.file,
                        Span::new(step.span.start, step.span.start + 2),
                        ".",
                    )),
                );
            }
            typed = match step.kind {
                StepKind::Field | StepKind::OptionalField => {
                    self.field_step(typed, step.name(), index, before, want.filter(|_| last))
                }
                StepKind::Index(key) => self.index_step(head, offset == 0, typed, key, step.span, index, before),
            };
            self.record_step(index, typed);
        }
        if short_circuit {
            typed.ty = self.program.types.optional(typed.ty);
        }
        self.secret_value(typed, want)
    }

    fn field_step(&mut self, base: Typed, name: Span, index: usize, before: Span, want: Option<Ty>) -> Typed {
        let word = self.text(name);
        let bare = self.program.types.bare(base.ty);
        match *self.program.types.data(bare) {
            TyData::Unknown => Typed::UNKNOWN,
            TyData::Kind(kind) => self.component_step(kind, name, word, index, before, want),
            TyData::Record(number) => {
                let member = self
                    .program
                    .types
                    .record(number)
                    .and_then(|record| record.fields.iter().find(|member| &*member.name == word))
                    .map(|member| member.ty);
                if let Some(ty) = member {
                    self.resolve_step(index, Res::Member);
                    let (ty, level) = self.program.types.split_level(ty);
                    return Typed { ty, level: level.max(base.level) };
                }
                let names: Vec<String> = self
                    .program
                    .types
                    .record(number)
                    .map(|r| r.fields.iter().map(|f| f.name.to_string()).collect())
                    .unwrap_or_default();
                self.report_member(name, word, before, &names);
                Typed::UNKNOWN
            }
            TyData::Map(_, value) => {
                if matches!(self.program.types.data(value), TyData::Kind(_)) {
                    self.push(
                        self.finding(
                            &codes::MISSING_INSTANCE_KEY,
                            before,
                            format!("`{}` is several components: which one?", self.text(before)),
                        )
                        .label("repeated with `for`")
                        .help(self.name_one(value, self.text(before), word)),
                    );
                    return Typed::UNKNOWN;
                }
                self.resolve_step(index, Res::Member);
                self.fallible = true;
                let (ty, level) = self.program.types.split_level(value);
                Typed { ty, level: level.max(base.level) }
            }
            _ => {
                let shown = self.show(base.ty);
                self.push(
                    self.finding(&codes::UNKNOWN_MEMBER, name, format!("{shown} has no parts"))
                        .label(format!("`{}` is {shown}", self.text(before)))
                        .help("only components, records and maps have parts behind a dot"),
                );
                Typed::UNKNOWN
            }
        }
    }

    /// How to name one of several components: by what stands behind the dot, where that is no part of them.
    fn name_one(&self, of: Ty, before: &str, word: &str) -> String {
        let TyData::Kind(kind) = *self.program.types.data(of) else { return String::new() };
        let part = self.program.kind(kind).is_none_or(|info| {
            info.field_index.contains_key(word)
                || info.outputs.iter().any(|output| &*output.name == word)
                || info.nested.iter().any(|nested| &*nested.name == word)
        });
        if part {
            format!("name one by its key: `{before}[\"…\"].{word}`")
        } else {
            format!("its key stands in brackets: `{before}[\"{word}\"]`")
        }
    }

    fn component_step(
        &mut self,
        kind: KindId,
        name: Span,
        word: &str,
        index: usize,
        before: Span,
        want: Option<Ty>,
    ) -> Typed {
        self.complete(kind);
        let Some(info) = self.program.kind(kind) else { return Typed::UNKNOWN };
        let wants_port = want.is_some_and(|want| self.program.types.bare(want) == Ty::ENDPOINT);
        if let Some(slot) = info.field_index.get(word).copied().filter(|_| !wants_port) {
            let ty = info.fields.get(usize::from(slot)).map_or(Ty::UNKNOWN, |field| field.ty);
            self.resolve_step(index, Res::Field(u32::from(slot)));
            // It may lead back to the value at hand.
            self.fallible = true;
            let (ty, level) = self.program.types.split_level(ty);
            // What a field holds may differ from what its type says; who needs more than the type looks at the value.
            return Typed { ty, level };
        }
        if let Some(at) = info.outputs.iter().position(|output| &*output.name == word).filter(|_| !wants_port) {
            let ty = info.outputs.get(at).map_or(Ty::UNKNOWN, |output| output.ty);
            self.resolve_step(index, Res::Output(u32::try_from(at).unwrap_or(0)));
            let (ty, level) = self.program.types.split_level(ty);
            return Typed { ty, level };
        }
        if let Some(at) = info.nested.iter().position(|nested| &*nested.name == word) {
            let nested = info.nested.get(at).cloned();
            self.resolve_step(index, Res::Nested(u32::try_from(at).unwrap_or(0)));
            return nested.map_or(Typed::UNKNOWN, |n| self.component_type(n.of, n.item.file, n.item.item));
        }
        let has_ports = info.field_index.contains_key("ports");
        if has_ports && (wants_port || self.names_a_port(before, word)) {
            self.resolve_step(index, Res::Port);
            self.fallible = true;
            return Typed::constant(Ty::ENDPOINT);
        }
        let names: Vec<String> = info
            .outputs
            .iter()
            .map(|o| o.name.to_string())
            .chain(info.fields.iter().map(|f| f.name.to_string()))
            .chain(info.nested.iter().map(|n| n.name.to_string()))
            .collect();
        let outputs: Vec<String> = info.outputs.iter().map(|o| format!("`{}`", o.name)).collect();
        let kind_name = info.name.to_string();
        let mut diagnostic = self
            .finding(
                &codes::UNKNOWN_MEMBER,
                name,
                format!("{kind_name} `{}` has no field or output `{word}`", self.text(before)),
            )
            .label("unknown field or output");
        diagnostic = match crate::suggest::closest(word, names.iter().map(String::as_str)) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(Fix::maybe(
                format!("write `{near}`"),
                self.at.file,
                name,
                near,
            )),
            None if kind_name == "secret" => {
                diagnostic.help(format!("the secret itself is the value: write `{}`", self.text(before)))
            }
            None if outputs.is_empty() => diagnostic.help(format!("a {kind_name} has no outputs, only fields")),
            None => diagnostic.help(format!("its outputs are {}", outputs.join(", "))),
        };
        self.push(diagnostic);
        Typed::UNKNOWN
    }

    /// Whether the component that `before` names writes out a port of this name.
    fn names_a_port(&self, before: Span, word: &str) -> bool {
        let Found::Def(def) = self.find_in(self.at.file, self.text(before)) else { return false };
        let Some(info) = self.program.def(def).filter(|info| info.kind == DefKind::Component) else { return false };
        let file = self.project.file(info.item.file);
        let tree = &file.parse.tree;
        let ItemKind::Component { body, .. } = tree.item(info.item.item).kind else { return false };
        tree.entries(body.entries).iter().any(|entry| {
            entry.key.text(&file.text) == "ports"
                && matches!(entry.value, oal_syntax::ast::EntryValue::Set(value)
                    if matches!(tree.expr(value).kind, ExprKind::Object(list)
                        if tree.entries(list).iter().any(|port| port.key.text(&file.text) == word)))
        })
    }

    fn report_member(&mut self, name: Span, word: &str, before: Span, names: &[String]) {
        let mut diagnostic = self
            .finding(&codes::UNKNOWN_MEMBER, name, format!("`{}` has no part `{word}`", self.text(before)))
            .label("unknown part");
        diagnostic = match crate::suggest::closest(word, names.iter().map(String::as_str)) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(Fix::maybe(
                format!("write `{near}`"),
                self.at.file,
                name,
                near,
            )),
            None => diagnostic.help(format!("its parts are `{}`", names.join("`, `"))),
        };
        self.push(diagnostic);
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one step")]
    fn index_step(
        &mut self,
        head: ExprId,
        at_head: bool,
        base: Typed,
        key: ExprId,
        span: Span,
        index: usize,
        before: Span,
    ) -> Typed {
        let bare = self.program.types.bare(base.ty);
        self.fallible = true;
        let (want, ty) = match *self.program.types.data(bare) {
            TyData::List(element) => (Ty::INT, element),
            TyData::Map(key, value) => (key, value),
            TyData::Record(number) if self.program.types.record(number).is_some_and(|record| record.name.is_none()) => {
                // An object that was written down without a type is looked into as a map.
                let fields: Vec<Ty> = self
                    .program
                    .types
                    .record(number)
                    .map(|record| record.fields.iter().map(|field| field.ty).collect())
                    .unwrap_or_default();
                let mut common = Ty::UNKNOWN;
                for field in fields {
                    common = self.common(common, field).unwrap_or(Ty::UNKNOWN);
                }
                (Ty::STRING, common)
            }
            TyData::Unknown => {
                self.infer(key, None);
                return Typed::UNKNOWN;
            }
            other => {
                self.infer(key, None);
                let shown = self.show(base.ty);
                let single = matches!(other, TyData::Kind(_)) && at_head && !self.is_repeated(head);
                let diagnostic = if single {
                    self.finding(
                        &codes::NOT_REPEATED,
                        span,
                        format!("`{}` is one component, not several", self.text(before)),
                    )
                    .label("an index into a single component")
                    .help("only components with `for` have keys; leave the brackets out")
                } else {
                    self.finding(&codes::NOT_INDEXABLE, span, format!("{shown} has no elements"))
                        .label(format!("`{}` is {shown}", self.text(before)))
                        .help("lists take a number in brackets, maps a key")
                };
                self.push(diagnostic);
                return Typed::UNKNOWN;
            }
        };
        let typed = self.infer(key, Some(want));
        let fits = self.fits(typed.ty, want) != crate::infer::fit::Fits::Never;
        if fits {
            self.resolve_step(index, Res::Member);
        } else {
            let (shown, wanted) = (self.show(typed.ty), self.show(want));
            let place = self.at.tree.expr(key).span;
            self.push(
                self.finding(&codes::WRONG_INDEX_TYPE, place, format!("the index is {shown}, and {wanted} is needed"))
                    .label(format!("`{}` is {}", self.text(before), self.show(base.ty)))
                    .help(if want == Ty::INT && typed.ty == Ty::RANGE {
                        "a part of a list is a comprehension: `[x for i, x in xs if i < 3]`"
                    } else if want == Ty::INT {
                        "elements of a list are counted from 0"
                    } else {
                        "name one of the keys"
                    }),
            );
        }
        self.refuse_level(key, typed.level, Level::Const, crate::infer::levels::Place::Key);
        if !fits {
            return Typed::UNKNOWN;
        }
        let (ty, level) = self.program.types.split_level(ty);
        Typed { ty, level: level.max(base.level) }
    }

    /// Whether an expression names a component that is repeated with `for`.
    pub(crate) fn is_repeated(&self, expr: ExprId) -> bool {
        let Res::Def(def) = self.program.res(self.at.file, expr) else { return false };
        let Some(info) = self.program.def(def) else { return false };
        matches!(
            self.project.file(info.item.file).parse.tree.item(info.item.item).kind,
            ItemKind::Component { guard: Guard::For(_), .. }
        )
    }
}
