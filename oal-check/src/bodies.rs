//! Items and what stands in their bodies: which field an entry sets, what is missing, what an environment may touch.

use crate::checker::{Checker, Context, Local, Sink};
use crate::diagnostic::{Fix, codes};
use crate::program::{Def, DefId, DefKind, KindId, Owner, Target};
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
    fn refuse_entry(&mut self, entry: &Entry, place: &str) {
        match entry.value {
            EntryValue::Item(id) => {
                let item = *self.at.tree.item(id);
                let (code, what) = match item.kind {
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

    /// The type of a param or a let, worked out when first asked for.
    pub(crate) fn def_value_type(&mut self, def: DefId, asked: Span) -> (Ty, Level) {
        if let Some(ty) = self.program.def_types.get(&def) {
            return self.program.types.split_level(*ty);
        }
        let Some(info) = self.program.def(def).copied() else { return (Ty::UNKNOWN, Level::Const) };
        if self.pending.contains(&def) {
            let name = self.program.def_name(def).to_owned();
            let start = self.pending.iter().position(|d| *d == def).unwrap_or(0);
            let mut way: Vec<String> =
                self.pending.iter().skip(start).map(|d| self.program.def_name(*d).to_owned()).collect();
            way.push(name.clone());
            self.push(
                self.finding(&codes::VALUE_CYCLE, asked, format!("`{name}` depends on itself"))
                    .label("the circle closes here")
                    .secondary(info.item.file, info.name, "declared here")
                    .note(format!("the circle: `{}`", way.join("` → `")))
                    .help("write one of these values out"),
            );
            return (Ty::UNKNOWN, Level::Const);
        }
        if self.pending.len() > crate::order::LONGEST {
            return self.too_long_chain(def, asked);
        }
        let at = self.context(info.item.file);
        let node = *at.tree.item(info.item.item);
        self.pending.push(def);
        let ty = self.within(at, |this| {
            let name = this.text(node.name);
            match node.kind {
                ItemKind::Param { ty, default } => {
                    this.at.sink = Sink { name, what: "param", ..Sink::default() };
                    let at = this.at.tree.ty(ty).span;
                    let ty = this.ty(ty);
                    let (bare, level) = this.program.types.split_level(ty);
                    if level > Level::Const {
                        this.push(
                            this.finding(
                                &codes::SECRET_PARAM,
                                at,
                                format!("param `{name}` cannot be {}", level.name()),
                            )
                            .label("a param is known when the program is checked")
                            .help("for a secret declare a component: `secret name { … }`"),
                        );
                    }
                    if let Some(default) = default {
                        this.check_value(default, bare, None);
                    }
                    bare
                }
                ItemKind::Let { ty, value } => {
                    this.at.sink = Sink { name, what: "let", ..Sink::default() };
                    if let Some(ty) = ty {
                        let ty = this.ty(ty);
                        this.check_value(value, ty, None);
                        ty
                    } else {
                        let typed = this.infer(value, None);
                        this.refuse_unclear(value, typed.ty);
                        if this.fallible {
                            this.oblige(value, Ty::UNKNOWN, None);
                        }
                        this.program.types.leveled(typed.level, typed.ty)
                    }
                }
                _ => Ty::UNKNOWN,
            }
        });
        self.pending.pop();
        self.program.def_types.insert(def, ty);
        self.program.types.split_level(ty)
    }

    /// `let x = []`: a list of nobody knows what.
    fn refuse_unclear(&mut self, value: ExprId, ty: Ty) {
        let node = self.at.tree.expr(value);
        let empty = matches!(node.kind, ExprKind::List(items) if items.is_empty());
        if empty && matches!(self.program.types.data(ty), TyData::List(Ty::UNKNOWN)) {
            let name = self.at.sink.name;
            self.push(
                self.finding(
                    &codes::UNCLEAR_TYPE,
                    node.span,
                    format!("the type of `{name}` cannot be told from an empty list"),
                )
                .label("a list of what?")
                .help(format!("say its type: `let {name}: List<String> = []`")),
            );
        }
    }

    pub(crate) fn too_long_chain(&mut self, def: DefId, asked: Span) -> (Ty, Level) {
        let name = self.program.def_name(def).to_owned();
        self.push(
            self.finding(
                &codes::BUDGET_EXCEEDED,
                asked,
                format!("`{name}` needs too many others, one after the other"),
            )
            .label("the chain is too long to follow")
            .help("say it in fewer steps"),
        );
        (Ty::UNKNOWN, Level::Const)
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

    /// The slot of a field. Bodies of one kind mostly have the same fields in the same order, so the one that stood at this place
    /// in the last body is tried first.
    fn slot_of(&mut self, kind: KindId, name: &str, place: usize) -> Option<u16> {
        let info = self.program.kind(kind)?;
        if let Some(slot) = self.usual_slots.get(place)
            && info.fields.get(usize::from(*slot)).is_some_and(|field| &*field.name == name)
        {
            return Some(*slot);
        }
        let slot = info.field_index.get(name).copied()?;
        if self.usual_slots.len() <= place {
            self.usual_slots.resize(place + 1, slot);
        }
        if let Some(usual) = self.usual_slots.get_mut(place) {
            *usual = slot;
        }
        Some(slot)
    }

    /// One `key: value` of a component's or kind's body. Returns the slot it sets.
    pub(crate) fn set_field(
        &mut self,
        kind: KindId,
        entry: usize,
        key: Span,
        value: ExprId,
        set: &mut Vec<(u16, Span)>,
    ) -> Option<u16> {
        let name = self.text(key);
        let Some(slot) = self.slot_of(kind, name, set.len()) else {
            self.report_unknown_field(kind, key, name);
            self.infer(value, Some(Ty::UNKNOWN));
            self.fallible = false;
            return None;
        };
        self.resolve_entry(entry, slot);
        if let Some((_, first)) = set.iter().find(|(other, _)| *other == slot) {
            let first = *first;
            let what = self.at.sink.describe();
            self.push(
                self.finding(&codes::DUPLICATE_FIELD, key, format!("{what} is set twice"))
                    .label("again here")
                    .secondary(self.at.file, first, "first here")
                    .help("remove one of them"),
            );
        } else {
            set.push((slot, key));
        }
        let ty =
            self.program.kind(kind).and_then(|info| info.fields.get(usize::from(slot))).map_or(Ty::UNKNOWN, |f| f.ty);
        self.check_value(value, ty, Some(slot));
        Some(slot)
    }

    fn report_unknown_field(&mut self, kind: KindId, key: Span, name: &str) {
        // The merge key of YAML is answered by the lexer.
        if name.is_empty() || name == "<<" {
            return;
        }
        let Some(info) = self.program.kind(kind) else { return };
        if info.incomplete {
            return;
        }
        let (kind_name, root) = (info.name.to_string(), info.root.and_then(|r| self.program.kind(r)));
        let root = root.map_or_else(|| kind_name.clone(), |root| root.name.to_string());
        if let Some(output) = info.outputs.iter().find(|output| &*output.name == name) {
            let owner = self.at.sink.of;
            let of = if owner.is_empty() || owner == kind_name {
                format!("kind `{kind_name}`")
            } else {
                format!("{kind_name} `{owner}`")
            };
            let (title, at) = (format!("`{name}` is an output of {of}, not a field"), output.at);
            let mut diagnostic = self
                .finding(&codes::OUTPUT_ASSIGNED, key, title)
                .label("outputs are made by the platform")
                .help("remove this line; others read it as `name.output`");
            if crate::std::index(at.file).is_none() {
                diagnostic = diagnostic.secondary(at.file, at.span, "declared here");
            }
            self.push(diagnostic);
            return;
        }
        if name.contains('.') || name.contains('[') {
            let what = self.at.sink;
            let mut diagnostic = self
                .finding(
                    &codes::PATH_OUTSIDE_ENVIRONMENT,
                    key,
                    format!("`{name}` is a path, and paths stand only in environments"),
                )
                .label("dotted key")
                .help("write the value as a map or record: `outer: { inner: … }`");
            let _ = what;
            if let Some((outer, inner)) = name.split_once('.')
                && !inner.contains(['.', '['])
            {
                diagnostic = diagnostic.note(format!("such as `{outer}: {{ {inner}: … }}`"));
            }
            self.push(diagnostic);
            return;
        }
        if name.starts_with('"') {
            self.push(
                self.finding(&codes::QUOTED_FIELD, key, format!("the field name {name} stands in quotes"))
                    .label("a field's name has no quotes")
                    .help("only keys of maps are quoted")
                    .fix(Fix::sure("remove the quotes", self.at.file, key, name.trim_matches('"'))),
            );
            return;
        }
        let owner = if self.at.sink.of.is_empty() || self.at.sink.of_kind == "kind" {
            format!("kind `{kind_name}`")
        } else {
            format!("{} `{}`", self.at.sink.of_kind, self.at.sink.of)
        };
        if let Some(advice) = crate::suggest::foreign_field(&root, name) {
            let mut diagnostic = self
                .finding(&codes::FOREIGN_FIELD, key, format!("{owner} has no field `{name}`"))
                .label("a field of another tool")
                .help(advice.why);
            // Another name alone helps only where the value has the right shape already.
            if let Some(replacement) = advice.replacement.filter(|name| self.suits(kind, name, key)) {
                diagnostic =
                    diagnostic.fix(Fix::maybe(format!("write `{replacement}`"), self.at.file, key, replacement));
            }
            self.push(diagnostic);
            return;
        }
        let mut diagnostic =
            self.finding(&codes::UNKNOWN_FIELD, key, format!("{owner} has no field `{name}`")).label("unknown field");
        let names: Vec<&str> = info.fields.iter().map(|field| &*field.name).collect();
        if let Some(near) = crate::suggest::closest(name, names.iter().copied()) {
            let near = near.to_owned();
            diagnostic = diagnostic.help(format!("did you mean `{near}`?")).fix(Fix::maybe(
                format!("write `{near}`"),
                self.at.file,
                key,
                near,
            ));
        } else if names.len() <= 12 {
            diagnostic = diagnostic.help(format!("its fields are `{}`", names.join("`, `")));
        } else {
            diagnostic = diagnostic.help(format!("`oal explain {kind_name}` lists its fields"));
        }
        self.push(diagnostic);
    }

    /// Whether what is written for a field could be the value of another one, by its looks.
    fn suits(&self, kind: KindId, field: &str, key: Span) -> bool {
        let Some(info) = self.program.kind(kind) else { return false };
        let Some(slot) = info.field_index.get(field) else { return false };
        let Some(ty) = info.fields.get(usize::from(*slot)).map(|field| self.program.types.bare(field.ty)) else {
            return false;
        };
        let rest = self.at.source.get(key.end as usize..).unwrap_or_default();
        let value = rest.trim_start().strip_prefix(':').unwrap_or_default().trim_start();
        match self.program.types.data(ty) {
            TyData::Map(..) | TyData::Record(_) => value.starts_with('{'),
            TyData::List(_) => value.starts_with('['),
            TyData::Union(_) => {
                value.starts_with(|c: char| c.is_ascii_lowercase())
                    && !value.starts_with("true")
                    && !value.starts_with("false")
            }
            TyData::Bool => value.starts_with("true") || value.starts_with("false"),
            TyData::String | TyData::Text(_) => value.starts_with('"'),
            _ => value.starts_with(|c: char| c.is_ascii_digit()),
        }
    }

    /// Required fields that nothing sets in any environment. Those that only some environments set are found there.
    fn check_missing(&mut self, kind: KindId, set: &[(u16, Span)], at: Span, name: &str, of: &str, body: Body) {
        let Some(info) = self.program.kind(kind) else { return };
        let lacks = |slot: &u16| !set.iter().any(|(other, _)| other == slot);
        if !info.required.iter().any(lacks) {
            return;
        }
        let mut missing: Vec<(u16, String, Ty)> = info
            .required
            .iter()
            .copied()
            .filter(lacks)
            .filter_map(|slot| info.fields.get(usize::from(slot)).map(|field| (slot, field.name.to_string(), field.ty)))
            .collect();
        if let Owner::Component(def) = self.at.owner {
            missing.retain(|(slot, ..)| !self.program.overrides.iter().any(|o| {
                o.value.is_some()
                    && matches!(&o.target, Target::Field { component, slot: other, nested, .. } if *component == def && other == slot && nested.is_empty())
            }));
        }
        // A field that was misspelt is not missing, too.
        let root = info.root.and_then(|root| self.program.kind(root)).map_or("", |root| &*root.name).to_owned();
        let strange: Vec<&str> = self
            .at
            .tree
            .entries(body.entries)
            .iter()
            .map(|entry| self.text(entry.key))
            .filter(|key| !key.is_empty() && !info.field_index.contains_key(*key))
            .collect();
        missing.retain(|(_, name, _)| !strange.iter().any(|key| meant(&root, key, name)));
        if missing.is_empty() {
            return;
        }
        let names: Vec<String> = missing.iter().map(|(_, name, _)| format!("`{name}`")).collect();
        let (word, verb) = if names.len() == 1 { ("field", "is") } else { ("fields", "are") };
        let list = names.join(", ");
        let mut text = String::new();
        let entries = self.at.tree.entries(body.entries);
        let gap = entries.first().map(|entry| Span::new(body.open + 1, entry.key.start.max(body.open + 1)));
        let one_line = gap.is_some_and(|gap| !self.text(gap).contains('\n'));
        for (_, field, ty) in &missing {
            let shown = self.show_plain(*ty);
            let value = crate::infer::display::placeholder(&shown);
            text.push_str(&if one_line { format!(" {field}: {value},") } else { format!("\n  {field}: {value}") });
        }
        let insert = Span::empty(body.open + 1);
        let tail = if entries.is_empty() { "\n" } else { "" };
        self.push(
            self.finding(&codes::MISSING_FIELD, at, format!("{of} `{name}` needs its {word} {list}"))
                .label(format!("{list} {verb} missing"))
                .help(format!("add the {word} to the body"))
                .fix(Fix::sketch(format!("add {list}"), self.at.file, insert, format!("{text}{tail}"))),
        );
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

    /// Brings a loop's names into scope.
    pub(crate) fn bind_loop(&mut self, first: Span, second: Span, first_ty: Ty, second_ty: Ty, level: Level) {
        for (span, ty) in [(first, first_ty), (second, second_ty)] {
            if span.is_empty() {
                continue;
            }
            let (ty, own) = self.program.types.split_level(ty);
            let name = self.text(span);
            if name != "_" && first != span && self.text(first) == name {
                self.push(
                    self.finding(&codes::DUPLICATE_BINDING, span, format!("`{name}` is bound twice"))
                        .label("again here")
                        .secondary(self.at.file, first, "first here")
                        .help("give the second one another name"),
                );
            }
            self.locals.push(Local { name, ty, level: level.max(own) });
        }
    }
}

/// Whether what is written for a field of a kind most likely means this one.
fn meant(kind: &str, written: &str, field: &str) -> bool {
    crate::suggest::closest(written, [field]).is_some()
        || crate::suggest::foreign_field(kind, written).is_some_and(|advice| {
            advice.replacement.as_deref() == Some(field) || advice.why.contains(&format!("`{field}:"))
        })
}
