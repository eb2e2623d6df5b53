//! Calls: variants with fields, and built-in functions.

use crate::builtins::{self, Builtin};
use crate::checker::{Checker, Sink, Typed};
use crate::diagnostic::{Fix, codes};
use crate::infer::levels::Place;
use crate::program::Res;
use crate::types::{Level, MemberInfo, Ty, TyData};
use oal_syntax::Span;
use oal_syntax::ast::{Entry, EntryValue, ExprId, List};

impl<'p> Checker<'p> {
    pub(crate) fn call(&mut self, id: ExprId, name_at: Span, args: List<Entry>, want: Option<Ty>) -> Typed {
        let name = self.text(name_at);
        if let Some(want) = want {
            let bare = self.program.types.bare(want);
            if let TyData::Union(number) = *self.program.types.data(bare)
                && let Some(at) = self
                    .program
                    .types
                    .union(number)
                    .and_then(|union| union.variants.iter().position(|variant| &*variant.name == name))
            {
                self.resolve_expr(id, Res::Variant(u32::try_from(at).unwrap_or(0)));
                self.variant_call(id, name_at, number, at, args);
                return Typed::constant(bare);
            }
        }
        if let Some((index, function)) = builtins::find(name) {
            self.resolve_expr(id, Res::Function(index));
            return self.function_call(name_at, function, args);
        }
        self.report_unknown_call(name_at, name, want);
        for entry in self.at.tree.entries(args) {
            if let EntryValue::Set(value) = entry.value {
                self.infer(value, Some(Ty::UNKNOWN));
            }
        }
        Typed::UNKNOWN
    }

