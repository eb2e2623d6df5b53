//! Renaming: every mention of a name, in every file of the program, or a reason why not. What is refused is found by doing it: the
//! renamed program is checked, and must say the same as before and mean the same by the new name.

use std::collections::BTreeSet;

use oal_check::program::{DefKind, Place};
use oal_check::query::{self, Mention, Symbol};
use oal_check::value::Value;
use oal_check::{Checked, Edit, Options, Severity, check};
use oal_syntax::ast::ExprKind;
use oal_syntax::{FileId, Span, key, lexer};

use super::{after, describe};

/// What can be renamed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamable {
    /// The name.
    pub span: Span,
    /// What it says now, without quotes.
    pub name: String,
}

/// What is meant by the name at `offset`, and its mentions that are to change.
struct Plan {
    symbol: Symbol,
    span: Span,
    name: String,
    mentions: Vec<Mention>,
    /// Those that stay, because they use another name.
    others: Vec<Place>,
}

/// The name at `offset`, if it can be renamed.
///
/// # Errors
/// Why it cannot: there is none, or it is not the program's own.
pub fn prepare(checked: &Checked, file: FileId, offset: u32) -> Result<Renamable, String> {
    let plan = plan(checked, file, offset)?;
    let written = checked.project().slice(file, plan.span);
    // The quotes stay.
    let quoted = written.starts_with('"') && written.len() >= 2 && !written.contains(['\\', '\n']);
    let span = if quoted { Span::new(plan.span.start + 1, plan.span.end - 1) } else { plan.span };
    Ok(Renamable { span, name: plan.name })
}

fn plan(checked: &Checked, file: FileId, offset: u32) -> Result<Plan, String> {
    let Some((symbol, span)) = query::symbol_at(checked, file, offset) else {
        return Err("there is no name here that could be renamed".to_owned());
    };
    let noun = describe::noun(checked, &symbol);
    let name = query::name(checked, &symbol);
    match symbol {
        Symbol::CurrentEnvironment
        | Symbol::Function(_)
        | Symbol::Parameter(..)
        | Symbol::BuiltinType(_)
        | Symbol::Level(_)
        | Symbol::Lint(_) => {
            return Err(format!("`{name}` is {}: the language itself names it", describe::article(noun)));
        }
        Symbol::File(_) => return Err("to rename a file, rename it in the file tree: its uses follow".to_owned()),
        _ => {}
    }
    let declared = query::declaration(checked, &symbol).ok_or_else(|| format!("`{name}` is declared nowhere"))?;
    if oal_check::std::index(declared.file).is_some() {
        let noun = describe::article(noun);
        return Err(format!("`{name}` is {noun} of the built-in library, which nobody can change"));
    }
    let all = query::mentions(checked, &symbol);
    if !all.iter().any(|mention| mention.is_declaration) {
        return Err(format!("nothing declares the {noun} `{name}`"));
    }
    let here = key::text(checked.project().slice(file, span)).into_owned();
    // A name of `use … { a as b }` is this file's own.
    let alias = here != *key::text(name);
    let (mentions, others): (Vec<Mention>, Vec<Mention>) = all.into_iter().partition(|mention| {
        let said = checked.project().slice(mention.place.file, mention.place.span);
        *key::text(said) == *here && (!alias || mention.place.file == file)
    });
    let others = others.into_iter().map(|mention| mention.place).collect();
    Ok(Plan { symbol, span, name: here, mentions, others })
}

/// The edits that give the name at `offset` another one. `options` are those of the check.
///
/// # Errors
/// Why that cannot be: the new name is none, is taken, or the program would mean something else.
pub fn rename(checked: &Checked, options: &Options, file: FileId, offset: u32, new: &str) -> Result<Vec<Edit>, String> {
    let plan = plan(checked, file, offset)?;
    let new = new.trim();
    let new = if new.len() >= 2 && new.starts_with('"') { key::text(new).into_owned() } else { new.to_owned() };
    if new == plan.name {
        return Ok(Vec::new());
    }
    refuse_bad_name(checked, &plan, &new)?;
    refuse_taken(checked, &plan, &new)?;
    refuse_other_texts(checked, &plan)?;
    let mut edits = Vec::with_capacity(plan.mentions.len());
    for mention in &plan.mentions {
        edits.push(Edit { file: mention.place.file, span: mention.place.span, text: written(checked, mention, &new)? });
    }
    widen_imports(checked, &plan, &new, &mut edits);
    prove(checked, options, &plan, file, &edits)?;
    Ok(edits)
}

