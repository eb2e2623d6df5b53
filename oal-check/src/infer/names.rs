//! Bare names: variants first where a variant is wanted, then variables, the kind's own fields, the file's names.

use crate::checker::{Checker, Typed};
use crate::diagnostic::{Fix, codes};
use crate::program::{DefId, DefKind, ExprRef, KindId, Owner, Reference, Res};
use crate::resolve::Found;
use crate::types::{Level, Ty, TyData};
use oal_syntax::Span;
use oal_syntax::ast::{ExprId, Guard, ItemKind};

impl<'p> Checker<'p> {
    /// A bare name as a value.
    pub(crate) fn name(&mut self, id: ExprId, span: Span, want: Option<Ty>) -> Typed {
        let typed = self.name_raw(id, span, want);
        self.secret_value(typed, want)
    }

    /// A secret's component stands for its value, but where the component itself is wanted.
    pub(crate) fn secret_value(&self, typed: Typed, want: Option<Ty>) -> Typed {
        if let TyData::Kind(kind) = *self.program.types.data(typed.ty)
            && self.is_secret_kind(kind)
            && !want
                .is_some_and(|want| matches!(self.program.types.data(self.program.types.bare(want)), TyData::Kind(_)))
        {
            return Typed { ty: Ty::STRING, level: Level::Secret };
        }
        typed
    }

    /// A bare name; a secret stays a component, as before a dot.
    pub(crate) fn name_raw(&mut self, id: ExprId, span: Span, want: Option<Ty>) -> Typed {
        let name = self.text(span);
        if let Some(want) = want {
            let bare = self.program.types.bare(want);
            match *self.program.types.data(bare) {
                TyData::Union(number) => {
                    if let Some(typed) = self.variant_name(id, span, name, number, bare) {
                        return typed;
                    }
                }
                TyData::Environment => {
                    if let Some(at) = self.program.environments.iter().position(|e| &*e.name == name) {
                        self.resolve_expr(id, Res::EnvironmentName(u32::try_from(at).unwrap_or(0)));
                        return Typed::constant(Ty::ENVIRONMENT);
                    }
                }
                TyData::PortName => {
                    if let Some(typed) = self.own_port(id, name, Ty::PORT_NAME) {
                        return typed;
                    }
                }
                TyData::Endpoint
                    if matches!(self.at.owner, Owner::Nested(..)) && self.lookup_quiet(name) == Found::None =>
                {
                    self.resolve_expr(id, Res::Port);
                    self.fallible = true;
                    return Typed::constant(Ty::ENDPOINT);
                }
                _ => {}
            }
        }
        if name == "environment" {
            self.resolve_expr(id, Res::Environment);
            return Typed::constant(Ty::ENVIRONMENT);
        }
        if let Some((at, local)) = self.locals.iter().enumerate().rev().find(|(_, local)| local.name == name) {
            let typed = Typed { ty: local.ty, level: local.level };
            self.resolve_expr(id, Res::Local(u32::try_from(at).unwrap_or(0)));
            return typed;
        }
        if let Some(typed) = self.kind_name(id, name) {
            return typed;
        }
        match self.find_in_scope(name) {
            Found::Def(def) => self.def_value(id, def, span),
            Found::Namespace(_) => {
                self.push(
                    self.finding(&codes::NOT_A_VALUE, span, format!("`{name}` is a used file, not a value"))
                        .label("used as a value")
                        .help(format!("name what you mean in it: `{name}.…`")),
                );
                Typed::UNKNOWN
            }
            Found::Missing => Typed::UNKNOWN,
            Found::None => {
                self.report_unknown_name(span, name, want);
                Typed::UNKNOWN
            }
        }
    }

    /// What a name means here, without saying anything.
    pub(crate) fn lookup_quiet(&self, name: &str) -> Found {
        if self.locals.iter().any(|local| local.name == name) {
            return Found::Namespace(usize::MAX);
        }
        self.find_in_scope(name)
    }

    fn find_in_scope(&self, name: &str) -> Found {
        if crate::std::index(self.at.file).is_some() { Found::None } else { self.find_in(self.at.file, name) }
    }

