//! From a type as it is written to a type as the checker holds it.

mod refinements;

use crate::checker::{Checker, Context};
use crate::diagnostic::{Fix, codes};
use crate::program::{DefId, DefKind, ExprRef};
use crate::resolve::Found;
use crate::text::TextType;
use crate::types::{Level, MemberInfo, RecordInfo, Ty, TyData, UnionInfo, VariantInfo};
use oal_syntax::Span;
use oal_syntax::ast::{ItemKind, List, Member, TypeId, TypeKind, Variant};

/// Types that need no declaration and take no arguments.
pub(crate) fn builtin(name: &str) -> Option<TyData> {
    Some(match name {
        "Bool" => TyData::Bool,
        "Int" => TyData::Int,
        "Float" => TyData::Float,
        "String" => TyData::String,
        "Duration" => TyData::Duration,
        "Size" => TyData::Size,
        "Cpu" => TyData::Cpu,
        "Percent" => TyData::Percent,
        "Port" => TyData::Port,
        "PortName" => TyData::PortName,
        "Endpoint" => TyData::Endpoint,
        _ => TyData::Text(TextType::from_name(name)?),
    })
}

/// Whether the name is taken by the language itself.
pub(crate) fn is_builtin(name: &str) -> bool {
    matches!(name, "List" | "Map") || builtin(name).is_some()
}

/// All names that [`is_builtin`] knows, for suggestions.
pub(crate) fn builtin_names() -> impl Iterator<Item = &'static str> {
    const PLAIN: [&str; 13] = [
        "Bool", "Int", "Float", "String", "Duration", "Size", "Cpu", "Percent", "Port", "PortName", "Endpoint", "List",
        "Map",
    ];
    PLAIN.into_iter().chain(TextType::ALL.iter().map(|ty| ty.name()))
}

/// The language's own name of a type.
pub(crate) fn builtin_name(name: &str) -> Option<&'static str> {
    builtin_names().find(|known| *known == name)
}

impl<'p> Checker<'p> {
    /// The type written at `id` in the file at hand.
    pub(crate) fn ty(&mut self, id: TypeId) -> Ty {
        /// Deeper than anyone can read, and safe to walk by recursion.
        const DEEPEST: u16 = 64;
        let ty = self.written_type(id);
        if self.program.types.depth(ty) <= DEEPEST {
            return ty;
        }
        let span = self.at.tree.ty(id).span;
        self.push(
            self.finding(&codes::NESTING_TOO_DEEP, span, "this type is nested too deep")
                .label(format!("more than {DEEPEST} types inside each other"))
                .help("take a level out of the types it is made of"),
        );
        Ty::UNKNOWN
    }

    fn written_type(&mut self, id: TypeId) -> Ty {
        let node = self.at.tree.ty(id);
        match node.kind {
            TypeKind::Error => Ty::UNKNOWN,
            TypeKind::Name => self.named_type(node.span),
            TypeKind::Paren(inner) => self.ty(inner),
            TypeKind::Optional(inner) => {
                let inner = self.ty(inner);
                let (bare, level) = self.program.types.split_level(inner);
                let optional = self.program.types.optional(bare);
                self.program.types.leveled(level, optional)
            }
            TypeKind::Apply { args, name_len } => self.applied_type(node.span, args, name_len),
            TypeKind::Record(members) => {
                let fields = self.member_infos(members, true);
                self.program.types.add_record(RecordInfo { name: None, fields })
            }
            TypeKind::Union(variants) => {
                let variants = self.variant_infos(variants);
                self.program.types.add_union(UnionInfo { name: None, variants })
            }
            TypeKind::Level(inner) => {
                let end = self.at.tree.ty(inner).span.start;
                let word = self.text(Span::new(node.span.start, end)).split_whitespace().next().unwrap_or_default();
                let inner = self.ty(inner);
                let level = match word {
                    "const" => Level::Const,
                    "deploy" => Level::Deploy,
                    "secret" => Level::Secret,
                    other => {
                        let at = Span::new(node.span.start, node.span.start + u32::try_from(other.len()).unwrap_or(0));
                        self.push(
                            self.finding(&codes::BAD_LEVEL, at, format!("`{other}` is no level"))
                                .label("a level or nothing may stand before a type")
                                .help("the levels are `const`, `deploy` and `secret`"),
                        );
                        return inner;
                    }
                };
                self.program.types.leveled(level, inner)
            }
            TypeKind::Where(inner, refinement) => {
                let base = self.ty(inner);
                self.refined(base, refinement)
            }
        }
    }

