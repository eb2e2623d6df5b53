//! Lists and objects.

use crate::checker::{Checker, Sink, Typed};
use crate::diagnostic::{Fix, codes};
use crate::infer::levels::Place;
use crate::types::{Level, MemberInfo, RecordInfo, Ty, TyData};
use oal_syntax::ast::{Entry, EntryValue, ExprId, List};
use oal_syntax::{Span, key};
use std::borrow::Cow;

impl<'p> Checker<'p> {
    pub(crate) fn list(&mut self, items: List<ExprId>, want: Option<Ty>) -> Typed {
        let tree = self.at.tree;
        let wanted = want.map(|want| self.program.types.bare(want));
        if let Some(wanted) = wanted
            && let TyData::List(element) = *self.program.types.data(wanted)
        {
            let (bare, allowed) = self.program.types.split_level(element);
            let mut level = Level::Const;
            for item in tree.exprs(items) {
                let typed = self.infer(*item, Some(bare));
                self.record_expected(*item, element);
                self.fit(*item, Typed { level: Level::Const, ..typed }, bare, Level::Const);
                if typed.level > allowed {
                    level = level.max(typed.level);
                }
            }
            self.hold_length(want);
            return Typed { ty: wanted, level };
        }
        let want = want.filter(|_| wanted == Some(Ty::UNKNOWN));
        let parts: Vec<(ExprId, Typed)> =
            tree.exprs(items).iter().map(|item| (*item, self.infer(*item, want))).collect();
        let joined = self.join(&parts, want, &codes::MIXED_LIST, "elements");
        Typed { ty: self.program.types.intern(TyData::List(joined.ty)), level: joined.level }
    }

    /// `List<T> where 1..` is held by value, where the list's own length can be shown.
    fn hold_length(&mut self, want: Option<Ty>) {
        if want.is_some_and(|want| {
            matches!(self.program.types.data(self.program.types.split_optional(want).0), TyData::Refined(..))
        }) {
            self.fallible = true;
        }
    }

    pub(crate) fn object(&mut self, id: ExprId, entries: List<Entry>, want: Option<Ty>) -> Typed {
        let wanted = want.map_or(Ty::UNKNOWN, |want| self.program.types.bare(want));
        if want.is_some() {
            self.hold_length(want);
        }
        match *self.program.types.data(wanted) {
            TyData::Map(key, value) => {
                // What may not stand in an entry has been said at the entry.
                self.map_entries(entries, key, value);
                Typed::constant(wanted)
            }
            TyData::Record(_) => {
                let span = self.at.tree.expr(id).span;
                self.check_fields_of_record(entries, wanted, span, "record");
                Typed::constant(wanted)
            }
            TyData::Unknown => self.free_object(entries, want.is_some()),
            _ => self.free_object(entries, false),
        }
    }

    fn map_entries(&mut self, entries: List<Entry>, key: Ty, value: Ty) {
        let tree = self.at.tree;
        let (bare, allowed) = self.program.types.split_level(value);
        let before = self.at.sink;
        // Only the container's own `ports` declares port names; any other map of them names existing ones.
        let declares = before.name == "ports" && before.what == "field";
        let entries = tree.entries(entries);
        for (at, entry) in entries.iter().enumerate() {
            let EntryValue::Set(expr) = entry.value else { continue };
            if entry.key.is_empty() {
                continue;
            }
            let name = self.text(entry.key);
            self.check_key(entry.key, name, key, declares);
            self.refuse_second(&codes::DUPLICATE_KEY, entries, at, entry.key, name);
            self.at.sink = Sink { name, what: "entry", of: before.name, of_kind: "" };
            let typed = self.infer(expr, Some(bare));
            self.record_expected(expr, value);
            self.fit(expr, Typed { level: Level::Const, ..typed }, bare, Level::Const);
            if typed.level > allowed {
                self.at.sink = before;
                self.refuse_level(expr, typed.level, allowed, Place::Field);
            }
        }
        self.at.sink = before;
    }

    /// A key written twice in one body or object.
    fn refuse_second(
        &mut self,
        code: &'static crate::diagnostic::Code,
        entries: &[Entry],
        at: usize,
        key: Span,
        name: &str,
    ) {
        // Most objects are small; large ones are looked through by a table.
        let first = if entries.len() <= 24 {
            entries
                .iter()
                .take(at)
                .find(|other| self.text(other.key) == name && !other.key.is_empty())
                .map(|other| other.key)
        } else {
            self.first_of(entries, at, name)
        };
        if let Some(first) = first {
            self.push(
                self.finding(code, key, format!("`{}` is set twice", name.trim_matches('"')))
                    .label("again here")
                    .secondary(self.at.file, first, "first here")
                    .help("remove one of them"),
            );
        }
    }

