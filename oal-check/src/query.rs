//! Questions about a checked program, as an editor asks them: what a name at a place means, where that is declared, where else it is
//! mentioned, which type and level an expression has. Nothing is worked out again: the answers stand in the program's tables.
//!
//! All of it needs [`crate::Options::record_types`]; without it some names have no symbol. A name in an erroneous place may have none.
//! There is one walk over the names of a program (`query/walk.rs`); every answer is a selection from it.

mod keys;
mod values;
mod walk;

pub use keys::{Root, network_groups};
pub use values::{InEnvironments, Part, origins, part_at, part_type, shown, values};

use crate::Checked;
use crate::program::{DefId, ExprRef, KindId, Place};
use crate::project::Project;
use crate::types::{Level, Ty};
use oal_syntax::{FileId, Span};

/// What a name means. Equal symbols are the same thing, wherever their names stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Symbol {
    /// A param, let, type, kind or component.
    Def(DefId),
    /// A field of a kind: the kind that declares it, and its slot there and in all kinds that extend it.
    Field(KindId, u16),
    /// An output of a kind: the kind that declares it, and its index.
    Output(KindId, u16),
    /// A component nested in a kind: the kind that declares it, and its index.
    Nested(KindId, u16),
    /// A variant of a union type, by the place that declares it.
    Variant(Place),
    /// A field of a record type or of a variant, by the place that declares it.
    Member(Place),
    /// A key of a map, by the first place that writes it: in the lowest layer that has it.
    Key(Place),
    /// A port, by the first place that writes its key in `ports`.
    Port(Place),
    /// A variable of a comprehension, of a `for` component or of a pattern, by the place that binds it.
    Local(Place),
    /// `lib` of `use … as lib`, by its place.
    Namespace(Place),
    /// A used file.
    File(FileId),
    /// The application.
    App,
    /// An environment, by its index.
    Environment(u16),
    /// The value `environment`.
    CurrentEnvironment,
    /// A built-in function, by its index in the table.
    Function(u16),
    /// A parameter of a built-in function: the function and the parameter's index.
    Parameter(u16, u16),
    /// A type that needs no declaration.
    BuiltinType(&'static str),
    /// A level before a type.
    Level(Level),
    /// A lint, by the number of its code.
    Lint(u16),
}

/// A name in the source that means a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mention {
    /// Where the name stands; with its quotes where it has some.
    pub place: Place,
    /// Whether it declares the symbol.
    pub is_declaration: bool,
    /// Whether it gives the symbol a value, or takes it away.
    pub is_write: bool,
    /// Whether it brings the symbol into a file, by `use`.
    pub is_import: bool,
}

/// What the name that holds `offset`, or ends at it, means; and where the name stands.
#[must_use]
pub fn symbol_at(checked: &Checked, file: FileId, offset: u32) -> Option<(Symbol, Span)> {
    let mut best: Option<(Symbol, Span)> = None;
    walk::item_at(checked, file, offset, &mut |symbol, mention, _| {
        let span = mention.place.span;
        let better = match best {
            None => true,
            // Of two that meet the later one starts at the offset; of two for one name the first counts.
            Some((_, other)) => other.start < span.start,
        };
        if span.touches(offset) && better {
            best = Some((symbol, span));
        }
    });
    best
}

/// All names of a file with what they mean, in no particular order. A name may be given twice, where it means two things.
pub fn names(checked: &Checked, file: FileId, each: &mut dyn FnMut(Symbol, Mention)) {
    walk::file(checked, file, &mut |symbol, mention, _| each(symbol, mention));
}

/// As [`names`], for the declaration of the file that holds `offset`, with all that is nested in it.
pub fn names_around(checked: &Checked, file: FileId, offset: u32, each: &mut dyn FnMut(Symbol, Mention)) {
    walk::item_at(checked, file, offset, &mut |symbol, mention, _| each(symbol, mention));
}

