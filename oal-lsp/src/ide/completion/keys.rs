//! Keys of bodies and objects, paths of environments, arguments.

use super::site::{Callee, Keys, KeysOf};
use super::tables::{self, Known, PartKind, Type};
use super::values::MOST_COMPONENTS;
use super::{Docs, Kind, List, group, scaffold};
use oal_check::program::{DefId, DefKind, ExprRef, FieldInfo, KindInfo, Place};
use oal_check::query;
use oal_check::types::{MemberInfo, TextType, TyData};
use oal_check::value::Value;
use oal_syntax::Span;
use oal_syntax::token::Token;
use std::collections::BTreeSet;

impl<'a> List<'a, '_> {
    pub(super) fn keys(&mut self, keys: &Keys<'a>) {
        match keys.of {
            KeysOf::Component(kind) => {
                if let Some(info) = kind.info() {
                    self.fields(kind, info, &keys.given);
                }
                self.words(&["allow"], group::WORD);
            }
            KeysOf::Kind(base) => {
                self.kind_body_words();
                if let Some((kind, info)) = base.and_then(|kind| Some((kind, kind.info()?))) {
                    self.fields(kind, info, &keys.given);
                }
                self.kinds(group::LAST);
            }
            KeysOf::Environment => {
                self.environment_paths(false);
                self.words(&["unset"], group::WORD);
                self.kinds(group::LAST);
            }
            KeysOf::Object(ty) | KeysOf::App(ty) => {
                if let Some(ty) = ty {
                    self.members(ty, &keys.given);
                }
            }
            KeysOf::New => {}
        }
    }

    /// Fields that are not there yet: those that must be given first, those that every built-in component has last.
    fn fields(&mut self, kind: tables::Kind<'a>, info: &'a KindInfo, given: &[String]) {
        let of_all = |field: &FieldInfo| {
            let owner = kind.program.kind(field.owner);
            field.owner != kind.id && owner.is_some_and(|owner| owner.is_extern && owner.base.is_none())
        };
        let mut fields: Vec<(u16, &FieldInfo)> = (0u16..).zip(&info.fields).collect();
        fields.sort_by_key(|(_, field)| of_all(field));
        for (slot, field) in fields {
            if given.iter().any(|given| **given == *field.name) {
                continue;
            }
            let required = info.required.contains(&slot);
            self.key(&field.name, Type::new(kind.program, field.ty), required, Some(field.at));
        }
    }

    /// Fields of a record, or keys of a map that are known.
    fn members(&mut self, ty: Type<'a>, given: &[String]) {
        if let Some(members) = ty.record() {
            self.record_fields(ty, members, given);
        } else if let Some(key) = ty.map_key() {
            let value = ty.map_value().unwrap_or(ty);
            let mut names: Vec<(String, Option<Place>)> = key
                .variants()
                .map(|variants| variants.iter().map(|variant| (variant.name.to_string(), None)).collect())
                .unwrap_or_default();
            if key.bare() == Some(&TyData::PortName) {
                names.extend(self.own_ports().into_iter().map(|port| (port, None)));
            }
            if key.bare() == Some(&TyData::Text(TextType::EnvName)) {
                names.extend(self.variables().into_iter().map(|name| (name, None)));
            }
            names.extend(self.groups(ty).into_iter().map(|(name, at)| (name, Some(at))));
            for (name, at) in names.into_iter().filter(|(name, _)| !given.contains(name)) {
                self.key(&name, value, false, at);
            }
        }
    }

    /// The names of the variables that components of this file set.
    fn variables(&self) -> BTreeSet<String> {
        let file = self.request.file;
        let components = (0..).zip(&self.program.defs);
        let components = components.filter(|(_, def)| def.kind == DefKind::Component && def.item.file == file);
        let sets =
            components.take(MOST_COMPONENTS).filter_map(|(id, _)| tables::written(self.program, DefId(id), "env"));
        sets.flat_map(tables::keys).map(|(name, ..)| name).collect()
    }

    /// The network groups of the app, where those that a component joins are wanted.
    fn groups(&self, ty: Type<'a>) -> Vec<(String, Place)> {
        let own = |member: &MemberInfo| oal_check::std::index(member.at.file).is_some();
        let joined = ty.map_value().filter(|value| value.show() == "Membership");
        if !joined.and_then(Type::record).is_some_and(|members| members.iter().all(own)) {
            return Vec::new();
        }
        let Some(ExprRef { file, expr }) = query::network_groups(self.program) else { return Vec::new() };
        let declared = tables::keys((self.program, file, expr)).into_iter();
        declared.map(|(name, _, span)| (name, Place { file, span })).collect()
    }

    fn record_fields(&mut self, ty: Type<'a>, members: &'a [MemberInfo], given: &[String]) {
        for member in members.iter().filter(|member| !given.iter().any(|given| **given == *member.name)) {
            self.key(&member.name, ty.with(member.ty), scaffold::must(ty, member), Some(member.at));
        }
    }

    fn key(&mut self, name: &str, ty: Type<'a>, required: bool, at: Option<Place>) {
        let has_colon = self.site.has_colon;
        let shown = ty.show();
        let Some(item) = self.push(Kind::Field, name, if required { group::WANTED } else { group::NEAR }) else {
            return;
        };
        item.detail = Some(if required { format!("{shown}, required") } else { shown });
        item.docs = at.map(|at| Docs::Above(at.file, at.span.start));
        if !has_colon {
            let (scaffold, more) = scaffold::key(name, ty);
            item.text = scaffold.plain;
            item.snippet = Some(scaffold.snippet);
            item.more = more;
        }
    }

    /// What an environment may set: params, and the components whose fields follow behind a dot.
    pub(super) fn environment_paths(&mut self, unset: bool) {
        for (name, id) in self.names_in_scope(|kind| matches!(kind, DefKind::Param | DefKind::Component)) {
            let Some(def) = self.program.def(id) else { continue };
            let known = tables::value_of(self.program, id);
            let detail = known.ty.map(Type::show);
            let component = def.kind == DefKind::Component;
            if unset && !component {
                continue;
            }
            let docs = self.docs_of(id);
            let has_colon = self.site.has_colon;
            let kind = if component { Kind::Component } else { Kind::Param };
            let Some(item) = self.push(kind, name, if component { group::FITS } else { group::NEAR }) else { continue };
            item.detail = detail;
            item.docs = docs;
            if !has_colon && !unset {
                item.text.push_str(if component { "." } else { ": " });
                item.more = true;
            } else if component && unset {
                item.text.push('.');
                item.more = true;
            }
        }
    }

    /// What follows a dot in an environment's path.
    pub(super) fn path(&mut self, known: Known<'a>, unset: bool) {
        let parts = tables::parts(known);
        if let Some((ty, value)) = known.ty.and_then(|ty| Some((ty, ty.map_value()?))).filter(|_| !unset) {
            for (name, at) in self.groups(ty) {
                if tables::is_name(&name) && !parts.iter().any(|part| part.name == name) {
                    self.key(&name, value, false, Some(at));
                }
            }
        }
        for part in parts {
            if !matches!(part.what, PartKind::Field | PartKind::Nested | PartKind::Member) {
                continue;
            }
            let has_colon = self.site.has_colon;
            let detail = part.known.ty.map(Type::show);
            let group = if part.known.value.is_some() { group::WANTED } else { group::NEAR };
            let nested = part.what == PartKind::Nested;
            let kind = if nested { Kind::Component } else { Kind::Field };
            let scaffold = part.known.ty.map(|ty| scaffold::key(&part.name, ty));
            let Some(item) = self.push(kind, part.name, group) else { continue };
            item.detail = detail;
            item.docs = part.at.map(|(_, at)| Docs::Above(at.file, at.span.start));
            if nested {
                item.text.push('.');
                item.more = true;
            } else if let Some((scaffold, more)) = scaffold.filter(|_| !has_colon && !unset) {
                item.text = scaffold.plain;
                item.snippet = Some(scaffold.snippet);
                item.more = more;
            }
        }
    }

    /// The keys of a value that is written down, or of the instances of a repeated component.
    fn keys_of(&self, of: Known<'a>) -> Vec<String> {
        let world = self.request.checked.world();
        match (of.def, of.value) {
            (Some((_, def)), _) => {
                world.instances_of(def).iter().filter_map(|id| Some(world.key(*id)?.to_owned())).collect()
            }
            (None, Some(value)) => tables::keys(value).into_iter().map(|(name, ..)| name).collect(),
            (None, None) => Vec::new(),
        }
    }

    /// What may stand in brackets behind a value.
    pub(super) fn indexes(&mut self, of: Known<'a>, key: Option<Option<Type<'a>>>) {
        for name in self.keys_of(of) {
            self.push(Kind::Value, Value::text(&name).source(), group::WANTED);
        }
        if let Some(expected) = key {
            self.values(expected);
        }
    }

    /// The same in a text that is begun.
    pub(super) fn index_texts(&mut self, of: Known<'a>, text: Token) {
        let source = self.request.source;
        let written = text.span.text(source);
        let start = text.span.start + 1;
        let inside = written.get(1..).unwrap_or_default();
        let closed = inside.contains('"');
        let len = inside.find(if closed { ['"', '\n', '\r'] } else { [']', '\n', '\r'] }).unwrap_or(inside.len());
        self.prefix = Span::new(start, self.request.offset.max(start)).text(source).to_ascii_lowercase();
        for name in self.keys_of(of) {
            let quoted = Value::text(&name).source();
            let Some(item) = self.push(Kind::Value, name, group::WANTED) else { continue };
            item.replace = Span::new(start, start + crate::ide::offset(len));
            quoted.strip_prefix('"').unwrap_or_default().clone_into(&mut item.text);
            if closed {
                item.text.pop();
            }
        }
    }

    /// Names of arguments not given yet, and values for the next one by position.
    pub(super) fn arguments(&mut self, callee: &Callee<'a>, given: &[String], expected: Option<Type<'a>>) {
        match callee {
            Callee::Variant(ty, name) => {
                let variants = ty.variants().unwrap_or_default();
                if let Some(variant) = variants.iter().find(|variant| *variant.name == **name) {
                    self.record_fields(*ty, &variant.fields, given);
                }
                if given.is_empty() && !self.site.has_colon {
                    self.values(expected);
                }
            }
            Callee::Function(_) | Callee::Unknown => self.values(expected),
        }
    }

    pub(super) fn own_ports(&self) -> Vec<String> {
        let mut ports = self.site.own_ports.clone();
        let kind = self.site.component.map(tables::kind_ports).unwrap_or_default();
        ports.extend(kind.into_iter().map(|(name, ..)| name));
        ports.sort();
        ports.dedup();
        ports
    }
}
