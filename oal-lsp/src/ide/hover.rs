//! What stands under the cursor: its declaration, type and level, what its comments say, and what it is worth in each environment, with
//! the place that makes it so. A secret is named, never shown.

mod literals;
mod values;

use std::fmt::Write as _;

use oal_check::Checked;
use oal_check::builtins;
use oal_check::program::{DefKind, EnvSet};
use oal_check::query::{self, Symbol};
use oal_check::text::TextType;
use oal_check::types::{Level, TyData};
use oal_syntax::{FileId, Span};

use super::{definition, describe};

/// What is said of a name or literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hover {
    /// What it is said of.
    pub span: Span,
    /// The words, as Markdown.
    pub markdown: String,
}

/// What is to be said of what holds `offset`.
#[must_use]
pub fn hover(checked: &Checked, file: FileId, offset: u32) -> Option<Hover> {
    let Some((symbol, span)) = query::symbol_at(checked, file, offset) else {
        return literals::hover(checked, file, offset);
    };
    let mut text = String::new();
    let typed = definition::typed_here(checked, file, span);
    let ty = definition::type_of(checked, &symbol, file, span);
    let line = describe::declaration_line(checked, &symbol).unwrap_or_else(|| {
        let name = query::name(checked, &symbol);
        ty.map_or_else(|| name.to_owned(), |ty| format!("{name}: {}", checked.program().show_type(ty)))
    });
    let _ = write!(text, "```oal\n{line}\n```");
    paragraph(&mut text, &origin_words(checked, &symbol).unwrap_or_default());
    paragraph(&mut text, &level_words(typed.map(|(_, level)| level), &line).unwrap_or_default());
    if let Some(docs) = query::docs(checked, &symbol) {
        paragraph(&mut text, &docs);
    }
    paragraph(&mut text, &more(checked, &symbol).unwrap_or_default());
    if let Some(part) = query::part_at(checked, file, offset) {
        paragraph(&mut text, &values::words(checked, &part));
    }
    Some(Hover { span, markdown: text })
}

fn paragraph(text: &mut String, more: &str) {
    if !more.is_empty() {
        text.push_str("\n\n");
        text.push_str(more.trim_end());
    }
}

/// What the symbol is a part of.
fn origin_words(checked: &Checked, symbol: &Symbol) -> Option<String> {
    let program = checked.program();
    let of_kind = |kind| format!("of kind `{}`", describe::kind_name(checked, kind));
    Some(match *symbol {
        Symbol::Field(kind, _) | Symbol::Output(kind, _) | Symbol::Nested(kind, _) => of_kind(kind),
        Symbol::Variant(place) => {
            let (union, _) = program.types.variant_at(place)?;
            format!("a variant of `{}`", union.name.as_deref()?)
        }
        Symbol::Key(_) if query::names_instance(checked, symbol) => "the key of an instance".to_owned(),
        Symbol::Key(_) => "a key".to_owned(),
        Symbol::Port(_) => "a port".to_owned(),
        Symbol::Local(_) => "a variable".to_owned(),
        Symbol::Parameter(..) => "a parameter of a built-in function".to_owned(),
        Symbol::Function(_) => "a built-in function".to_owned(),
        Symbol::BuiltinType(_) => "a built-in type".to_owned(),
        Symbol::Level(_) => "a level".to_owned(),
        Symbol::Lint(number) => format!("the lint `OAL{number:04}`"),
        _ => return None,
    })
}

/// What the level of a value means, where it is not known to the checker and the line does not say so.
fn level_words(level: Option<Level>, line: &str) -> Option<String> {
    let level = level.filter(|level| !line.contains(&format!("{} ", level.name())))?;
    match level {
        Level::Const => None,
        Level::Deploy => Some("`deploy`: the platform knows it once it has placed things".to_owned()),
        Level::Secret => Some("`secret`: nobody may be shown it".to_owned()),
    }
}