    fn named_type(&mut self, span: Span) -> Ty {
        let written = self.text(span);
        if let Some(data) = builtin(written) {
            return self.program.types.intern(data);
        }
        if matches!(written, "List" | "Map") {
            let shape = if written == "List" { "List<T>" } else { "Map<K, V>" };
            self.push(
                self.finding(&codes::WRONG_TYPE_ARGUMENTS, span, format!("`{written}` does not say of what"))
                    .label("without arguments")
                    .help(format!("write `{shape}`, such as `{}`", shape.replace(['T', 'K', 'V'], "String"))),
            );
            return Ty::UNKNOWN;
        }
        let found = match written.split_once('.') {
            Some((space, name)) => self.find_through(space, name, span),
            None => self.find_global(self.at.file, written),
        };
        match found {
            Found::Def(def) => self.def_type(def, span),
            Found::Namespace(_) => {
                self.push(
                    self.finding(&codes::NOT_A_TYPE, span, format!("`{written}` is a file, not a type"))
                        .label("used as a type")
                        .help(format!("name what you mean in it: `{written}.Name`")),
                );
                Ty::UNKNOWN
            }
            Found::Missing => Ty::UNKNOWN,
            Found::None => {
                if !written.contains('.') {
                    self.report_unknown_type(written, span);
                }
                Ty::UNKNOWN
            }
        }
    }

    fn report_unknown_type(&mut self, written: &str, span: Span) {
        let mut diagnostic = self
            .finding(&codes::UNKNOWN_TYPE, span, format!("there is no type `{written}`"))
            .label("not declared and not built in");
        let mut names: Vec<&str> =
            self.names_in_scope(self.at.file, |kind| matches!(kind, DefKind::Type | DefKind::Kind));
        names.extend(builtin_names().chain(crate::std::names()).map(|name| -> &str { name }));
        if let Some(advice) = crate::suggest::foreign_type(written) {
            diagnostic = diagnostic.help(advice.why);
            if let Some(name) = advice.replacement {
                diagnostic = diagnostic.fix(Fix::maybe(format!("write `{name}`"), self.at.file, span, name));
            }
            self.push(diagnostic);
            return;
        }
        diagnostic = match crate::suggest::closest(written, names.iter().copied()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(Fix::maybe(
                format!("write `{near}`"),
                self.at.file,
                span,
                near,
            )),
            None => diagnostic.help(format!("declare it: `type {written} = …`, or bring it in with `use`")),
        };
        self.push(diagnostic);
    }

    /// `space.name`: something that a used file declares.
    pub(crate) fn find_through(&mut self, space: &str, name: &str, span: Span) -> Found {
        let file = match self.find_in(self.at.file, space) {
            Found::Namespace(index) => {
                let here = self.at.file.0 as usize;
                let Some(found) = self.program.scopes.get_mut(here).and_then(|s| s.namespaces.get_mut(index)) else {
                    return Found::None;
                };
                found.used = true;
                found.file
            }
            Found::Missing => return Found::Missing,
            _ => {
                self.push(
                    self.finding(&codes::UNKNOWN_NAME, span, format!("`{space}` names no used file"))
                        .label("what stands before the dot must be brought in with `use … as`")
                        .help(format!("write `use \"./….oal\" as {space}` at the top of this file")),
                );
                return Found::None;
            }
        };
        let found = self.find_own(file, name);
        if found == Found::None {
            let names = self.own_names(file);
            let mut diagnostic = self
                .finding(&codes::UNKNOWN_IMPORT, span, format!("`{}` declares no `{name}`", self.project.path(file)))
                .label("not there");
            if let Some(near) = crate::suggest::closest(name, names.iter().copied()) {
                diagnostic = diagnostic.help(format!("did you mean `{space}.{near}`?")).fix(Fix::maybe(
                    format!("write `{space}.{near}`"),
                    self.at.file,
                    span,
                    format!("{space}.{near}"),
                ));
            }
            self.push(diagnostic);
        }
        found
    }