    fn report_unknown_call(&mut self, at: Span, name: &str, want: Option<Ty>) {
        let bare = want.map(|want| self.program.types.bare(want));
        if bare == Some(Ty::UNKNOWN) {
            return;
        }
        let variants = bare.map(|bare| self.variants_of(bare)).unwrap_or_default();
        let diagnostic = if let Some(bare) = bare
            && !variants.is_empty()
        {
            let shown = self.show(bare);
            let diagnostic = self
                .finding(&codes::UNKNOWN_VARIANT, at, format!("{shown} has no variant `{name}`"))
                .label(format!("{} takes {shown}", self.at.sink.describe()));
            match crate::suggest::closest(name, variants.iter().map(String::as_str)) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(Fix::maybe(
                    format!("write `{near}`"),
                    self.at.file,
                    at,
                    near,
                )),
                None => diagnostic.help(format!("its variants are `{}`", variants.join("`, `"))),
            }
        } else if self.find_in(self.at.file, name) != crate::resolve::Found::None
            || self.locals.iter().any(|local| local.name == name)
        {
            self.finding(&codes::NOT_A_FUNCTION, at, format!("`{name}` is no function"))
                .label("called like one")
                .help("only the built-in functions and variants are followed by parentheses")
        } else if matches!(name, "env" | "getenv" | "now" | "timestamp" | "random" | "uuid" | "file" | "read") {
            self.finding(
                &codes::AMBIENT_VALUE,
                at,
                format!("`{name}` would make the result depend on where and when it is checked"),
            )
            .label("no ambient values")
            .help("declare what comes from outside: `param name: Type` or `secret name { … }`")
        } else {
            let diagnostic = self
                .finding(&codes::UNKNOWN_FUNCTION, at, format!("there is no function `{name}`"))
                .label("unknown function");
            match crate::suggest::closest(name, builtins::names()) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(Fix::maybe(
                    format!("write `{near}`"),
                    self.at.file,
                    at,
                    near,
                )),
                None if crate::suggest::foreign_function(name).is_some() => {
                    let advice = crate::suggest::foreign_function(name);
                    diagnostic.help(advice.map(|advice| advice.why).unwrap_or_default())
                }
                None => diagnostic
                    .help(format!("the functions are `{}`", builtins::names().collect::<Vec<_>>().join("`, `"))),
            }
        };
        self.push(diagnostic);
    }

    /// A variant with its fields, by name or in order.
    fn variant_call(&mut self, id: ExprId, at: Span, union: u32, index: usize, args: List<Entry>) {
        let name = self.text(at);
        let Some(union) = self.program.types.union(union).cloned() else { return };
        let Some(fields) = union.variants.get(index).map(|variant| variant.fields.as_slice()) else { return };
        let tree = self.at.tree;
        let entries = tree.entries(args);
        if fields.is_empty() && !entries.is_empty() {
            let first = entries.first().map_or(at, |entry| self.entry_span(entry));
            let last = entries.last().map_or(first, |entry| self.entry_span(entry));
            self.push(
                self.finding(
                    &codes::VARIANT_HAS_NO_FIELDS,
                    first.cover(last),
                    format!("variant `{name}` has no fields"),
                )
                .label("given here")
                .help(format!("write `{name}`")),
            );
        }
        let before = self.at.sink;
        let mut given: Vec<(usize, Span)> = Vec::with_capacity(entries.len());
        let mut position = 0_usize;
        let mut named = false;
        // What is misspelt is not missing, too.
        let mut strange = false;
        for entry in entries {
            let EntryValue::Set(value) = entry.value else { continue };
            named |= !entry.key.is_empty();
            if named && entry.key.is_empty() {
                // Said by the parser.
                self.infer(value, Some(Ty::UNKNOWN));
                continue;
            }
            let slot = if entry.key.is_empty() {
                position += 1;
                Some(position - 1).filter(|at| *at < fields.len())
            } else {
                let word = self.text(entry.key);
                fields.iter().position(|field| &*field.name == word)
            };
            let Some(slot) = slot else {
                strange |= !entry.key.is_empty();
                if !fields.is_empty() {
                    self.report_argument(entry, value, name, "variant", fields);
                }
                self.infer(value, Some(Ty::UNKNOWN));
                continue;
            };
            let Some(field) = fields.get(slot) else { continue };
            let place = self.entry_span(entry);
            self.refuse_second_argument(&mut given, slot, place, &field.name);
            let word: &'p str = if entry.key.is_empty() { before.name } else { self.text(entry.key) };
            self.at.sink = Sink { name: word, what: "field", of: self.text(at), of_kind: "variant" };
            self.check(value, field.ty);
            self.at.sink = before;
        }
        if !strange {
            self.require_arguments(id, at, fields, &given);
        }
    }

    fn entry_span(&self, entry: &Entry) -> Span {
        match entry.value {
            EntryValue::Set(value) => {
                let span = self.at.tree.expr(value).span;
                if entry.key.is_empty() { span } else { entry.key.cover(span) }
            }
            _ => entry.key,
        }
    }

    fn refuse_second_argument(&mut self, given: &mut Vec<(usize, Span)>, slot: usize, at: Span, name: &str) {
        if let Some((_, first)) = given.iter().find(|(other, _)| *other == slot).copied() {
            self.push(
                self.finding(&codes::DUPLICATE_ARGUMENT, at, format!("`{name}` is given twice"))
                    .label("again here")
                    .secondary(self.at.file, first, "first here")
                    .help("remove one of them"),
            );
        } else {
            given.push((slot, at));
        }
    }

    fn report_argument(&mut self, entry: &Entry, value: ExprId, name: &str, what: &str, fields: &[MemberInfo]) {
        if entry.key.is_empty() {
            let span = self.at.tree.expr(value).span;
            self.push(
                self.finding(
                    &codes::TOO_MANY_ARGUMENTS,
                    span,
                    format!(
                        "{what} `{name}` takes {} {}",
                        fields.len(),
                        if fields.len() == 1 { "value" } else { "values" }
                    ),
                )
                .label("one too many")
                .help("remove it"),
            );
            return;
        }
        let word = self.text(entry.key);
        let names: Vec<&str> = fields.iter().map(|field| &*field.name).collect();
        let mut diagnostic = self
            .finding(&codes::UNKNOWN_ARGUMENT, entry.key, format!("{what} `{name}` has no field `{word}`"))
            .label("unknown field");
        let foreign = match word {
            "interval" | "period" | "period_seconds" => Some("every"),
            "start_period" | "initial_delay" | "initial_delay_seconds" => Some("start_period"),
            _ => None,
        }
        .filter(|near| names.contains(near));
        let near = foreign.or_else(|| crate::suggest::closest(word, names.iter().copied()));
        diagnostic = match near {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(Fix::maybe(
                format!("write `{near}`"),
                self.at.file,
                entry.key,
                near,
            )),
            None => diagnostic.help(format!("it takes `{}`", names.join("`, `"))),
        };
        self.push(diagnostic);
    }

    fn require_arguments(&mut self, id: ExprId, at: Span, fields: &[MemberInfo], given: &[(usize, Span)]) {
        let missing: Vec<(&str, Ty)> = fields
            .iter()
            .enumerate()
            .filter(|(slot, field)| {
                let (inner, _) = self.program.types.split_level(field.ty);
                field.default.is_none()
                    && !self.program.types.split_optional(inner).1
                    && !given.iter().any(|(other, _)| other == slot)
            })
            .map(|(_, field)| (&*field.name, field.ty))
            .collect();
        if !missing.is_empty() {
            let names: Vec<String> = missing.iter().map(|(name, _)| format!("`{name}`")).collect();
            let list = names.join(", ");
            let fix = self.add_missing_arguments(at.end, self.at.tree.expr(id).span.end, &missing);
            self.push(
                self.finding(&codes::MISSING_ARGUMENT, at, format!("variant `{}` needs {list}", self.text(at)))
                    .label(format!("without {list}"))
                    .help("add what is missing")
                    .fix(fix),
            );
        }
    }

    fn function_call(&mut self, at: Span, function: &'static Builtin, args: List<Entry>) -> Typed {
        self.fallible = true;
        let tree = self.at.tree;
        let mut given: Vec<(usize, Span)> = Vec::new();
        let mut types: Vec<(usize, ExprId, Typed)> = Vec::new();
        let mut variables = [Ty::UNKNOWN; 2];
        let mut position = 0_usize;
        let mut level = Level::Const;
        let last = function.params.len().saturating_sub(1);
        let spread = function.spreads && args.len() == 1;
        let mut named = false;
        for entry in tree.entries(args) {
            let EntryValue::Set(value) = entry.value else { continue };
            named |= !entry.key.is_empty();
            if named && entry.key.is_empty() {
                // Said by the parser.
                self.infer(value, Some(Ty::UNKNOWN));
                continue;
            }
            let slot = if entry.key.is_empty() {
                position += 1;
                if position <= function.params.len() { Some(position - 1) } else { function.variadic.then_some(last) }
            } else {
                let word = self.text(entry.key);
                function.params.iter().position(|param| param.name == word)
            };
            let Some((slot, param)) = slot.and_then(|slot| function.params.get(slot).map(|param| (slot, param))) else {
                self.report_function_argument(entry, value, function);
                self.infer(value, Some(Ty::UNKNOWN));
                continue;
            };
            let place = self.entry_span(entry);
            if !(function.variadic && slot == last) {
                self.refuse_second_argument(&mut given, slot, place, param.name);
            } else {
                given.push((slot, place));
            }
            let hint = self.shape_hint(param.shape, &variables, &types);
            let typed = self.infer(value, hint);
            level = level.max(typed.level);
            if function.const_only {
                let before = self.at.sink;
                self.at.sink = Sink { name: function.name, what: "argument of", ..Sink::default() };
                let place = if before.what == "assert" { Place::Assert } else { Place::Field };
                self.refuse_level(value, typed.level, Level::Const, place);
                self.at.sink = before;
                level = Level::Const;
            }
            let bare = self.program.types.bare(typed.ty);
            let shape = match self.program.types.data(bare) {
                TyData::List(element) if spread => {
                    let element = *element;
                    self.match_shape(param.shape, element, &mut variables, &types, 0)
                }
                _ => self.match_shape(param.shape, typed.ty, &mut variables, &types, 0),
            };
            if !shape {
                self.report_shape(value, typed.ty, function, param.name, param.shape, &variables);
            }
            types.push((slot, value, typed));
        }
        let missing: Vec<String> = function
            .params
            .iter()
            .take(function.required)
            .enumerate()
            .filter(|(slot, _)| !given.iter().any(|(other, _)| other == slot))
            .map(|(_, param)| format!("`{}`", param.name))
            .collect();
        if !missing.is_empty() {
            let list = missing.join(", ");
            self.push(
                self.finding(&codes::MISSING_ARGUMENT, at, format!("`{}` needs {list}", function.name))
                    .label(format!("without {list}"))
                    .help(format!("call it as `{}`", function.signature())),
            );
        }
        Typed { ty: self.shape_type(function.result, &variables), level }
    }

    fn report_function_argument(&mut self, entry: &Entry, value: ExprId, function: &'static Builtin) {
        let diagnostic = if entry.key.is_empty() {
            let span = self.at.tree.expr(value).span;
            let count = function.params.len();
            let word = if count == 1 { "argument" } else { "arguments" };
            self.finding(&codes::TOO_MANY_ARGUMENTS, span, format!("`{}` takes {count} {word}", function.name))
                .label("one too many")
        } else {
            let word = self.text(entry.key);
            self.finding(&codes::UNKNOWN_ARGUMENT, entry.key, format!("`{}` takes no `{word}`", function.name))
                .label("unknown name")
        };
        self.push(diagnostic.help(format!("call it as `{}`", function.signature())));
    }
}