/// Whether a text is a name: letters, digits and `_`.
fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn refuse_bad_name(checked: &Checked, plan: &Plan, new: &str) -> Result<(), String> {
    let noun = describe::noun(checked, &plan.symbol);
    if new.is_empty() {
        return Err("the new name is empty".to_owned());
    }
    // Keys of maps are any text, and so is what is quoted already.
    if matches!(plan.symbol, Symbol::Key(_)) || query::name(checked, &plan.symbol).starts_with('"') {
        return Ok(());
    }
    if !is_word(new) {
        let noun = describe::article(noun);
        return Err(format!("`{new}` is no name: {noun} has letters, digits and `_`"));
    }
    let is_type = matches!(plan.symbol, Symbol::Def(def)
        if checked.program().def(def).is_some_and(|info| info.kind == DefKind::Type));
    let upper = new.starts_with(|c: char| c.is_ascii_uppercase());
    if is_type && !upper {
        return Err(format!("the name of a type starts with a capital letter: `{new}` does not"));
    }
    let any_case = matches!(plan.symbol, Symbol::Member(_) | Symbol::Port(_));
    if !is_type && upper && !any_case {
        return Err(format!("the name of a {noun} starts with a small letter: `{new}` does not"));
    }
    // Before a colon and behind a dot every word is a name; where that does not help, the check says so.
    let any_word = matches!(plan.symbol, Symbol::Field(..) | Symbol::Output(..) | Symbol::Member(_) | Symbol::Port(_));
    let keyword = lexer::tokens(new).tokens.first().is_some_and(|token| token.kind.is_keyword());
    if keyword && !any_word || new == "_" {
        return Err(format!("`{new}` is a word of the language"));
    }
    if let Symbol::Def(def) = plan.symbol
        && checked.program().def(def).is_some_and(|info| info.kind != DefKind::Type)
        && oal_check::std::is_kind(new)
    {
        return Err(format!("`{new}` is a built-in kind"));
    }
    Ok(())
}

/// A name that something else in one of the files has already.
fn refuse_taken(checked: &Checked, plan: &Plan, new: &str) -> Result<(), String> {
    let program = checked.program();
    if !matches!(plan.symbol, Symbol::Def(_) | Symbol::Namespace(_)) {
        return Ok(());
    }
    let own = |mention: &&Mention| mention.is_declaration || mention.is_import;
    for mention in plan.mentions.iter().filter(own) {
        let file = mention.place.file;
        let def = program.named(file, new).filter(|def| plan.symbol != Symbol::Def(*def));
        let other = def.and_then(|def| query::declaration(checked, &Symbol::Def(def)));
        if let Some(place) = other {
            let at = describe::place_words(checked, place);
            return Err(format!("`{new}` is already declared at {at}"));
        }
    }
    Ok(())
}

/// The key of a repeated component is a value, too: a text that says the same may be compared with it, which no check can tell.
fn refuse_other_texts(checked: &Checked, plan: &Plan) -> Result<(), String> {
    if !query::names_instance(checked, &plan.symbol) {
        return Ok(());
    }
    for (file, source) in checked.project().files() {
        let said = source.parse.tree.exprs.iter().filter(|expr| expr.kind == ExprKind::Text);
        let mut places = said.map(|expr| Place { file, span: expr.span });
        let other = places.find(|place| {
            *key::text(place.span.text(&source.text)) == *plan.name
                && !plan.mentions.iter().any(|mention| mention.place == *place)
        });
        if let Some(place) = other {
            let (name, at) = (&plan.name, describe::place_words(checked, place));
            return Err(format!("`{name}` names an instance, and the text \"{name}\" at {at} may mean it, too"));
        }
    }
    Ok(())
}

/// The new name as it must stand at a mention.
fn written(checked: &Checked, mention: &Mention, new: &str) -> Result<String, String> {
    let text = checked.project().text(mention.place.file);
    let old = mention.place.span.text(text);
    if old.starts_with(['"', 'r']) && old.ends_with('"') {
        return Ok(Value::text(new).source());
    }
    if is_word(new) {
        return Ok(new.to_owned());
    }
    let before = text.get(..mention.place.span.start as usize).unwrap_or_default();
    if before.ends_with('.') {
        let at = describe::place_words(checked, mention.place);
        return Err(format!("`{new}` is no word, and {at} names it behind a dot"));
    }
    Ok(Value::text(new).source())
}