    /// The type that a declared type or kind stands for.
    fn def_type(&mut self, def: DefId, span: Span) -> Ty {
        self.mark_used(def);
        let Some(info) = self.program.def(def).copied() else { return Ty::UNKNOWN };
        match info.kind {
            DefKind::Type => self.declared_type(def, span),
            DefKind::Kind => {
                let kind = self.kind_id(def);
                self.program.types.intern(TyData::Kind(kind))
            }
            other => {
                let name = self.program.def_name(def).to_owned();
                self.push(
                    self.finding(&codes::NOT_A_TYPE, span, format!("`{name}` is a {}, not a type", other.name()))
                        .label("used as a type")
                        .secondary(info.item.file, info.name, "declared here"),
                );
                Ty::UNKNOWN
            }
        }
    }

    /// The type behind `type Name = …`.
    pub(crate) fn declared_type(&mut self, def: DefId, span: Span) -> Ty {
        if let Some(ty) = self.program.def_types.get(&def) {
            return *ty;
        }
        let Some(info) = self.program.def(def).copied() else { return Ty::UNKNOWN };
        if self.pending.contains(&def) {
            let name = self.program.def_name(def).to_owned();
            self.push(
                self.finding(&codes::TYPE_CYCLE, span, format!("type `{name}` contains itself"))
                    .label("the circle closes here")
                    .secondary(info.item.file, info.name, "declared here")
                    .help("a value of this type would never end; refer to a component by its kind instead"),
            );
            return Ty::UNKNOWN;
        }
        if self.pending.len() > crate::order::LONGEST {
            return self.too_long_chain(def, span).0;
        }
        let at = self.context(info.item.file);
        let ItemKind::Type(body) = at.tree.item(info.item.item).kind else { return Ty::UNKNOWN };
        self.pending.push(def);
        let ty = self.within(at, |this| this.type_body(body));
        self.pending.pop();
        let name: Box<str> = self.program.def_name(def).into();
        match *self.program.types.data(ty) {
            TyData::Record(number) => {
                if let Some(record) = self.program.types.record_mut(number) {
                    record.name.get_or_insert(name);
                }
            }
            TyData::Union(number) => {
                if let Some(union) = self.program.types.union_mut(number) {
                    union.name.get_or_insert(name);
                }
            }
            _ => {}
        }
        self.program.def_types.insert(def, ty);
        ty
    }

    /// The right side of `type Name = …`: a lone small word that names no kind is an enum of one.
    fn type_body(&mut self, id: TypeId) -> Ty {
        let node = self.at.tree.ty(id);
        if let TypeKind::Name = node.kind {
            let written = self.text(node.span);
            let small = written.starts_with(|c: char| c.is_ascii_lowercase()) && !written.contains('.');
            if small && self.find_global(self.at.file, written) == Found::None {
                let variant = VariantInfo { name: written.into(), at: self.place(node.span), fields: Vec::new() };
                return self.program.types.add_union(UnionInfo { name: None, variants: vec![variant] });
            }
        }
        self.ty(id)
    }