    fn variant_name(&mut self, id: ExprId, span: Span, name: &str, number: u32, ty: Ty) -> Option<Typed> {
        let union = self.program.types.union(number)?;
        let at = union.variants.iter().position(|variant| &*variant.name == name)?;
        let needs: Vec<String> = union
            .variants
            .get(at)?
            .fields
            .iter()
            .filter(|field| {
                let (inner, _) = self.program.types.split_level(field.ty);
                field.default.is_none() && !self.program.types.split_optional(inner).1
            })
            .map(|field| format!("{}: …", field.name))
            .collect();
        if !needs.is_empty() {
            let list = needs.join(", ");
            self.push(
                self.finding(&codes::VARIANT_NEEDS_FIELDS, span, format!("variant `{name}` needs its fields"))
                    .label("written without them")
                    .help(format!("write `{name}({list})`"))
                    .fix(Fix::sketch("add its fields", self.at.file, span, format!("{name}({list})"))),
            );
        }
        self.resolve_expr(id, Res::Variant(u32::try_from(at).unwrap_or(0)));
        if crate::std::index(self.at.file).is_none()
            && let Found::Def(def) = self.find_in(self.at.file, name)
            && let Some(info) = self.program.def(def).copied()
            && matches!(info.kind, DefKind::Param | DefKind::Let | DefKind::Component)
        {
            let shown = self.show(ty);
            self.push(
                self.finding(
                    &codes::VARIANT_SHADOWS_VALUE,
                    span,
                    format!("`{name}` is the variant of {shown} here, not the {} `{name}`", info.kind.name()),
                )
                .label("the variant")
                .secondary(info.item.file, info.name, format!("the {}", info.kind.name()))
                .help("give one of them another name, so that nobody has to wonder"),
            );
        }
        Some(Typed::constant(ty))
    }

    /// The name of a port of the component around.
    fn own_port(&mut self, id: ExprId, name: &str, ty: Ty) -> Option<Typed> {
        if let Some(ports) = self.at.ports {
            let known = self.at.tree.entries(ports).iter().any(|entry| self.text(entry.key) == name);
            if !known && self.lookup_quiet(name) != Found::None {
                return None;
            }
            // Kinds and environments may add ports: where this body does not have it, the value decides.
            if !known {
                self.fallible = true;
            }
        } else {
            if self.lookup_quiet(name) != Found::None {
                return None;
            }
            self.fallible = true;
        }
        self.resolve_expr(id, Res::Port);
        Some(Typed::constant(ty))
    }

    /// A field or nested component of the kind whose body this is.
    fn kind_name(&mut self, id: ExprId, name: &str) -> Option<Typed> {
        let info = self.program.kind(self.at.kind?)?;
        if let Some(slot) = info.field_index.get(name).copied() {
            let ty = info.fields.get(usize::from(slot))?.ty;
            self.resolve_expr(id, Res::Field(u32::from(slot)));
            let (ty, level) = self.program.types.split_level(ty);
            return Some(Typed { ty, level });
        }
        let at = info.nested.iter().position(|nested| &*nested.name == name)?;
        let nested = info.nested.get(at)?.clone();
        self.resolve_expr(id, Res::Nested(u32::try_from(at).unwrap_or(0)));
        Some(self.component_type(nested.of, nested.item.file, nested.item.item))
    }

    /// The type of a component: its kind, or a map of it where it is repeated.
    pub(crate) fn component_type(
        &mut self,
        kind: Option<KindId>,
        file: oal_syntax::FileId,
        item: oal_syntax::ast::ItemId,
    ) -> Typed {
        let Some(kind) = kind else { return Typed::UNKNOWN };
        let ty = self.program.types.intern(TyData::Kind(kind));
        match self.project.file(file).parse.tree.item(item).kind {
            ItemKind::Component { guard: Guard::For(head), .. } => {
                let key = self.loop_key(file, head);
                Typed::constant(self.program.types.intern(TyData::Map(key, ty)))
            }
            ItemKind::Component { guard: Guard::If(_), .. } => {
                self.fallible = true;
                Typed::constant(ty)
            }
            _ => Typed::constant(ty),
        }
    }