    fn first_of(&mut self, entries: &[Entry], at: usize, name: &str) -> Option<Span> {
        let table_of = entries.as_ptr() as usize;
        if self.key_table.0 != table_of {
            let mut table = rustc_hash::FxHashMap::default();
            for (index, entry) in entries.iter().enumerate() {
                table.entry(self.text(entry.key)).or_insert(index);
            }
            self.key_table = (table_of, table);
        }
        let index = *self.key_table.1.get(name)?;
        (index < at).then(|| entries.get(index).map(|entry| entry.key)).flatten()
    }

    /// A key as it is written in an object or a path; `declares`: it names a new port.
    pub(crate) fn check_key(&mut self, at: Span, name: &str, ty: Ty, declares: bool) {
        match *self.program.types.data(ty) {
            TyData::String | TyData::Unknown => {}
            TyData::Text(text_type) => {
                if name.starts_with('"') || name.starts_with("r\"") {
                    self.check_text_literal(text_type, at);
                } else if let Err(problem) = crate::text::check(text_type, name) {
                    let mut diagnostic = self
                        .finding(crate::infer::literals::code_of(text_type, problem.kind), at, problem.message)
                        .label(format!("the keys here are {}", crate::infer::literals::article(text_type)));
                    if let Some(help) = problem.help {
                        diagnostic = diagnostic.help(help);
                    }
                    self.push(diagnostic);
                }
            }
            TyData::PortName if declares => self.declare_port(at, name),
            TyData::PortName => {
                let known = self
                    .at
                    .ports
                    .is_some_and(|ports| self.at.tree.entries(ports).iter().any(|entry| self.text(entry.key) == name));
                if !known {
                    self.fallible = true;
                }
            }
            TyData::Union(number) => {
                let known =
                    self.program.types.union(number).is_some_and(|u| u.variants.iter().any(|v| &*v.name == name));
                if !known {
                    let names = self.variants_of(ty);
                    let shown = self.show(ty);
                    let mut diagnostic = self
                        .finding(&codes::UNKNOWN_VARIANT, at, format!("{shown} has no variant `{name}`"))
                        .label(format!("the keys here are {shown}"));
                    diagnostic = match crate::suggest::closest(name, names.iter().map(String::as_str)) {
                        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(Fix::maybe(
                            format!("write `{near}`"),
                            self.at.file,
                            at,
                            near,
                        )),
                        None => diagnostic.help(format!("its values are `{}`", names.join("`, `"))),
                    };
                    self.push(diagnostic);
                }
            }
            TyData::Refined(base, _) => {
                self.fallible = true;
                self.check_key(at, name, base, declares);
            }
            _ => {}
        }
    }

    fn declare_port(&mut self, at: Span, name: &str) {
        let plain = name.trim_matches('"');
        if let Err(problem) = crate::text::dns::check(&crate::text::dns::name(plain)) {
            self.push(
                self.finding(&codes::DNS_NAME_INVALID, at, problem.message(plain))
                    .label("the name of a port")
                    .help("use small letters, digits and `_`, at most 63 of them"),
            );
        }
    }