/// Where a symbol is declared: its name. `None` for what the language itself has.
#[must_use]
pub fn declaration(checked: &Checked, symbol: &Symbol) -> Option<Place> {
    let program = checked.program();
    match *symbol {
        Symbol::Def(id) => program.def(id).map(|def| Place { file: def.item.file, span: def.name }),
        Symbol::Field(kind, slot) => program.kind(kind)?.fields.get(usize::from(slot)).map(|field| field.at),
        Symbol::Output(kind, index) => program.kind(kind)?.outputs.get(usize::from(index)).map(|output| output.at),
        Symbol::Nested(kind, index) => {
            let item = program.kind(kind)?.nested.get(usize::from(index))?.item;
            let span = program.project.file(item.file).parse.tree.item(item.item).name;
            Some(Place { file: item.file, span })
        }
        Symbol::Variant(place)
        | Symbol::Member(place)
        | Symbol::Key(place)
        | Symbol::Port(place)
        | Symbol::Local(place)
        | Symbol::Namespace(place) => Some(place),
        Symbol::File(file) => Some(Place { file, span: Span::empty(0) }),
        Symbol::App => {
            let (_, item) = program.app.as_ref()?;
            let span = program.project.file(item.file).parse.tree.item(item.item).name;
            Some(Place { file: item.file, span })
        }
        Symbol::Environment(index) => program.environments.get(usize::from(index))?.at,
        Symbol::CurrentEnvironment
        | Symbol::Function(_)
        | Symbol::Parameter(..)
        | Symbol::BuiltinType(_)
        | Symbol::Level(_)
        | Symbol::Lint(_) => None,
    }
}

/// The name of a symbol, as its declaration writes it; of a file, its path.
#[must_use]
pub fn name<'c>(checked: &'c Checked, symbol: &Symbol) -> &'c str {
    match *symbol {
        Symbol::File(file) => checked.project().path(file),
        Symbol::CurrentEnvironment => "environment",
        Symbol::Function(index) => crate::builtins::get(u32::from(index)).map_or("", |function| function.name),
        Symbol::Parameter(function, index) => crate::builtins::get(u32::from(function))
            .and_then(|function| function.params.get(usize::from(index)))
            .map_or("", |param| param.name),
        Symbol::BuiltinType(name) => name,
        Symbol::Level(level) => level.name(),
        Symbol::Lint(number) => {
            crate::diagnostic::codes::ALL.iter().find(|code| code.number == number).map_or("", |code| code.slug)
        }
        Symbol::Environment(index) => {
            checked.program().environments.get(usize::from(index)).map_or("", |environment| &environment.name)
        }
        _ => declaration(checked, symbol).map_or("", |place| checked.project().slice(place.file, place.span)),
    }
}

/// All mentions of a symbol in the program, in the order of files and places; those in the prelude only where it is declared there.
#[must_use]
pub fn mentions(checked: &Checked, symbol: &Symbol) -> Vec<Mention> {
    let declared = declaration(checked, symbol);
    let local = matches!(symbol, Symbol::Local(_));
    let own = checked.project().files().map(|(file, _)| file);
    let in_prelude = declared.is_some_and(|place| crate::std::index(place.file).is_some());
    let prelude = (0..crate::std::len()).filter(|_| in_prelude).map(crate::std::id);
    let files = own.chain(prelude).filter(|file| !local || declared.is_some_and(|place| place.file == *file));
    files.flat_map(|file| mentions_in(checked, file, symbol)).collect()
}

/// Whether a key or field names an instance of a repeated component.
#[must_use]
pub fn names_instance(checked: &Checked, symbol: &Symbol) -> bool {
    let (Symbol::Key(place) | Symbol::Member(place)) = symbol else { return false };
    let keys = keys::Keys::new(checked);
    let mut defs = (0..).map(DefId).take(checked.program().defs.len());
    defs.any(|def| keys.find_instances(def).values().any(|other| other == place))
}

