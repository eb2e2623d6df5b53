//! Kinds: what each one has, its own and what it inherits. A kind is looked into when it is first used.

use crate::checker::{Checker, Context, Sink};
use crate::diagnostic::codes;
use crate::program::{
    DefId, DefKind, ExprRef, FieldInfo, ItemRef, KindId, KindInfo, NestedInfo, OutputInfo, Owner, Preset,
};
use crate::resolve::Found;
use crate::types::TyData;
use oal_syntax::Span;
use oal_syntax::ast::{Body, EntryValue, ItemKind};

impl<'p> Checker<'p> {
    /// The number of the kind that a definition declares; what it has is filled in at once, but for kinds on the way.
    pub(crate) fn kind_id(&mut self, def: DefId) -> KindId {
        if let Some(kind) = self.program.kind_of.get(&def) {
            return *kind;
        }
        let id = KindId(u32::try_from(self.program.kinds.len()).unwrap_or(0));
        let item = self.program.def(def).map(|def| def.item);
        let info = KindInfo { name: self.program.def_name(def).into(), def: Some(def), item, ..KindInfo::default() };
        self.program.kinds.push(info);
        self.program.kind_of.insert(def, id);
        self.waiting.push(id);
        id
    }

    /// Fills in a kind, its bases first. Kinds that it only mentions as types stay as they are.
    pub(crate) fn complete(&mut self, kind: KindId) {
        let Some(at) = self.waiting.iter().position(|waiting| *waiting == kind) else { return };
        self.waiting.swap_remove(at);
        let Some(item) = self.program.kind(kind).and_then(|info| info.item) else { return };
        let context = self.context(item.file);
        let ItemKind::Kind { is_extern, base, body } = context.tree.item(item.item).kind else { return };
        self.building.push(kind);
        self.within(context, |this| {
            if is_extern && crate::std::index(item.file).is_none() {
                let name = this.at.tree.item(item.item).name;
                this.push(
                    this.finding(
                        &codes::EXTERN_OUTSIDE_STD,
                        name,
                        "only the built-in library declares an `extern kind`",
                    )
                    .label("nothing could lower it")
                    .help("make it of other kinds: `kind name extends service { … }`"),
                );
                let own = this.program.kind_of.iter().find(|(_, id)| **id == kind).map(|(def, _)| *def);
                if let Some(def) = own {
                    this.mark_used(def);
                }
            }
            let base_id = this.base_kind(base, kind);
            this.inherit(kind, base_id, is_extern);
            let lost = base_id.is_none() && !base.is_empty();
            let inherited = base_id.and_then(|base| this.program.kind(base)).is_some_and(|base| base.incomplete);
            if let Some(info) = this.program.kinds.get_mut(kind.0 as usize) {
                info.incomplete = lost || inherited;
            }
            this.own_part(kind, body);
        });
        self.building.pop();
        self.to_check.push(kind);
    }

    fn base_kind(&mut self, base: Span, kind: KindId) -> Option<KindId> {
        if base.is_empty() {
            return None;
        }
        let found = self.kind_named(base)?;
        if self.building.contains(&found) {
            self.report_kind_cycle(kind, found, base, "extends");
            return None;
        }
        self.complete(found);
        Some(found)
    }

    pub(crate) fn report_kind_cycle(&mut self, kind: KindId, found: KindId, at: Span, verb: &str) {
        let start = self.building.iter().position(|k| *k == found).unwrap_or(0);
        let mut names: Vec<&str> =
            self.building.iter().skip(start).filter_map(|k| self.program.kind(*k)).map(|info| &*info.name).collect();
        let closing = self.program.kind(found).map_or("", |info| &info.name);
        names.push(closing);
        let way = names.join("` → `");
        let name = self.program.kind(kind).map_or("", |info| &info.name).to_owned();
        self.push(
            self.finding(&codes::KIND_CYCLE, at, format!("kind `{name}` {verb} itself"))
                .label("the circle closes here")
                .note(format!("the circle: `{way}`"))
                .help("a component of it would never end; take one of these out"),
        );
    }