    fn applied_type(&mut self, span: Span, args: List<TypeId>, name_len: u16) -> Ty {
        let at = Span::new(span.start, span.start + u32::from(name_len));
        let name = self.text(at);
        let args: Vec<TypeId> = self.at.tree.types(args).to_vec();
        match (name, args.as_slice()) {
            ("List", [element]) => {
                let element = self.ty(*element);
                self.program.types.intern(TyData::List(element))
            }
            ("Map", [key, value]) => {
                let (key_at, key) = (*key, self.ty(*key));
                let value = self.ty(*value);
                if !self.is_key_type(key) {
                    let span = self.at.tree.ty(key_at).span;
                    self.push(
                        self.finding(&codes::BAD_MAP_KEY_TYPE, span, "the keys of a map are texts or plain variants")
                            .label("no key type")
                            .help("use `String`, a checked text such as `EnvName`, or an enum"),
                    );
                }
                self.program.types.intern(TyData::Map(key, value))
            }
            ("List" | "Map", _) => {
                let (shape, count) = if name == "List" { ("List<T>", "one type") } else { ("Map<K, V>", "two types") };
                self.push(
                    self.finding(
                        &codes::WRONG_TYPE_ARGUMENTS,
                        span,
                        format!("`{name}` takes {count}, not {}", args.len()),
                    )
                    .label("wrong number of arguments")
                    .help(format!("write `{shape}`")),
                );
                Ty::UNKNOWN
            }
            _ => {
                let known = builtin(name).is_some() || self.find_global(self.at.file, name) != Found::None;
                if known {
                    self.push(
                        self.finding(&codes::WRONG_TYPE_ARGUMENTS, span, format!("`{name}` takes no arguments"))
                            .label("arguments of a type that has none")
                            .help(format!("write `{name}`")),
                    );
                } else {
                    self.report_unknown_type(name, at);
                }
                Ty::UNKNOWN
            }
        }
    }

    fn is_key_type(&self, key: Ty) -> bool {
        match self.program.types.data(key) {
            TyData::String | TyData::Text(_) | TyData::PortName | TyData::Environment | TyData::Unknown => true,
            TyData::Union(number) => {
                self.program.types.union(*number).is_none_or(|u| u.variants.iter().all(|v| v.fields.is_empty()))
            }
            TyData::Refined(base, _) => self.is_key_type(*base),
            _ => false,
        }
    }

    fn member_infos(&mut self, members: List<Member>, record: bool) -> Vec<MemberInfo> {
        let mut infos: Vec<MemberInfo> = Vec::with_capacity(members.len());
        let tree = self.at.tree;
        for member in tree.members(members) {
            let name = self.text(member.name);
            if let Some(first) = infos.iter().find(|info| &*info.name == name).map(|info| info.at.span) {
                self.push(
                    self.finding(
                        &codes::DUPLICATE_DECLARED_FIELD,
                        member.name,
                        format!("field `{name}` is declared twice"),
                    )
                    .label("again here")
                    .secondary(self.at.file, first, "first here")
                    .help(if record {
                        "remove one of them"
                    } else {
                        "give each field of the variant its own name"
                    }),
                );
                continue;
            }
            let ty = self.ty(member.ty);
            infos.push(MemberInfo {
                name: name.into(),
                at: self.place(member.name),
                ty,
                default: member.default.map(|expr| ExprRef { file: self.at.file, expr }),
            });
        }
        // Defaults are checked when all is known, so that they may speak of the type itself.
        for (info, member) in infos.iter().zip(tree.members(members)) {
            if let Some(default) = member.default {
                let at = Context {
                    sink: crate::checker::Sink { name: self.text(member.name), what: "field", ..Default::default() },
                    ..self.at
                };
                let ty = info.ty;
                self.within(at, |this| this.check_value(default, ty, None));
            }
        }
        infos
    }

    fn variant_infos(&mut self, variants: List<Variant>) -> Vec<VariantInfo> {
        let mut infos: Vec<VariantInfo> = Vec::with_capacity(variants.len());
        let tree = self.at.tree;
        for variant in tree.variants(variants) {
            let name = self.text(variant.name);
            if let Some(first) = infos.iter().find(|info| &*info.name == name).map(|info| info.at.span) {
                self.push(
                    self.finding(&codes::DUPLICATE_VARIANT, variant.name, format!("variant `{name}` is named twice"))
                        .label("again here")
                        .secondary(self.at.file, first, "first here")
                        .help("remove one of them"),
                );
                continue;
            }
            let fields = self.member_infos(variant.fields, false);
            infos.push(VariantInfo { name: name.into(), at: self.place(variant.name), fields });
        }
        infos
    }
}