    /// The type of the keys of a repeated component: what it is repeated over.
    fn loop_key(&mut self, file: oal_syntax::FileId, head: u32) -> Ty {
        if let Some(key) = self.loop_keys.get(&(file, head)) {
            return *key;
        }
        // Until it is known, as for components that are repeated over each other.
        self.loop_keys.insert((file, head), Ty::UNKNOWN);
        let context = self.context(file);
        let Some(over) = context.tree.loop_head(head).copied() else { return Ty::UNKNOWN };
        let kind = self.at.kind;
        let said = self.diagnostics.len();
        let references = self.program.references.len();
        let key = self.within(crate::checker::Context { kind, ..context }, |this| {
            let typed = this.infer(over.iterable, None);
            let two = !over.second.is_empty();
            let bare = this.program.types.bare(typed.ty);
            let map = matches!(this.program.types.data(bare), TyData::Map(..) | TyData::Record(_));
            let (first, second) = this.element_types(over.iterable, typed.ty, two || map);
            let key = if map || !two { first } else { second };
            this.program.types.bare(key)
        });
        // The body of the component says what is wrong with its loop.
        self.diagnostics.truncate(said);
        self.program.references.truncate(references);
        self.loop_keys.insert((file, head), key);
        key
    }

    /// A param, let or component as a value.
    pub(crate) fn def_value(&mut self, id: ExprId, def: DefId, span: Span) -> Typed {
        self.mark_used(def);
        let Some(info) = self.program.def(def).copied() else { return Typed::UNKNOWN };
        match info.kind {
            DefKind::Param | DefKind::Let => {
                self.resolve_expr(id, Res::Def(def));
                let (ty, level) = self.def_value_type(def, span);
                Typed { ty, level }
            }
            DefKind::Component => {
                self.resolve_expr(id, Res::Def(def));
                let at = ExprRef { file: self.at.file, expr: id };
                self.program.references.push(Reference { owner: self.at.owner, to: def, at });
                if info.only_in.is_some() {
                    self.fallible = true;
                }
                self.component_type(info.of, info.item.file, info.item.item)
            }
            DefKind::Type | DefKind::Kind => {
                let name = self.program.def_name(def).to_owned();
                let what = info.kind.name();
                self.push(
                    self.finding(&codes::NOT_A_VALUE, span, format!("`{name}` is a {what}, not a value"))
                        .label("used as a value")
                        .secondary(info.item.file, info.name, "declared here")
                        .help(if info.kind == DefKind::Kind {
                            format!("name a component of it: `{name} some_name {{ … }}`")
                        } else {
                            "name one of its values".to_owned()
                        }),
                );
                Typed::UNKNOWN
            }
        }
    }