    /// The kind that a path such as `web` or `lib.web` names; says so where there is none.
    pub(crate) fn kind_named(&mut self, path: Span) -> Option<KindId> {
        let written = self.text(path);
        let found = match written.split_once('.') {
            Some((space, name)) => {
                let found = self.find_through(space.trim(), name.trim(), path);
                if found == Found::None {
                    return None;
                }
                found
            }
            None => self.find_global(self.at.file, written),
        };
        let what = match found {
            Found::Def(def) => {
                let info = self.program.def(def).copied()?;
                if info.kind == DefKind::Kind {
                    self.mark_used(def);
                    return Some(self.kind_id(def));
                }
                info.kind.name()
            }
            Found::Missing => return None,
            Found::Namespace(_) => "used file",
            Found::None => {
                self.report_unknown_kind(written, path);
                return None;
            }
        };
        self.push(
            self.finding(&codes::NOT_A_KIND, path, format!("`{written}` is a {what}, not a kind"))
                .label("used as a kind")
                .help("a component is declared by a kind and a name: `service api { … }`"),
        );
        None
    }

    fn report_unknown_kind(&mut self, written: &str, at: Span) {
        let mut names: Vec<&str> = self.names_in_scope(self.at.file, |kind| kind == DefKind::Kind);
        names.extend(crate::std::kind_names().map(|name| -> &str { name }));
        // A misspelt keyword before a name and a body reads as a kind.
        names.extend(["app", "environment", "kind"]);
        let diagnostic = self
            .finding(&codes::UNKNOWN_KIND, at, format!("there is no kind `{written}`"))
            .label("not declared and not built in");
        if let Some(advice) = crate::suggest::foreign_kind(written) {
            let mut diagnostic = diagnostic.help(advice.why);
            if let Some(name) = advice.replacement {
                diagnostic =
                    diagnostic.fix(crate::diagnostic::Fix::maybe(format!("write `{name}`"), self.at.file, at, name));
            }
            self.push(diagnostic);
            return;
        }
        let diagnostic = match crate::suggest::closest(written, names.iter().copied()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(crate::diagnostic::Fix::maybe(
                format!("write `{near}`"),
                self.at.file,
                at,
                near,
            )),
            None => diagnostic.help(format!(
                "the built-in kinds are `{}`",
                crate::std::kind_names().collect::<Vec<_>>().join("`, `")
            )),
        };
        self.push(diagnostic);
    }

    fn inherit(&mut self, kind: KindId, base: Option<KindId>, is_extern: bool) {
        let parent = base.and_then(|base| self.program.kind(base)).cloned();
        let Some(info) = self.program.kinds.get_mut(kind.0 as usize) else { return };
        info.is_extern = is_extern;
        info.base = base;
        info.root = if is_extern { Some(kind) } else { parent.as_ref().and_then(|p| p.root) };
        if let Some(parent) = parent {
            info.fields = parent.fields;
            info.field_index = parent.field_index;
            info.outputs = parent.outputs;
            info.nested = parent.nested;
            info.garbled = parent.garbled;
        }
    }