    /// Fields of a record or of `app`.
    pub(crate) fn check_fields_of_record(&mut self, entries: List<Entry>, ty: Ty, at: Span, what: &'static str) {
        let TyData::Record(number) = *self.program.types.data(ty) else { return };
        let Some(record) = self.program.types.record(number).cloned() else { return };
        let before = self.at.sink;
        let of = before.name;
        let tree = self.at.tree;
        let entries_slice = tree.entries(entries);
        for (index, entry) in entries_slice.iter().enumerate() {
            let EntryValue::Set(expr) = entry.value else { continue };
            if entry.key.is_empty() {
                continue;
            }
            let name = self.text(entry.key);
            self.refuse_second(
                if what == "app" { &codes::DUPLICATE_FIELD } else { &codes::DUPLICATE_KEY },
                entries_slice,
                index,
                entry.key,
                name,
            );
            let member = record.fields.iter().find(|member| &*member.name == name).or_else(|| {
                // No word, as in `{ "a-b": 1 } == { "a-b": 2 }`, where the first one tells the type of the second.
                let plain = key::text(name);
                let is_word = plain.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
                record.fields.iter().find(|member| !is_word && *member.name == *plain)
            });
            let Some(member) = member else {
                self.report_unknown_record_field(entry.key, name, &record, of, what);
                self.infer(expr, Some(Ty::UNKNOWN));
                continue;
            };
            self.at.sink = Sink { name, what: "field", of, of_kind: if what == "app" { "app" } else { "" } };
            if before.name == "build" && name == "args" {
                self.at.sink.of = "build";
            }
            let outer = self.fallible;
            self.fallible = false;
            self.check(expr, member.ty);
            if what == "app" && self.fallible {
                self.oblige(expr, member.ty, None);
                self.fallible = false;
            }
            self.fallible |= outer;
        }
        self.at.sink = before;
        let missing: Vec<&MemberInfo> = record
            .fields
            .iter()
            .filter(|member| {
                let (inner, _) = self.program.types.split_level(member.ty);
                member.default.is_none()
                    && !self.program.types.split_optional(inner).1
                    && !entries_slice.iter().any(|entry| {
                        let written = self.text(entry.key);
                        written == &*member.name
                            || written.starts_with(['"', 'r']) && key::text(written) == *member.name
                            // A field that was misspelt is not missing, too.
                            || !record.fields.iter().any(|field| &*field.name == written)
                                && crate::suggest::closest(written, [&*member.name]).is_some()
                    })
            })
            .collect();
        if !missing.is_empty() {
            // The rest may come from a kind's preset or an environment: the value decides, where it is one of a field.
            if matches!(before.what, "field") && !before.of_kind.is_empty() {
                self.fallible = true;
            } else {
                let names: Vec<String> = missing.iter().map(|member| format!("`{}`", member.name)).collect();
                let list = names.join(", ");
                let shown = self.show(ty);
                let fields: Vec<(&str, Ty)> = missing.iter().map(|member| (&*member.name, member.ty)).collect();
                let mut diagnostic = self
                    .finding(&codes::MISSING_FIELD, at, format!("{shown} needs {list}"))
                    .label(format!("without {list}"))
                    .help("add what is missing");
                if what == "record" {
                    diagnostic = diagnostic.fix(self.add_missing(at.start, &fields, false));
                }
                self.push(diagnostic);
            }
        }
    }

    fn report_unknown_record_field(&mut self, at: Span, name: &str, record: &RecordInfo, of: &str, what: &str) {
        let owner = match &record.name {
            Some(_) if what == "app" => format!("app `{of}`"),
            Some(name) => format!("`{name}`"),
            None if of.is_empty() => "the record".to_owned(),
            None => format!("`{of}`"),
        };
        let names: Vec<&str> = record.fields.iter().map(|f| &*f.name).collect();
        let root = match record.name.as_deref() {
            Some("Build") => "build",
            Some("App") => "app",
            _ => of,
        };
        if let Some(advice) = crate::suggest::foreign_field(root, name) {
            self.push(
                self.finding(&codes::FOREIGN_FIELD, at, format!("{owner} has no field `{name}`"))
                    .label("a field of another tool")
                    .help(advice.why),
            );
            return;
        }
        let plain = name.trim_matches('"');
        if plain != name && names.contains(&plain) {
            self.push(
                self.finding(&codes::QUOTED_FIELD, at, format!("the field name {name} stands in quotes"))
                    .label("a field's name has no quotes")
                    .help("only keys of maps are quoted")
                    .fix(Fix::sure("remove the quotes", self.at.file, at, plain)),
            );
            return;
        }
        let mut diagnostic =
            self.finding(&codes::UNKNOWN_FIELD, at, format!("{owner} has no field `{name}`")).label("unknown field");
        diagnostic = match crate::suggest::closest(plain, names.iter().copied()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(Fix::maybe(
                format!("write `{near}`"),
                self.at.file,
                at,
                near,
            )),
            None => diagnostic.help(format!("its fields are `{}`", names.join("`, `"))),
        };
        self.push(diagnostic);
    }

    /// An object whose place does not say what it takes: a record of what is written.
    fn free_object(&mut self, entries: List<Entry>, silent: bool) -> Typed {
        let tree = self.at.tree;
        let mut fields = Vec::new();
        let mut level = Level::Const;
        let slice = tree.entries(entries);
        for (index, entry) in slice.iter().enumerate() {
            let EntryValue::Set(expr) = entry.value else { continue };
            let name = self.text(entry.key);
            if name.is_empty() {
                continue;
            }
            self.refuse_second(&codes::DUPLICATE_KEY, slice, index, entry.key, name);
            let typed = self.infer(expr, if silent { Some(Ty::UNKNOWN) } else { None });
            level = level.max(typed.level);
            let name: Cow<'_, str> = key::text(name);
            fields.push(MemberInfo {
                name: name.as_ref().into(),
                at: self.place(entry.key),
                ty: typed.ty,
                default: None,
            });
        }
        if silent {
            return Typed { ty: Ty::UNKNOWN, level };
        }
        Typed { ty: self.program.types.add_record(RecordInfo { name: None, fields }), level }
    }
}