/// In a `use`, a name that is used under another one there keeps that; and an own name that gets back the one it has in its file
/// needs no `as`.
fn widen_imports(checked: &Checked, plan: &Plan, new: &str, edits: &mut [Edit]) {
    for (mention, edit) in plan.mentions.iter().zip(edits) {
        if !mention.is_import {
            continue;
        }
        let tree = &checked.project().file(mention.place.file).parse.tree;
        let text = checked.project().text(mention.place.file);
        let Some(used) = tree.use_names.iter().find(|used| {
            used.name != used.local && (used.local == mention.place.span || used.name == mention.place.span)
        }) else {
            continue;
        };
        let other = if used.local == mention.place.span { used.name } else { used.local };
        if other.text(text) == new {
            edit.span = used.name.cover(used.local);
        }
    }
}

/// Checks the program with the edits: it must find the same, and the new name must stand for the same at exactly the edited places.
fn prove(checked: &Checked, options: &Options, plan: &Plan, file: FileId, edits: &[Edit]) -> Result<(), String> {
    // The new name, in which a file may have another word for it.
    let word = edits.first().map_or_else(String::new, |edit| key::text(&edit.text).into_owned());
    let after = check(&after::edited(checked, edits), &renamed_in(checked, options, plan, &word));
    // A lint about the new name is shown where it stands; it breaks nothing.
    if let Some(found) = after::worse(checked, &after, Severity::Error) {
        return Err(format!("then {} ({})", found.message, found.code.id));
    }
    let edited_places = edits.iter().map(|edit| moved(edits, edit.file, edit.span.start, edit.text.len()));
    // A name that is used under another one, which the new one is.
    let others = plan.others.iter().filter(|place| {
        let covered = edits.iter().any(|edit| edit.file == place.file && edit.span.contains(place.span));
        !covered && *key::text(checked.project().slice(place.file, place.span)) == *word
    });
    let others = others.map(|place| moved(edits, place.file, place.span.start, place.span.len() as usize));
    let expected: BTreeSet<Place> = edited_places.chain(others).collect();
    let start = edits.iter().find(|edit| edit.file == file && edit.span.contains(plan.span));
    let start = start.map(|edit| moved(edits, file, edit.span.start, 0).span.start);
    let meant = start.and_then(|start| query::symbol_at(&after, file, start));
    let Some((symbol, _)) = meant else { return Err("the new name would mean nothing".to_owned()) };
    let found: BTreeSet<Place> = query::mentions(&after, &symbol)
        .into_iter()
        .map(|mention| mention.place)
        .filter(|place| *key::text(after.project().slice(place.file, place.span)) == *word)
        .collect();
    match found.symmetric_difference(&expected).next() {
        None => Ok(()),
        Some(place) => Err(format!("the new name means something else at {}", describe::place_words(&after, *place))),
    }
}

/// The options with the new name of a param or an environment that they speak of.
fn renamed_in(checked: &Checked, options: &Options, plan: &Plan, new: &str) -> Options {
    let mut options = options.clone();
    let is_param = |def| checked.program().def(def).is_some_and(|info| info.kind == DefKind::Param);
    let names: Vec<&mut String> = match plan.symbol {
        Symbol::Def(def) if is_param(def) => options.params.iter_mut().map(|(name, _)| name).collect(),
        Symbol::Environment(_) => options.environments.iter_mut().collect(),
        _ => Vec::new(),
    };
    for name in names.into_iter().filter(|name| **name == plan.name) {
        new.clone_into(name);
    }
    options
}

/// Where what starts at an offset stands when all edits are made.
fn moved(edits: &[Edit], file: FileId, offset: u32, len: usize) -> Place {
    let before = edits.iter().filter(|other| other.file == file && other.span.start < offset);
    let grown: i64 =
        before.map(|other| i64::try_from(other.text.len()).unwrap_or(0) - i64::from(other.span.len())).sum();
    let start = u32::try_from(i64::from(offset) + grown).unwrap_or(0);
    Place { file, span: Span::new(start, start + u32::try_from(len).unwrap_or(0)) }
}