    /// Declares what stands in the kind's own body.
    fn own_part(&mut self, kind: KindId, body: Body) {
        let tree = self.at.tree;
        for entry in tree.entries(body.entries) {
            match entry.value {
                EntryValue::Field(index) => self.own_field(kind, index),
                EntryValue::Output(index) => {
                    let Some(member) = tree.member(index) else { continue };
                    let ty = self.ty(member.ty);
                    let output = OutputInfo {
                        name: self.text(member.name).into(),
                        at: self.place(member.name),
                        ty,
                        value: member.default.map(|expr| ExprRef { file: self.at.file, expr }),
                    };
                    if let Some(info) = self.program.kinds.get_mut(kind.0 as usize) {
                        info.outputs.push(output);
                    }
                }
                EntryValue::Item(id) => {
                    let item = ItemRef { file: self.at.file, item: id };
                    match tree.item(id).kind {
                        // Without a name it is not sure that it is a component at all.
                        ItemKind::Component { .. } if tree.item(id).name.is_empty() => {}
                        ItemKind::Component { .. } => self.own_nested(kind, item),
                        ItemKind::Assert { .. } => {
                            if let Some(info) = self.program.kinds.get_mut(kind.0 as usize) {
                                info.asserts.push(item);
                            }
                        }
                        _ => {}
                    }
                }
                EntryValue::Set(_) | EntryValue::Unset | EntryValue::Allow(_) | EntryValue::Error => {}
            }
        }
        let file = self.at.file;
        for entry in tree.entries(body.entries) {
            let name = self.text(entry.key);
            let Some(info) = self.program.kinds.get_mut(kind.0 as usize) else { continue };
            let slot = info.field_index.get(name).copied();
            info.garbled |= match entry.value {
                EntryValue::Set(_) => slot.is_none(),
                EntryValue::Item(id) => match tree.item(id).kind {
                    ItemKind::Component { .. } => tree.item(id).name.is_empty(),
                    ItemKind::Assert { .. } => false,
                    _ => true,
                },
                EntryValue::Field(_) | EntryValue::Output(_) | EntryValue::Allow(_) => false,
                EntryValue::Unset | EntryValue::Error => true,
            };
            let (EntryValue::Set(expr), Some(slot)) = (entry.value, slot) else { continue };
            info.presets.push(Preset { slot, value: ExprRef { file, expr }, key: entry.key });
            if let Some(field) = info.fields.get_mut(usize::from(slot)) {
                field.preset = true;
            }
        }
        let types = &self.program.types;
        let Some(info) = self.program.kinds.get_mut(kind.0 as usize) else { return };
        info.required = (0_u16..)
            .zip(&info.fields)
            .filter(|(_, field)| {
                let inner = types.data(types.split_level(field.ty).0);
                field.default.is_none() && !field.preset && !matches!(inner, TyData::Optional(_) | TyData::Unknown)
            })
            .map(|(slot, _)| slot)
            .collect();
    }

    fn own_field(&mut self, kind: KindId, index: u32) {
        let Some(member) = self.at.tree.member(index).copied() else { return };
        let name = self.text(member.name);
        let ty = self.ty(member.ty);
        let at = self.place(member.name);
        let Some(info) = self.program.kind(kind) else { return };
        if let Some(first) = info.field_index.get(name).and_then(|slot| info.fields.get(usize::from(*slot))) {
            let (owner, first) = (first.owner, first.at);
            let of = self.program.kind(owner).map_or("", |info| &info.name).to_owned();
            let diagnostic = if owner == kind {
                self.finding(&codes::DUPLICATE_DECLARED_FIELD, member.name, format!("field `{name}` is declared twice"))
                    .label("again here")
                    .secondary(first.file, first.span, "first here")
                    .help("remove one of them")
            } else {
                self.finding(&codes::INHERITED_FIELD, member.name, format!("kind `{of}` already has a field `{name}`"))
                    .label("declared again here")
                    .help(format!("to give it a value, write `{name}: …`; for another field choose another name"))
            };
            self.push(diagnostic);
            return;
        }
        let field = FieldInfo {
            name: name.into(),
            at,
            owner: kind,
            ty,
            default: member.default.map(|expr| ExprRef { file: self.at.file, expr }),
            preset: false,
        };
        if let Some(info) = self.program.kinds.get_mut(kind.0 as usize) {
            let slot = u16::try_from(info.fields.len()).unwrap_or(u16::MAX);
            info.field_index.insert(name.into(), slot);
            info.fields.push(field);
        }
    }

