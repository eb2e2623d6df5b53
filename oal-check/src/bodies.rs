//! Items and what stands in their bodies: which entries each of them takes.

mod fields;
mod values;

use crate::checker::{Checker, Context, Sink};
use crate::diagnostic::codes;
use crate::program::{Def, DefId, DefKind, KindId, Owner};
use crate::types::{Level, Ty, TyData};
use oal_syntax::Span;
use oal_syntax::ast::{Body, Entry, EntryValue, ExprId, ExprKind, Guard, ItemId, ItemKind, List};

impl<'p> Checker<'p> {
    /// Gives every component of the program its kind, so that bodies may mention components in any order.
    pub(crate) fn assign_kinds(&mut self) {
        let count = self.program.defs.len();
        let mut last: Option<(oal_syntax::FileId, &str, Option<KindId>)> = None;
        for index in 0..count {
            let Some(def) = self.program.defs.get(index).copied() else { continue };
            if def.kind != DefKind::Component {
                continue;
            }
            if self.at.file != def.item.file {
                self.at = self.context(def.item.file);
            }
            let ItemKind::Component { of, .. } = self.at.tree.item(def.item.item).kind else { continue };
            let word = self.text(of);
            // Components of one kind often follow each other.
            if self.shadow_components.contains(&DefId(u32::try_from(index).unwrap_or(u32::MAX))) {
                continue;
            }
            let kind = match last {
                Some((file, same, kind @ Some(_))) if file == def.item.file && same == word => kind,
                _ => self.component_kind(of),
            };
            last = Some((def.item.file, word, kind));
            if let Some(def) = self.program.defs.get_mut(index) {
                def.of = kind;
            }
        }
    }

    /// Checks every item of every file of the project.
    pub(crate) fn check_items(&mut self) {
        let files: Vec<_> = self.project.files().map(|(id, _)| id).collect();
        let mut def = 0_usize;
        for &file in &files {
            self.at = self.context(file);
            for &id in &self.at.tree.top {
                def = self.check_item(id, def);
            }
        }
    }

    /// The definition of the next item of the file at hand, if it has one: definitions stand in the order of the items.
    fn next_def(&self, id: ItemId, def: usize) -> Option<DefId> {
        let info: &Def = self.program.defs.get(def)?;
        (info.item.file == self.at.file && info.item.item == id).then(|| DefId(u32::try_from(def).unwrap_or(0)))
    }

    fn check_item(&mut self, id: ItemId, mut def: usize) -> usize {
        let own = self.next_def(id, def);
        if own.is_some() {
            def += 1;
        }
        let item = *self.at.tree.item(id);
        match item.kind {
            ItemKind::App(body) => self.check_app(body, item.name),
            ItemKind::Environment(body) => def = self.check_environment(body, def),
            ItemKind::Param { .. } | ItemKind::Let { .. } => {
                if let Some(own) = own {
                    self.def_value_type(own, item.name);
                }
            }
            ItemKind::Type(_) => {
                if let Some(own) = own {
                    self.declared_type(own, item.name);
                }
            }
            ItemKind::Assert { condition, message } => self.check_assert(condition, message),
            ItemKind::Kind { .. } => {
                if let Some(own) = own {
                    let kind = self.kind_id(own);
                    self.complete(kind);
                }
            }
            ItemKind::Component { .. } => self.check_component(id, own),
            ItemKind::Use { .. } | ItemKind::UseAs { .. } | ItemKind::Error => {}
        }
        self.check_kinds();
        def
    }

    fn check_app(&mut self, body: Body, name: Span) {
        let Some(def) = self.find_std("App") else { return };
        let ty = self.declared_type(def, name);
        self.at.sink = Sink { name: self.text(name), what: "app", ..Sink::default() };
        self.program.app_type = Some(ty);
        self.check_fields_of_record(body.entries, ty, name, "app");
        for entry in self.at.tree.entries(body.entries) {
            self.refuse_entry(entry, "an `app`");
        }
    }