    fn report_unknown_name(&mut self, span: Span, name: &str, want: Option<Ty>) {
        let bare = want.map(|want| self.program.types.bare(want));
        // Where the place is wrong already, a name may be a variant of what was meant.
        if bare == Some(Ty::UNKNOWN) {
            return;
        }
        if self.report_foreign_word(span, name, bare) {
            return;
        }
        if crate::std::is_kind(name) {
            self.push(
                self.finding(&codes::NOT_A_VALUE, span, format!("`{name}` is a kind, not a value"))
                    .label("used as a value")
                    .help(format!("name a component of it: `{name} some_name {{ … }}`")),
            );
            return;
        }
        let variants = bare.map(|bare| self.variants_of(bare)).unwrap_or_default();
        if let Some(bare) = bare
            && !variants.is_empty()
        {
            let shown = self.show(bare);
            let environment = bare == Ty::ENVIRONMENT;
            let (code, title) = if environment {
                (&codes::UNKNOWN_ENVIRONMENT, format!("there is no environment `{name}`"))
            } else {
                (&codes::UNKNOWN_VARIANT, format!("{shown} has no variant `{name}`"))
            };
            let mut diagnostic = self.finding(code, span, title).label(if environment {
                "not declared".to_owned()
            } else {
                format!("{} takes {shown}", self.at.sink.describe())
            });
            diagnostic = match crate::suggest::closest(name, variants.iter().map(String::as_str)) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(Fix::maybe(
                    format!("write `{near}`"),
                    self.at.file,
                    span,
                    near,
                )),
                None => diagnostic.help(format!("its values are `{}`", variants.join("`, `"))),
            };
            self.push(diagnostic);
            return;
        }
        let mut names = self
            .names_in_scope(self.at.file, |kind| matches!(kind, DefKind::Param | DefKind::Let | DefKind::Component));
        names.extend(self.locals.iter().map(|local| local.name));
        let fields: Vec<String> = self
            .at
            .kind
            .and_then(|kind| self.program.kind(kind))
            .map(|info| {
                info.fields
                    .iter()
                    .map(|f| f.name.to_string())
                    .chain(info.nested.iter().map(|n| n.name.to_string()))
                    .collect()
            })
            .unwrap_or_default();
        let own = self.at.component.and_then(|kind| self.program.kind(kind)).filter(|_| self.at.kind.is_none());
        let own_field = own.is_some_and(|info| info.field_index.contains_key(name));
        let mut diagnostic =
            self.finding(&codes::UNKNOWN_NAME, span, format!("`{name}` is not declared")).label("unknown name");
        let all = names.iter().copied().chain(fields.iter().map(String::as_str));
        let near = crate::suggest::closest(name, all).map(str::to_owned);
        // What was most likely meant is not unused.
        if let Some(near) = &near {
            self.mark_word(near);
        }
        diagnostic = match near.as_deref() {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(Fix::maybe(
                format!("write `{near}`"),
                self.at.file,
                span,
                near,
            )),
            None if own_field || matches!(name, "self" | "this") => {
                let own = match self.at.owner {
                    Owner::Component(def) => self.program.def_name(def),
                    _ => self.at.sink.of,
                };
                let part = if own_field { name } else { "…" };
                diagnostic.help(format!(
                    "a component does not see its own fields by name; write `{own}.{part}`, or share the value with a `let`",
                ))
            }
            None if self.program.environments.iter().any(|environment| &*environment.name == name) => {
                diagnostic.help(format!("to ask for the environment, write `environment == {name}`"))
            }
            None if matches!(name, "var" | "local" | "param" | "params" | "vars" | "values" | "Values") => {
                diagnostic.help("params and `let`s are used by their bare names")
            }
            None if name.len() > 1
                && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_') =>
            {
                diagnostic.help(format!(
                    "no variable of the machine is read; declare what comes from outside: `param {}: String`",
                    name.to_ascii_lowercase()
                ))
            }
            None => diagnostic.help(
                "declare it with `let`, `param` or as a component, or bring it in with `use`; text stands in quotes",
            ),
        };
        self.push(diagnostic);
    }

    /// Counts a word of the file as a use of what it names.
    fn mark_word(&mut self, word: &str) {
        if let Found::Def(def) = self.find_in_scope(word) {
            self.mark_used(def);
        }
    }

    /// What stands in a broken expression is lost, but it was written: the names in it are no reason to call anything unused.
    pub(crate) fn mark_words(&mut self, span: Span) {
        for word in self.text(span).split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            if !word.is_empty() {
                self.mark_word(word);
            }
        }
    }

    /// Words of other languages: `yes`, `None`, `env.HOME`.
    pub(crate) fn report_foreign_word(&mut self, span: Span, name: &str, want: Option<Ty>) -> bool {
        let lower = name.to_ascii_lowercase();
        let boolean = match lower.as_str() {
            "yes" | "on" | "true" | "y" => Some("true"),
            "no" | "off" | "false" | "n" => Some("false"),
            _ => None,
        };
        let wants_bool =
            want.is_none_or(|want| matches!(self.program.types.data(want), TyData::Bool | TyData::Unknown));
        if let Some(word) = boolean.filter(|_| wants_bool) {
            self.push(
                self.finding(&codes::FOREIGN_BOOLEAN, span, format!("`{name}` is no boolean"))
                    .label("a name that is not declared")
                    .help("booleans are `true` and `false`")
                    .fix(Fix::sure(format!("write `{word}`"), self.at.file, span, word)),
            );
            return true;
        }
        if matches!(lower.as_str(), "none" | "nil" | "undefined" | "null") {
            self.push(
                self.finding(&codes::FOREIGN_NULL, span, format!("`{name}` is not declared"))
                    .label("a name that is not declared")
                    .help("the absent value is `null`")
                    .fix(Fix::sure("write `null`", self.at.file, span, "null")),
            );
            return true;
        }
        if matches!(lower.as_str(), "env" | "getenv" | "process" | "os") {
            self.push(
                self.finding(
                    &codes::AMBIENT_VALUE,
                    span,
                    format!("`{name}` would read from the machine that runs the check"),
                )
                .label("no ambient values")
                .help("declare what comes from outside: `param name: Type` or `secret name { … }`"),
            );
            return true;
        }
        false
    }
}
