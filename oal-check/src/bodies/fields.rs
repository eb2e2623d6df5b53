//! The fields that a body sets: which one an entry means, what no kind has, and what is missing.

use crate::checker::Checker;
use crate::diagnostic::{Fix, codes};
use crate::program::{KindId, KindInfo, Owner, Target};
use crate::types::{Ty, TyData};
use oal_syntax::Span;
use oal_syntax::ast::{Body, Entry, EntryValue, ExprId, ItemKind};

impl<'p> Checker<'p> {
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
        if info.incomplete || info.garbled && self.at.owner != Owner::Kind(kind) {
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
            let mut diagnostic = self
                .finding(
                    &codes::PATH_OUTSIDE_ENVIRONMENT,
                    key,
                    format!("`{name}` is a path, and paths stand only in environments"),
                )
                .label("dotted key")
                .help("write the value as a map or record: `outer: { inner: … }`");
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

    /// The key of an entry that sets no field, which is said; empty where that could have been any field.
    fn strange_key(&self, info: &KindInfo, entry: &Entry) -> Option<&'p str> {
        let key = match entry.value {
            EntryValue::Allow(_) => return None,
            EntryValue::Set(_) => self.text(entry.key).trim_matches('"'),
            EntryValue::Item(id) => match self.at.tree.item(id).kind {
                ItemKind::Component { of, .. } => self.text(of),
                _ => "",
            },
            EntryValue::Field(_) | EntryValue::Output(_) | EntryValue::Unset | EntryValue::Error => {
                self.text(entry.key)
            }
        };
        let plain = matches!(entry.value, EntryValue::Set(_)) && key.len() == entry.key.len() as usize;
        (!plain || !info.field_index.contains_key(key)).then_some(key)
    }

    /// Required fields that nothing sets in any environment. Those that only some environments set are found there.
    pub(super) fn check_missing(
        &mut self,
        kind: KindId,
        set: &[(u16, Span)],
        at: Span,
        name: &str,
        of: &str,
        body: Body,
    ) {
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
        let entries = self.at.tree.entries(body.entries);
        let strange: Vec<&str> = entries.iter().filter_map(|entry| self.strange_key(info, entry)).collect();
        missing.retain(|(_, name, _)| !strange.iter().any(|key| key.is_empty() || meant(&root, key, name)));
        if missing.is_empty() || info.garbled {
            return;
        }
        let names: Vec<String> = missing.iter().map(|(_, name, _)| format!("`{name}`")).collect();
        let (word, verb) = if names.len() == 1 { ("field", "is") } else { ("fields", "are") };
        let list = names.join(", ");
        let fields: Vec<(&str, Ty)> = missing.iter().map(|(_, name, ty)| (name.as_str(), *ty)).collect();
        let fix = self.add_missing(body.open, &fields, true);
        self.push(
            self.finding(&codes::MISSING_FIELD, at, format!("{of} `{name}` needs its {word} {list}"))
                .label(format!("{list} {verb} missing"))
                .help(format!("add the {word} to the body"))
                .fix(fix),
        );
    }
}

/// Whether what is written for a field of a kind most likely means this one.
fn meant(kind: &str, written: &str, field: &str) -> bool {
    written == field
        || crate::suggest::closest(written, [field]).is_some()
        || crate::suggest::foreign_field(kind, written).is_some_and(|advice| {
            advice.replacement.as_deref() == Some(field) || advice.why.contains(&format!("`{field}:"))
        })
}