/// The mentions of a symbol in a file, in order.
#[must_use]
pub fn mentions_in(checked: &Checked, file: FileId, symbol: &Symbol) -> Vec<Mention> {
    let mut found = Vec::new();
    let mut each = |other: Symbol, mention: Mention, _: Option<&keys::KeyPath>| {
        if other == *symbol {
            found.push(mention);
        }
    };
    let word = oal_syntax::key::text(name(checked, symbol));
    if word.is_empty() || matches!(symbol, Symbol::File(_)) {
        walk::file(checked, file, &mut each);
    } else {
        // Under its own name, and under those that the file gives it.
        let source = checked.project().file(file);
        let renamed = source.parse.tree.use_names.iter().filter(|used| used.name.text(&source.text) == word);
        let mut words = vec![&*word];
        words.extend(renamed.map(|used| used.local.text(&source.text)));
        walk::items_with(checked, file, &words, &mut each);
    }
    found.sort_unstable();
    found.dedup_by_key(|mention| mention.place);
    found
}

/// The type and the level of an expression, where it was looked at.
#[must_use]
pub fn type_at(checked: &Checked, at: ExprRef) -> Option<(Ty, Level)> {
    checked.program().facts_of(at.file)?.types.get(at.expr.0 as usize)?.get()
}

/// The type that the place of an expression takes, and the highest level that it allows, where the place says so.
#[must_use]
pub fn expected_at(checked: &Checked, at: ExprRef) -> Option<(Ty, Level)> {
    checked.program().facts_of(at.file)?.expected.get(at.expr.0 as usize)?.get()
}

/// The type and the level of what a step of a path leads to, by its index in the tree's `steps`.
#[must_use]
pub fn step_type(checked: &Checked, file: FileId, step: usize) -> Option<(Ty, Level)> {
    checked.program().facts_of(file)?.steps.get(step)?.get()
}

/// What the comments above a symbol's declaration say of it; of a built-in function, its description; of a file, its `//!` lines.
#[must_use]
pub fn docs(checked: &Checked, symbol: &Symbol) -> Option<String> {
    match *symbol {
        Symbol::File(file) => {
            let source = checked.project().file(file);
            oal_syntax::doc::file_doc(&source.parse, &source.text)
        }
        Symbol::Function(index) => crate::builtins::get(u32::from(index)).map(|function| function.doc.to_owned()),
        Symbol::Lint(number) => {
            crate::diagnostic::codes::ALL.iter().find(|code| code.number == number).map(|code| code.summary.to_owned())
        }
        _ => {
            let place = declaration(checked, symbol)?;
            // A comment stands before what begins a line, not before one of several things in it.
            let before = checked.project().text(place.file).get(..place.span.start as usize)?;
            let lead = before.rfind('\n').map_or(before, |at| before.get(at..).unwrap_or_default()).trim();
            let is_first = match symbol {
                Symbol::Variant(_) | Symbol::Member(_) | Symbol::Key(_) | Symbol::Port(_) => matches!(lead, "" | "|"),
                Symbol::Field(..) | Symbol::Output(..) => matches!(lead, "field" | "output"),
                Symbol::Local(_) | Symbol::Namespace(_) => false,
                _ => !lead.contains(['{', '}']),
            };
            is_first.then(|| docs_of(checked.project(), place)).flatten()
        }
    }
}

/// What the comments above the declaration of the name at this place say of it.
pub(crate) fn docs_of(project: &Project, name: Place) -> Option<String> {
    let source = project.file(name.file);
    let before = name.span.start;
    // A comment stands before the whole declaration, not only its name.
    let line = source.text.get(..before as usize)?.rfind('\n').map_or(0, |at| at + 1);
    let start = source.text.get(line..)?.find(|c: char| !c.is_whitespace()).map_or(line, |at| line + at);
    let start = u32::try_from(start).unwrap_or(before).min(before);
    oal_syntax::doc::doc_before(&source.parse, &source.text, start)
}
