//! What a program answers about its names: laws over every example, every program of the specification, and the prelude.

use crate::{examples, spec};
use oal_check::query::{self, Mention, Symbol};
use oal_check::{Checked, InMemory, Options, Project, check};
use oal_syntax::ast::ItemKind;
use oal_syntax::token::TokenKind;
use oal_syntax::{FileId, Span, key};
use std::collections::{BTreeMap, HashMap};

/// All programs with a title: the examples and those of the specification.
fn programs() -> Vec<(String, Project)> {
    let load = |root: &str, files: &[(String, String)]| {
        let mut loader: InMemory = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        Project::load(root, &mut loader)
    };
    let mut all = Vec::new();
    for (directory, files, root) in examples::EXAMPLES.iter() {
        all.push((directory.display().to_string(), load(root, files)));
    }
    for (title, files) in spec::programs() {
        all.push((title, load(&files[0].0, &files)));
    }
    all
}

fn recorded(project: &Project) -> Checked {
    check(project, &Options { record_types: true, advice: true, ..Options::default() })
}

/// The files of a program, and of the prelude.
fn files(checked: &Checked) -> Vec<FileId> {
    let own = checked.project().files().map(|(file, _)| file);
    own.chain((0..oal_check::std::len()).map(oal_check::std::id)).collect()
}

/// Every name token of a file: names, types' names, and the steps of keys.
fn name_tokens(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    for token in oal_syntax::lexer::tokens(text).tokens {
        match token.kind {
            TokenKind::Name | TokenKind::Upper => found.push(token.span),
            TokenKind::Key | TokenKind::PathKey => {
                found.extend(key::segments(token.span.text(text)).filter(|segment| !segment.quoted).map(|segment| {
                    Span::new(token.span.start + segment.span.start, token.span.start + segment.span.end)
                }));
            }
            _ => {}
        }
    }
    found
}

/// Whether a place stands in an item that a finding speaks of, or in a file with a `use` that brings nothing in.
fn is_erroneous(checked: &Checked, file: FileId, at: Span) -> bool {
    let tree = &checked.project().file(file).parse.tree;
    let around = tree.top.iter().map(|item| tree.item(*item).span).find(|span| span.touches(at.start));
    let in_use = |span: Span| {
        let around = tree.top.iter().map(|item| tree.item(*item)).find(|item| item.span.touches(span.start));
        around.is_some_and(|item| matches!(item.kind, ItemKind::Use { .. } | ItemKind::UseAs { .. }))
    };
    let broken_use = checked.diagnostics().iter().any(|found| found.primary.file == file && in_use(found.primary.span));
    let speaks = |other: FileId, span: Span| other == file && around.is_none_or(|item| item.touches(span.start));
    broken_use
        || checked.diagnostics().iter().any(|found| {
            speaks(found.primary.file, found.primary.span)
                || found.secondary.iter().any(|label| speaks(label.file, label.span))
        })
}

#[test]
fn every_name_means_something() {
    let mut wrong = String::new();
    for (title, project) in programs() {
        let checked = recorded(&project);
        for file in files(&checked) {
            let text = checked.project().text(file);
            let mut known: BTreeMap<u32, u32> = BTreeMap::new();
            query::names(&checked, file, &mut |_, mention: Mention| {
                known.insert(mention.place.span.start, mention.place.span.end);
            });
            for name in name_tokens(text) {
                let word = name.text(text);
                if known.get(&name.start) == Some(&name.end) || matches!(word, "_" | "environment") {
                    continue;
                }
                if !is_erroneous(&checked, file, name) {
                    let line = text[..name.start as usize].matches('\n').count() + 1;
                    wrong.push_str(&format!("{title}: {}:{line}: `{word}`\n", checked.project().path(file)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "names without a meaning:\n{wrong}");
}

/// The name that declares a symbol is one of its mentions, and so is every use; at each of these places the symbol is found.
#[test]
fn uses_lead_to_declarations_and_back() {
    let mut wrong = String::new();
    for (title, project) in programs() {
        let checked = recorded(&project);
        let mut mentions: HashMap<Symbol, Vec<Mention>> = HashMap::new();
        for (file, _) in checked.project().files() {
            let mut names: Vec<(Symbol, Mention)> = Vec::new();
            query::names(&checked, file, &mut |symbol, mention| names.push((symbol, mention)));
            for (symbol, mention) in names {
                let text = checked.project().slice(file, mention.place.span);
                let found = query::symbol_at(&checked, file, mention.place.span.start);
                assert_eq!(found, Some((symbol, mention.place.span)), "{title}: `{text}`");
                let mentions = mentions.entry(symbol).or_insert_with(|| query::mentions(&checked, &symbol));
                assert!(mentions.contains(&mention), "{title}: `{text}` is no mention of {symbol:?}: {mentions:?}");
                let Some(declared) = query::declaration(&checked, &symbol) else { continue };
                let declares = |mention: &Mention| mention.place == declared && mention.is_declaration;
                let whole = matches!(symbol, Symbol::File(_));
                // A port that nothing opens is found by its value, and a mistake elsewhere may hide that finding.
                if !whole && !mentions.iter().any(declares) && !checked.has_errors() {
                    wrong.push_str(&format!("{title}: `{text}`: {symbol:?}\n"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "never declared:\n{wrong}");
}

#[test]
fn recording_types_changes_no_finding() {
    for (title, project) in programs() {
        let plain = check(&project, &Options { advice: true, ..Options::default() });
        assert_eq!(plain.diagnostics(), recorded(&project).diagnostics(), "{title}");
    }
}