    /// Says what may not stand in this body: everything but `key: value`.
    pub(crate) fn refuse_entry(&mut self, entry: &Entry, place: &str) {
        match entry.value {
            EntryValue::Item(id) => {
                let item = *self.at.tree.item(id);
                // What it mentions is used all the same.
                self.mark_words(item.span);
                let (code, what) = match item.kind {
                    // That it has no name is said.
                    ItemKind::Component { .. } if item.name.is_empty() => return,
                    ItemKind::Component { .. } => (&codes::COMPONENT_NOT_ALLOWED, "component"),
                    ItemKind::Error => return,
                    _ => (&codes::DECLARATION_NOT_ALLOWED, "declaration"),
                };
                let at = if item.name.is_empty() { Span::new(item.span.start, item.span.start + 1) } else { item.name };
                self.push(
                    self.finding(code, at, format!("{place} holds no {what}"))
                        .label("inside a body that has only fields")
                        .help("move it to the top of the file"),
                );
            }
            EntryValue::Field(_) | EntryValue::Output(_) => {
                self.push(
                    self.finding(&codes::FIELD_OUTSIDE_KIND, entry.key, format!("{place} declares no fields"))
                        .label("`field` and `output` belong into a `kind`")
                        .help("to give a field a value, write `name: value`"),
                );
            }
            EntryValue::Unset => {
                self.push(
                    self.finding(
                        &codes::UNSET_OUTSIDE_ENVIRONMENT,
                        entry.key,
                        "`unset` stands only in an `environment`",
                    )
                    .label("nothing is set before this body")
                    .help("leave the field out, or unset it in an environment"),
                );
            }
            EntryValue::Set(_) | EntryValue::Allow(_) | EntryValue::Error => {}
        }
    }

    pub(crate) fn check_assert(&mut self, condition: ExprId, message: ExprId) {
        let before = self.at.sink;
        self.at.sink = Sink { name: "assert", what: "assert", ..Sink::default() };
        let typed = self.infer(condition, Some(Ty::BOOL));
        self.expect_condition(condition, typed, true);
        let typed = self.infer(message, Some(Ty::STRING));
        self.refuse_level(message, typed.level, Level::Const, crate::infer::levels::Place::Assert);
        self.fallible = false;
        self.at.sink = before;
    }

    fn check_component(&mut self, id: ItemId, def: Option<DefId>) {
        let ItemKind::Component { of, .. } = self.at.tree.item(id).kind else { return };
        let kind = match def {
            Some(def) => self.program.def(def).and_then(|info| info.of),
            // Without a name it is not sure that it is a component at all.
            None if self.at.tree.item(id).name.is_empty() => None,
            None => self.component_kind(of),
        };
        if let Some(def) = def {
            self.at.owner = Owner::Component(def);
        }
        let before = self.at;
        self.at.component = kind;
        self.check_component_body(id, kind);
        self.at = Context { owner: Owner::File, ..before };
    }

    /// The kind of a component, filled in; a kind that cannot be declared is refused.
    pub(crate) fn component_kind(&mut self, of: Span) -> Option<KindId> {
        let kind = self.kind_named(of)?;
        self.complete(kind);
        let info = self.program.kind(kind)?;
        if info.incomplete {
            return None;
        }
        if info.is_extern && !crate::std::is_kind(&info.name) {
            let name = info.name.to_string();
            self.push(
                self.finding(&codes::NOT_A_KIND, of, format!("`{name}` is a common base, no kind of its own"))
                    .label("cannot be declared")
                    .help("declare a `service` or a `job`"),
            );
        }
        Some(kind)
    }