/// What else there is to know: of a component where it exists, of a kind what it has, of a type which grammar it keeps to.
fn more(checked: &Checked, symbol: &Symbol) -> Option<String> {
    let program = checked.program();
    match *symbol {
        Symbol::Def(def) => {
            let info = program.def(def)?;
            match info.kind {
                DefKind::Component => {
                    let world = checked.world();
                    let mut text = String::new();
                    let instances = world.instances_of(def);
                    let present = instances.iter().fold(EnvSet::EMPTY, |all, one| all.or(world.presence(*one)));
                    if present != world.selected {
                        let names = environments(checked, present);
                        let _ = write!(text, "exists in {}", if names.is_empty() { "no environment" } else { &names });
                    }
                    let keys: Vec<&str> = instances.iter().filter_map(|one| world.key(*one)).collect();
                    if !keys.is_empty() {
                        let _ = write!(
                            text,
                            "{}instances: `{}`",
                            if text.is_empty() { "" } else { "; " },
                            keys.join("`, `")
                        );
                    }
                    if let Some(of) = info.of.and_then(|of| program.kind(of)?.def) {
                        let docs = query::docs(checked, &Symbol::Def(of)).unwrap_or_default();
                        let first = docs.split("\n\n").next().unwrap_or_default();
                        paragraph(&mut text, first);
                    }
                    Some(text.trim_start().to_owned())
                }
                DefKind::Kind => {
                    let kind = program.kind(*program.kind_of.get(&def)?)?;
                    let required: Vec<String> = kind
                        .required
                        .iter()
                        .filter_map(|slot| kind.fields.get(usize::from(*slot)))
                        .map(|field| format!("`{}`", field.name))
                        .collect();
                    let outputs: Vec<String> = kind.outputs.iter().map(|output| format!("`{}`", output.name)).collect();
                    let mut parts = Vec::new();
                    if !required.is_empty() {
                        parts.push(format!("must have: {}", required.join(", ")));
                    }
                    if !outputs.is_empty() {
                        parts.push(format!("outputs: {}", outputs.join(", ")));
                    }
                    Some(parts.join("  \n"))
                }
                _ => None,
            }
        }
        Symbol::Function(index) => Some(format!("```oal\n{}\n```", builtins::get(u32::from(index))?.example)),
        Symbol::BuiltinType(name) => Some(builtin_type(name).to_owned()),
        Symbol::Level(level) => Some(
            match level {
                Level::Const => "known to the checker",
                Level::Deploy => "known once the platform has placed things",
                Level::Secret => "as `deploy`, and nobody may be shown it",
            }
            .to_owned(),
        ),
        Symbol::CurrentEnvironment => Some("the environment that is looked at; each has its own values".to_owned()),
        Symbol::File(file) => {
            let tree = &program.project.file(file).parse.tree;
            let names = tree.top.iter().map(|id| program.project.slice(file, tree.item(*id).name));
            let names: Vec<String> = names.filter(|name| !name.is_empty()).map(|name| format!("`{name}`")).collect();
            Some(if names.is_empty() { String::new() } else { format!("declares {}", names.join(", ")) })
        }
        Symbol::App => Some(format!(
            "{} components; environments: {}",
            checked.component_count(),
            checked.environments().collect::<Vec<_>>().join(", ")
        )),
        Symbol::Environment(index) => {
            let count = program.overrides.iter().filter(|one| u16::from(one.environment) == index).count();
            Some(match count {
                0 => "sets nothing".to_owned(),
                1 => "sets or unsets 1 value".to_owned(),
                count => format!("sets or unsets {count} values"),
            })
        }
        _ => None,
    }
}

fn builtin_type(name: &str) -> &'static str {
    match name {
        "Bool" => "`true` or `false`",
        "Int" => "a whole number of 64 bits",
        "Float" => "a number of 64 bits with a fraction",
        "String" => "a text",
        "Duration" => "a length of time in milliseconds: `ms s min h d`",
        "Size" => "an amount of bytes: `B KB MB GB TB KiB MiB GiB TiB`",
        "Cpu" => "an amount of processor time: whole cores, or thousandths such as `500m`",
        "Percent" => "a share such as `99.9%`",
        "Port" => "the number of a port, from 1 to 65535",
        "PortName" => "the name of a port of the component around: a key of its `ports`",
        "Endpoint" => "a port of a component: `api.http`",
        "List" => "several values of one type, in order",
        "Map" => "values of one type by their keys",
        other => TextType::from_name(other).map_or("", TextType::description),
    }
}

fn environments(checked: &Checked, set: EnvSet) -> String {
    let all: Vec<&str> = checked.environments().collect();
    set.iter().filter_map(|index| all.get(index).map(|name| format!("`{name}`"))).collect::<Vec<_>>().join(", ")
}

/// Whether values of a type are texts with a grammar.
fn text_type(data: &TyData) -> Option<TextType> {
    match data {
        TyData::Text(text) => Some(*text),
        _ => None,
    }
}
