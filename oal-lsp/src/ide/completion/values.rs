//! Values: those that fit the place first.

use super::fits::{fits, is_secret, makes};
use super::scaffold::{self, Scaffold};
use super::tables::{self, Known, Part, PartKind, Type};
use super::{Docs, Kind, List, group};
use oal_check::builtins;
use oal_check::program::{DefId, DefKind};
use oal_check::types::TyData;
use oal_syntax::FileId;
use oal_syntax::literal::{Number, UNITS};

/// Components whose parts are looked through; of more, those that begin like the word at the cursor come first.
pub(super) const MOST_COMPONENTS: usize = 400;

impl<'a> List<'a, '_> {
    pub(super) fn values(&mut self, expected: Option<Type<'a>>) {
        let before = self.site.prefix.text(self.request.source);
        if before.starts_with(|c: char| c.is_ascii_digit()) {
            return self.units(before, expected);
        }
        if let Some(ty) = expected {
            self.literals(ty);
        }
        for (name, known) in self.site.locals.iter().rev() {
            self.named(Kind::Param, name, *known, expected, None);
        }
        self.of_own_kind(expected);
        self.names(expected);
        self.functions(expected);
        self.words(&["if", "match", "environment"], group::WORD);
        if expected.is_none() {
            self.words(&["true", "false", "null", "not"], group::WORD);
        } else if expected.is_some_and(Type::is_optional) {
            self.words(&["null"], group::OTHER);
        }
    }

    /// Values that the type itself names.
    fn literals(&mut self, ty: Type<'a>) {
        for variant in ty.variants().unwrap_or_default() {
            let scaffold = scaffold::variant(ty, &variant.name, &variant.fields);
            let Some(item) = self.push(Kind::Variant, &*variant.name, group::WANTED) else { continue };
            item.detail = Some(ty.show());
            item.docs = Some(Docs::Above(variant.at.file, variant.at.span.start));
            if let Some(scaffold) = scaffold {
                item.text = scaffold.plain;
                item.snippet = Some(scaffold.snippet);
            }
        }
        match ty.bare() {
            Some(TyData::Bool) => self.words(&["true", "false", "not"], group::WANTED),
            Some(TyData::Environment) => self.environment_names(),
            Some(TyData::PortName) => {
                for name in self.own_ports() {
                    self.push(Kind::Port, name, group::WANTED);
                }
            }
            Some(TyData::Endpoint) => {
                // In a kind a port of the kind's own component is a bare name.
                let ports = self.site.inside_kind.map(tables::kind_ports).unwrap_or_default();
                for (name, ..) in ports {
                    self.push(Kind::Port, name, group::WANTED);
                }
            }
            Some(TyData::Record(_)) => {
                let mut scaffold = Scaffold::default();
                scaffold.text("{ ").required(ty, ty.record().unwrap_or_default()).end().text(" }");
                self.literal("{ … }", &scaffold, ty);
            }
            Some(TyData::Map(..)) => {
                let mut scaffold = Scaffold::default();
                scaffold.text("{ ").end().text(" }");
                self.literal("{ … }", &scaffold, ty);
            }
            Some(TyData::List(_)) | None => {
                let mut scaffold = Scaffold::default();
                scaffold.text("[").end().text("]");
                self.literal("[ … ]", &scaffold, ty);
            }
            Some(TyData::Text(text)) => {
                let mut scaffold = Scaffold::default();
                scaffold.text("\"").gap(text.example()).text("\"");
                self.literal(&format!("\"{}\"", text.example()), &scaffold, ty);
            }
            _ => {}
        }
    }

    fn literal(&mut self, label: &str, scaffold: &Scaffold, ty: Type<'a>) {
        if let Some(item) = self.push(Kind::Value, label, group::FITS) {
            item.text = scaffold.plain.clone();
            item.snippet = Some(scaffold.snippet.clone());
            item.detail = Some(ty.show());
        }
    }

    pub(super) fn environment_names(&mut self) {
        let names: Vec<String> = self.program.environments.iter().map(|known| known.name.to_string()).collect();
        for name in names {
            if let Some(item) = self.push(Kind::Variant, name, group::WANTED) {
                item.detail = Some("environment".to_owned());
            }
        }
    }

    /// Something with a name, in its group.
    fn named(&mut self, kind: Kind, name: &str, known: Known<'a>, expected: Option<Type<'a>>, docs: Option<Docs>) {
        let group = match (known.ty, expected) {
            (Some(got), Some(want)) if fits(got, want) || is_secret(got, want) => match kind {
                Kind::Param | Kind::Let | Kind::Component => group::FITS,
                _ => group::NEAR,
            },
            (Some(got), Some(_)) if got.bare() != Some(&TyData::Unknown) => group::LAST,
            _ => group::OTHER,
        };
        if let Some(item) = self.push(kind, name, group) {
            item.detail = known.ty.map(Type::show);
            item.docs = docs;
        }
    }

    /// Fields and nested components of the kind in whose declaration this is.
    fn of_own_kind(&mut self, expected: Option<Type<'a>>) {
        let Some(kind) = self.site.inside_kind else { return };
        let parts = tables::parts(Known { ty: Some(tables::kind_type(kind)), ..Known::default() });
        let inner = |part: &Part<'_>| matches!(part.what, PartKind::Field | PartKind::Nested);
        for part in parts.into_iter().filter(|part| inner(part) && !self.site.defines(&part.name)) {
            let docs = part.at.map(|(_, at)| Docs::Above(at.file, at.span.start));
            let what = if part.what == PartKind::Nested { Kind::Component } else { Kind::Field };
            self.named(what, &part.name, part.known, expected, docs);
        }
    }

    /// Names of the file, and the parts of its components that fit.
    fn names(&mut self, expected: Option<Type<'a>>) {
        let mut names = self.names_in_scope(|kind| matches!(kind, DefKind::Param | DefKind::Let | DefKind::Component));
        let (before, _) = self.prefix.split_once('.').unwrap_or((&self.prefix, ""));
        if names.len() > MOST_COMPONENTS {
            self.incomplete = true;
            let before = before.to_owned();
            names.sort_by_key(|(name, _)| !name.starts_with(&before));
            names.truncate(MOST_COMPONENTS);
        }
        for (name, id) in names {
            let Some(def) = self.program.def(id) else { continue };
            let known = tables::value_of(self.program, id);
            let kind = match def.kind {
                DefKind::Param => Kind::Param,
                DefKind::Let => Kind::Let,
                _ => Kind::Component,
            };
            let docs = self.docs_of(id);
            // What is being declared is no part of its own value; of a component's own only what it does not say itself.
            let own = self.site.defines(name);
            if !own {
                self.named(kind, name, known, expected, docs);
            }
            if let Some(want) = expected.filter(|_| kind == Kind::Component) {
                self.parts_that_fit(name, known, want, own);
            }
        }
        let scope = self.program.scopes.get(self.request.file.0 as usize);
        for space in scope.map(|scope| scope.namespaces.as_slice()).unwrap_or_default() {
            let name = self.program.project.slice(self.request.file, space.name);
            if let Some(item) = self.push(Kind::Namespace, name, group::OTHER) {
                item.text.push('.');
                item.more = true;
            }
        }
    }

    /// `orders.url` where a text is wanted.
    fn parts_that_fit(&mut self, name: &str, known: Known<'a>, want: Type<'a>, own: bool) {
        // Fields, of which there are many, only where they say more than a number or text.
        let parts = match known.ty.and_then(Type::kind) {
            Some(kind) if want.variants().is_none() && want.record().is_none() => tables::component_parts(kind, known),
            _ => tables::parts(known),
        };
        for part in parts {
            let fits = part.known.ty.is_some_and(|got| fits(got, want));
            // A field that this component does not set itself says nothing new.
            let said = part.what != PartKind::Field || part.known.value.is_some() && !own;
            if part.what == PartKind::Member || !(fits && said) {
                continue;
            }
            self.part(&format!("{name}.{}", part.name), &part, group::PART);
        }
    }

    fn part(&mut self, label: &str, part: &Part<'a>, group: u8) {
        let kind = match part.what {
            PartKind::Output => Kind::Output,
            PartKind::Port => Kind::Port,
            PartKind::Nested => Kind::Component,
            PartKind::Field | PartKind::Member => Kind::Field,
        };
        let detail = part.known.ty.map(Type::show);
        if let Some(item) = self.push(kind, label, group) {
            item.detail = detail;
            item.docs = part.at.map(|(_, at)| Docs::Above(at.file, at.span.start));
        }
    }

    fn functions(&mut self, expected: Option<Type<'a>>) {
        for function in builtins::ALL {
            let makes = expected.is_some_and(|want| makes(function.result, want));
            let group = match expected {
                None => group::WORD,
                Some(_) if makes => group::MAKES,
                Some(_) => group::LAST,
            };
            if let Some(item) = self.push(Kind::Function, function.name, group) {
                item.detail = Some(function.signature());
                item.docs = Some(Docs::Function(function.name));
                item.snippet = Some(format!("{}($0)", function.name));
                item.text = function.name.to_owned();
            }
        }
    }

    /// A number with each unit of the wanted dimension.
    fn units(&mut self, before: &str, expected: Option<Type<'a>>) {
        let digits = before.find(|c: char| !(c.is_ascii_digit() || c == '_' || c == '.')).unwrap_or(before.len());
        let number = before.get(..digits).unwrap_or_default().to_owned();
        let wanted = expected.and_then(Type::bare);
        for (unit, of) in UNITS {
            let fits = matches!(
                (wanted, of),
                (Some(TyData::Duration), Number::Duration(_))
                    | (Some(TyData::Size), Number::Size(_))
                    | (Some(TyData::Cpu), Number::Cpu(_))
                    | (Some(TyData::Percent), Number::Percent(_))
                    | (None | Some(TyData::Unknown), _)
            );
            if fits {
                let usual = !matches!(of, Number::Size(_)) || matches!(*unit, "MiB" | "GiB");
                self.push(Kind::Unit, format!("{number}{unit}"), if usual { group::WANTED } else { group::NEAR });
            }
        }
    }

    /// What follows a dot.
    pub(super) fn parts(&mut self, known: Known<'a>, expected: Option<Type<'a>>) {
        if let Some(file) = known.namespace {
            return self.exported_values(file, expected);
        }
        for part in tables::parts(known) {
            let fitting = matches!((part.known.ty, expected), (Some(got), Some(want)) if fits(got, want));
            let group = match part.what {
                _ if fitting => group::WANTED,
                PartKind::Output | PartKind::Member => group::NEAR,
                PartKind::Port | PartKind::Nested => group::FITS,
                PartKind::Field => group::OTHER,
            };
            self.part(&part.name.clone(), &part, group);
        }
    }

    fn exported_values(&mut self, file: FileId, expected: Option<Type<'a>>) {
        let names: Vec<(&str, DefId)> =
            self.declared_in(file, |kind| matches!(kind, DefKind::Param | DefKind::Let | DefKind::Component));
        for (name, id) in names {
            let known = tables::value_of(self.program, id);
            let kind = match self.program.def(id).map(|def| def.kind) {
                Some(DefKind::Param) => Kind::Param,
                Some(DefKind::Let) => Kind::Let,
                _ => Kind::Component,
            };
            let docs = self.docs_of(id);
            self.named(kind, name, known, expected, docs);
        }
    }

    /// Patterns that a `match` still lacks.
    pub(super) fn patterns(&mut self, subject: Option<Type<'a>>, given: &[String]) {
        let Some(subject) = subject else { return self.words(&["_"], group::WORD) };
        let missing = |name: &str| !given.iter().any(|given| given == name);
        let mut arms: Vec<(String, String, Option<Docs>)> = Vec::new();
        for variant in subject.variants().unwrap_or_default().iter().filter(|variant| missing(&variant.name)) {
            let pattern = super::super::actions::pattern(&variant.name, &variant.fields);
            arms.push((variant.name.to_string(), pattern, Some(Docs::Above(variant.at.file, variant.at.span.start))));
        }
        match subject.bare() {
            Some(TyData::Environment) => {
                let names = self.program.environments.iter().map(|known| known.name.to_string());
                arms.extend(names.filter(|name| missing(name)).map(|name| (name.clone(), name, None)));
            }
            Some(TyData::Bool) => {
                let names = ["true", "false"].into_iter().filter(|name| missing(name));
                arms.extend(names.map(|name| (name.to_owned(), name.to_owned(), None)));
            }
            _ => {}
        }
        if subject.is_optional() && missing("null") {
            arms.push(("null".to_owned(), "null".to_owned(), None));
        }
        for (label, pattern, docs) in arms {
            if let Some(item) = self.push(Kind::Variant, label, group::WANTED) {
                item.text = format!("{pattern} => ");
                item.more = true;
                item.docs = docs;
            }
        }
        if missing("_")
            && let Some(item) = self.push(Kind::Keyword, "_", group::WORD)
        {
            item.text = "_ => ".to_owned();
        }
    }
}
