//! What environments set and unset: which component or param a path means, and whether the value fits.

use crate::checker::{Checker, Sink};
use crate::diagnostic::{Fix, codes};
use crate::program::{DefId, DefKind, ExprRef, KindId, Override, Owner, Target};
use crate::resolve::Found;
use crate::types::{Ty, TyData};
use oal_syntax::Span;
use oal_syntax::ast::{EntryValue, ExprId, Guard, ItemKind};
use oal_syntax::key;
use std::borrow::Cow;

/// One step of a path in an environment.
struct Part<'p> {
    text: Cow<'p, str>,
    span: Span,
    index: bool,
}

impl<'p> Checker<'p> {
    fn parts(&self, path: Span) -> Vec<Part<'p>> {
        let written = self.text(path);
        key::segments(written)
            .map(|segment| Part {
                text: segment.text,
                span: Span::new(path.start + segment.span.start, path.start + segment.span.end),
                index: segment.quoted,
            })
            .collect()
    }

    /// What the environments set and unset. Done after all components have their kinds and before their bodies are checked.
    pub(crate) fn declare_overrides(&mut self) {
        let environments: Vec<_> = self.program.environments.iter().map(|e| e.item).collect();
        for (index, item) in environments.into_iter().enumerate() {
            let Some(item) = item else { continue };
            self.at = self.context(item.file);
            let ItemKind::Environment(body) = self.at.tree.item(item.item).kind else { continue };
            let index = u8::try_from(index).unwrap_or(0);
            self.at.owner = Owner::Environment(index);
            let tree = self.at.tree;
            self.program.overrides.reserve(body.entries.len());
            for entry in tree.entries(body.entries) {
                match entry.value {
                    EntryValue::Set(value) => self.declare_override(index, entry.key, Some(value)),
                    EntryValue::Unset => self.declare_override(index, entry.key, None),
                    _ => {}
                }
            }
        }
    }

    fn declare_override(&mut self, environment: u8, path: Span, value: Option<ExprId>) {
        let parts = self.parts(path);
        let Some((first, rest)) = parts.split_first() else { return };
        let word = first.text.clone();
        let found = self.find_in(self.at.file, &word);
        let Found::Def(def) = found else {
            if let Some(value) = value {
                self.infer(value, Some(Ty::UNKNOWN));
            }
            if found != Found::Missing {
                self.report_unknown_path(first.span, &word);
            }
            return;
        };
        let Some(info) = self.program.def(def).copied() else { return };
        // To set something is a reason to import it, but no use of it.
        self.used_imports.insert((self.at.file, def));
        match info.kind {
            DefKind::Param => {
                if let Some(more) = rest.first() {
                    self.report_path(
                        more.span,
                        &format!("param `{word}` has no parts to set"),
                        "set the param as a whole",
                    );
                    return;
                }
                if value.is_none() {
                    self.report_param_unset(def, first.span);
                    return;
                }
                let (ty, _) = self.def_value_type(def, first.span);
                self.add_override(environment, Target::Param(def), Vec::new(), ty, path, value);
            }
            DefKind::Component => self.override_component(environment, def, rest, path, value),
            other => {
                self.push(
                    self.finding(
                        &codes::NOT_OVERRIDABLE,
                        first.span,
                        format!("`{word}` is a {}: an environment sets fields of components and params", other.name()),
                    )
                    .label("cannot be set here")
                    .secondary(info.item.file, info.name, "declared here")
                    .help(match other {
                        DefKind::Let => "make it a `param`, which an environment may set",
                        _ => "set a field of a component of it",
                    }),
                );
            }
        }
    }

    /// What an environment says of a param is all that can be unset, and it is said right there.
    fn report_param_unset(&mut self, def: DefId, at: Span) {
        let Some(info) = self.program.def(def).copied() else { return };
        let name = self.program.def_name(def).to_owned();
        let (ty, _) = self.def_value_type(def, at);
        let tree = &self.project.file(info.item.file).parse.tree;
        let default = matches!(tree.item(info.item.item).kind, ItemKind::Param { default: Some(_), .. });
        let help = if default {
            format!(
                "remove this line: where no environment sets `{name}` it has its default; for another value write `{name}: …`"
            )
        } else if self.program.types.is_optional(ty) {
            format!("for no value write `{name}: null`")
        } else {
            format!("give it a value, `{name}: …`, or leave that to `--param {name}=…`")
        };
        self.push(
            self.finding(&codes::UNSET_NOTHING, at, format!("param `{name}` cannot be unset"))
                .label("nothing to take away")
                .secondary(info.item.file, info.name, "declared here")
                .help(help),
        );
    }

    fn add_override(
        &mut self,
        environment: u8,
        target: Target,
        keys: Vec<Box<str>>,
        ty: Ty,
        path: Span,
        value: Option<ExprId>,
    ) {
        let at = self.place(path);
        if let Some(value) = value {
            self.at.sink = Sink {
                name: self.text(path),
                what: if matches!(target, Target::Param(_)) { "param" } else { "field" },
                ..Sink::default()
            };
            let before = self.at;
            if let Target::Field { component, .. } = &target {
                self.at.component = self.program.def(*component).and_then(|d| d.of);
            }
            self.check_value(value, ty, None);
            self.at = before;
        }
        self.program.overrides.push(Override {
            environment,
            target,
            path: keys,
            value: value.map(|expr| ExprRef { file: self.at.file, expr }),
            at,
        });
    }

    fn report_unknown_path(&mut self, at: Span, word: &str) {
        let names = self.names_in_scope(self.at.file, |kind| matches!(kind, DefKind::Component | DefKind::Param));
        let mut diagnostic = self
            .finding(&codes::UNKNOWN_PATH, at, format!("there is no component or param `{word}` to set"))
            .label("not declared");
        diagnostic = match crate::suggest::closest(word, names.iter().copied()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(Fix::maybe(
                format!("write `{near}`"),
                self.at.file,
                at,
                near,
            )),
            None => diagnostic.help(self.way_of_path(word)),
        };
        self.push(diagnostic);
    }

    /// What to write instead of a path that starts with none of the names that can be set.
    fn way_of_path(&self, word: &str) -> String {
        if word == "app" || self.program.app.as_ref().is_some_and(|(name, _)| **name == *word) {
            "what `app` says holds in every environment; what differs belongs into a `param`".to_owned()
        } else if crate::std::is_kind(word) {
            format!(
                "a path starts with the name of a component, not with its kind: after `{word} api {{ … }}` write `api.field: …`"
            )
        } else if word == "environment" || self.program.environments.iter().any(|env| *env.name == *word) {
            "an environment is chosen by `--env`; what holds in another one stands in its own body".to_owned()
        } else {
            "an environment sets fields of components and params that are declared or imported here".to_owned()
        }
    }

    pub(crate) fn report_path(&mut self, at: Span, title: &str, help: &str) {
        self.push(self.finding(&codes::UNKNOWN_PATH, at, title).label("no such part").help(help.to_owned()));
    }

    fn override_component(
        &mut self,
        environment: u8,
        component: DefId,
        segments: &[Part<'p>],
        path: Span,
        value: Option<ExprId>,
    ) {
        let Some(info) = self.program.def(component).copied() else { return };
        let Some(mut kind) = info.of else {
            if let Some(value) = value {
                self.infer(value, Some(Ty::UNKNOWN));
            }
            return;
        };
        let name = self.program.def_name(component).to_owned();
        let tree = &self.project.file(info.item.file).parse.tree;
        let repeated = matches!(tree.item(info.item.item).kind, ItemKind::Component { guard: Guard::For(_), .. });
        let mut rest = segments.iter().peekable();
        let mut key = None;
        if let Some(first) = rest.peek()
            && first.index
        {
            if !repeated {
                let at = first.span;
                self.push(
                    self.finding(&codes::NOT_REPEATED, at, format!("`{name}` is one component, not several"))
                        .label("an index into a single component")
                        .help(format!("write `{name}.field: …`")),
                );
                return;
            }
            key = Some(first.text.as_ref().into());
            rest.next();
        }
        let mut nested: Vec<Box<str>> = Vec::new();
        let slot = loop {
            let Some(segment) = rest.next() else {
                let name = nested.iter().fold(name, |path, inner| format!("{path}.{inner}"));
                self.push(
                    self.finding(&codes::COMPONENT_OVERRIDDEN, path, format!("an environment sets fields of `{name}`, not all of it"))
                        .label("the whole component")
                        .secondary(info.item.file, info.name, "declared here")
                        .help("set its fields one by one; for a component that some environments lack write `if environment == …` after its name"),
                );
                return;
            };
            let word = segment.text.clone();
            let Some(found) = self.program.kind(kind) else { return };
            if let Some(slot) = found.field_index.get(word.as_ref()) {
                break *slot;
            }
            if let Some(inner) = found.nested.iter().find(|n| *n.name == *word) {
                let Some(of) = inner.of else { return };
                nested.push(word.as_ref().into());
                kind = of;
                continue;
            }
            let of = nested.iter().fold(name.clone(), |path, inner| format!("{path}.{inner}"));
            self.report_unknown_part(kind, segment.span, &word, &of);
            if let Some(value) = value {
                self.infer(value, Some(Ty::UNKNOWN));
            }
            return;
        };
        let field = self.program.kind(kind).and_then(|k| k.fields.get(usize::from(slot)));
        let mut ty = field.map_or(Ty::UNKNOWN, |field| field.ty);
        let declares_ports = field.is_some_and(|field| &*field.name == "ports");
        let mut keys: Vec<Box<str>> = Vec::new();
        for segment in rest {
            let word = segment.text.clone();
            if value.is_some() {
                self.check_part_key(ty, segment.span, path, declares_ports);
            }
            let Some(inner) = self.part_of(ty, &word, segment.span, path) else { return };
            keys.push(word.as_ref().into());
            ty = inner;
        }
        let target = Target::Field { component, key, nested, slot };
        self.add_override(environment, target, keys, ty, path, value);
    }

    fn report_unknown_part(&mut self, kind: KindId, at: Span, word: &str, component: &str) {
        let Some(info) = self.program.kind(kind) else { return };
        if info.outputs.iter().any(|output| &*output.name == word) {
            self.push(
                self.finding(&codes::OUTPUT_OVERRIDDEN, at, format!("`{word}` of `{component}` is an output"))
                    .label("made by the platform")
                    .help("set the fields it is made from"),
            );
            return;
        }
        let kind_name = info.name.to_string();
        let names: Vec<String> = info
            .fields
            .iter()
            .map(|field| field.name.to_string())
            .chain(info.nested.iter().map(|nested| nested.name.to_string()))
            .collect();
        let mut diagnostic = self
            .finding(&codes::UNKNOWN_PATH, at, format!("{kind_name} `{component}` has no field `{word}` to set"))
            .label("unknown field");
        diagnostic = match crate::suggest::closest(word, names.iter().map(String::as_str)) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(Fix::maybe(
                format!("write `{near}`"),
                self.at.file,
                at,
                near,
            )),
            None if names.len() <= 12 => diagnostic.help(format!("its fields are `{}`", names.join("`, `"))),
            None => diagnostic.help(format!("`oal explain {kind_name}` lists its fields")),
        };
        self.push(diagnostic);
    }

    /// A key that a path gives a value must be one of its map, as in an object.
    fn check_part_key(&mut self, ty: Ty, at: Span, path: Span, declares_ports: bool) {
        let TyData::Map(key, _) = *self.program.types.data(self.program.types.bare(ty)) else { return };
        self.at.sink = Sink { name: self.text(path), what: "key of", ..Sink::default() };
        self.check_key(at, self.text(at), key, declares_ports);
        self.fallible = false;
    }

    /// The type of a part of a record or map.
    fn part_of(&mut self, ty: Ty, word: &str, at: Span, path: Span) -> Option<Ty> {
        let (bare, level) = self.program.types.split_level(ty);
        let (bare, _) = self.program.types.split_optional(bare);
        let part = match *self.program.types.data(bare) {
            TyData::Record(number) => {
                let record = self.program.types.record(number)?;
                if let Some(member) = record.fields.iter().find(|member| &*member.name == word) {
                    member.ty
                } else {
                    let names: Vec<String> = record.fields.iter().map(|m| m.name.to_string()).collect();
                    let mut diagnostic = self
                        .finding(&codes::UNKNOWN_PATH, at, format!("`{}` has no part `{word}` to set", self.text(path)))
                        .label("unknown field");
                    if let Some(near) = crate::suggest::closest(word, names.iter().map(String::as_str)) {
                        diagnostic = diagnostic.help(format!("did you mean `{near}`?")).fix(Fix::maybe(
                            format!("write `{near}`"),
                            self.at.file,
                            at,
                            near,
                        ));
                    }
                    self.push(diagnostic);
                    return None;
                }
            }
            TyData::Map(_, element) => element,
            TyData::Unknown => return None,
            _ => {
                let shown = self.show_plain(ty);
                self.push(
                    self.finding(&codes::PATH_INTO_LIST, at, format!("{shown} has no parts to set"))
                        .label("goes into a plain value")
                        .help("an environment replaces lists and plain values as a whole"),
                );
                return None;
            }
        };
        Some(self.program.types.leveled(level, part))
    }
}