    /// A component's guard, fields and what it lacks; the context says whose component it is.
    pub(crate) fn check_component_body(&mut self, id: ItemId, kind: Option<KindId>) {
        let item = *self.at.tree.item(id);
        let ItemKind::Component { of, guard, body } = item.kind else { return };
        let name = self.text(item.name);
        let outer = self.at.kind;
        match guard {
            Guard::None => {}
            Guard::If(condition) => {
                self.at.sink = Sink { name, what: "condition of", ..Sink::default() };
                let typed = self.infer(condition, Some(Ty::BOOL));
                self.expect_condition(condition, typed, false);
                self.fallible = false;
            }
            Guard::For(index) => {
                self.check_component_loop(index);
            }
        }
        let Some(kind) = kind else {
            // The kind is unknown, which is said; names in the body are still worth a look.
            for entry in self.at.tree.entries(body.entries) {
                if let EntryValue::Set(value) = entry.value {
                    self.infer(value, Some(Ty::UNKNOWN));
                }
            }
            self.locals.clear();
            return;
        };
        let tree = self.at.tree;
        let of_kind = self.text(of);
        self.at.ports = self.own_ports(kind, body.entries);
        let mut set: Vec<(u16, Span)> = std::mem::take(&mut self.set);
        set.clear();
        for (at, entry) in body.entries.indices().zip(tree.entries(body.entries)) {
            if let EntryValue::Set(value) = entry.value {
                self.at.sink = Sink { name: self.text(entry.key), what: "field", of: name, of_kind };
                self.set_field(kind, at, entry.key, value, &mut set);
            } else {
                self.refuse_entry(entry, &format!("{of_kind} `{name}`"));
            }
        }
        self.check_missing(kind, &set, item.name, name, of_kind, body);
        self.set = set;
        self.at.ports = None;
        self.at.kind = outer;
        if outer.is_none() {
            self.locals.clear();
        }
    }

    fn check_component_loop(&mut self, index: u32) {
        let Some(head) = self.at.tree.loop_head(index).copied() else { return };
        let typed = self.infer(head.iterable, None);
        self.refuse_level(head.iterable, typed.level, Level::Const, crate::infer::levels::Place::Structure);
        let (first, second) = self.element_types(head.iterable, typed.ty, !head.second.is_empty());
        let over = self.program.types.bare(typed.ty);
        let key = match *self.program.types.data(over) {
            TyData::Map(key, _) => key,
            TyData::Record(_) => Ty::STRING,
            _ if head.second.is_empty() => first,
            _ => second,
        };
        let bare = self.program.types.bare(key);
        let keyed = match self.program.types.data(bare) {
            TyData::String | TyData::Text(_) | TyData::Int | TyData::Port | TyData::Environment | TyData::Unknown => {
                true
            }
            TyData::Union(number) => {
                self.program.types.union(*number).is_some_and(|u| u.variants.iter().all(|v| v.fields.is_empty()))
            }
            _ => false,
        };
        if !keyed {
            let shown = self.show(key);
            let span = self.at.tree.expr(head.iterable).span;
            self.push(
                self.finding(
                    &codes::BAD_LOOP_KEY,
                    span,
                    format!("components cannot be told apart by values of {shown}"),
                )
                .label("each element becomes the key of one component")
                .help("go over texts, integers or enum values; over a map its keys are taken"),
            );
        }
        self.fallible = false;
        self.bind_loop(head.first, head.second, first, second, typed.level);
    }

    /// The keys of `ports`, where the body writes them out.
    fn own_ports(&self, kind: KindId, entries: List<Entry>) -> Option<List<Entry>> {
        let info = self.program.kind(kind)?;
        info.field_index.get("ports")?;
        let tree = self.at.tree;
        tree.entries(entries).iter().find_map(|entry| match entry.value {
            EntryValue::Set(value) if self.text(entry.key) == "ports" => match tree.expr(value).kind {
                ExprKind::Object(list) => Some(list),
                _ => None,
            },
            _ => None,
        })
    }

    fn check_environment(&mut self, body: Body, mut def: usize) -> usize {
        let tree = self.at.tree;
        for entry in tree.entries(body.entries) {
            match entry.value {
                EntryValue::Item(nested) => {
                    let own = self.next_def(nested, def);
                    if own.is_some() {
                        def += 1;
                    }
                    match tree.item(nested).kind {
                        ItemKind::Component { .. } => self.check_component(nested, own),
                        ItemKind::Error => {}
                        _ => self.refuse_entry(entry, "an environment"),
                    }
                }
                EntryValue::Field(_) | EntryValue::Output(_) => self.refuse_entry(entry, "an environment"),
                EntryValue::Set(_) | EntryValue::Unset | EntryValue::Allow(_) | EntryValue::Error => {}
            }
        }
        def
    }
}