    fn own_nested(&mut self, kind: KindId, item: ItemRef) {
        let node = *self.at.tree.item(item.item);
        let ItemKind::Component { of, .. } = node.kind else { return };
        let name = self.text(node.name);
        let kind_of_it = self.kind_named(of);
        if let Some(inner) = kind_of_it {
            if self.building.contains(&inner) {
                self.report_kind_cycle(kind, inner, of, "contains");
                return;
            }
            self.complete(inner);
        }
        let Some(info) = self.program.kind(kind) else { return };
        let first = info.nested.iter().find(|n| &*n.name == name).map(|n| n.item);
        if let Some(first) = first {
            let span = self.project.file(first.file).parse.tree.item(first.item).name;
            self.push(
                self.finding(&codes::DUPLICATE_NAME, node.name, format!("`{name}` is declared twice in this kind"))
                    .label("again here")
                    .secondary(first.file, span, "first here")
                    .help("give one of them another name"),
            );
            return;
        }
        if let Some(info) = self.program.kinds.get_mut(kind.0 as usize) {
            info.nested.push(NestedInfo { name: name.into(), item, of: kind_of_it, owner: kind });
        }
    }

    /// Checks the bodies of the kinds that have been used: defaults, presets, nested components, asserts.
    pub(crate) fn check_kinds(&mut self) {
        while let Some(kind) = self.to_check.pop() {
            self.check_kind(kind);
        }
    }

    fn check_kind(&mut self, kind: KindId) {
        let Some(item) = self.program.kind(kind).and_then(|info| info.item) else { return };
        let context = self.context(item.file);
        let node = context.tree.item(item.item);
        let ItemKind::Kind { body, .. } = node.kind else { return };
        let name = node.name.text(context.source);
        let context = Context { owner: Owner::Kind(kind), kind: Some(kind), component: Some(kind), ..context };
        let tree = context.tree;
        self.within(context, |this| {
            let mut set: Vec<(u16, Span)> = Vec::new();
            for (at, entry) in body.entries.indices().zip(tree.entries(body.entries)) {
                let sink = |what| Sink { name: this.text(entry.key), what, of: name, of_kind: "kind" };
                match entry.value {
                    EntryValue::Field(index) | EntryValue::Output(index) => {
                        let Some(member) = tree.member(index) else { continue };
                        let Some(default) = member.default else { continue };
                        let word = this.text(member.name);
                        this.at.sink = Sink { name: word, what: "field", of: name, of_kind: "kind" };
                        let ty = this.program.kind(kind).and_then(|info| {
                            let slot = info.field_index.get(word).and_then(|slot| info.fields.get(usize::from(*slot)));
                            slot.map(|f| f.ty).or_else(|| info.outputs.iter().find(|o| &*o.name == word).map(|o| o.ty))
                        });
                        if let Some(ty) = ty {
                            this.check_value(default, ty, None);
                        }
                    }
                    EntryValue::Set(value) => {
                        this.at.sink = sink("field");
                        this.set_field(kind, at, entry.key, value, &mut set);
                    }
                    EntryValue::Item(id) => match tree.item(id).kind {
                        ItemKind::Component { .. } => {
                            let index = this.program.kind(kind).and_then(|info| {
                                info.nested.iter().position(|n| n.item == ItemRef { file: this.at.file, item: id })
                            });
                            match index.and_then(|index| u16::try_from(index).ok()) {
                                Some(index) => this.check_nested(kind, index, id),
                                None => this.mark_words(tree.item(id).span),
                            }
                        }
                        ItemKind::Assert { condition, message } => this.check_assert(condition, message),
                        _ => this.refuse_entry(entry, &format!("kind `{name}`")),
                    },
                    EntryValue::Unset | EntryValue::Allow(_) | EntryValue::Error => {}
                }
            }
        });
    }

    fn check_nested(&mut self, kind: KindId, index: u16, id: oal_syntax::ast::ItemId) {
        let of = self.program.kind(kind).and_then(|info| info.nested.get(usize::from(index))).and_then(|n| n.of);
        let before = self.at;
        let locals = self.locals.len();
        self.at.owner = Owner::Nested(kind, index);
        self.at.component = of;
        self.check_component_body(id, of);
        self.locals.truncate(locals);
        self.at = before;
    }
}
