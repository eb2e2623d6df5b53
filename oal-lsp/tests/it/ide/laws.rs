//! Laws of the answers, over all examples and programs of the specification.

use super::{checked, corpus, options};
use oal_check::query::{self, Symbol};
use oal_check::{Checked, InMemory, Options, Project, check};
use oal_lsp::ide::{after, definition, hierarchy, hover, inlay_hints, references, rename};
use oal_syntax::{FileId, Span};
use std::collections::HashSet;

/// Asks everything that takes a place.
fn ask_all(checked: &Checked, file: FileId, at: u32) {
    let _ = hover::hover(checked, file, at);
    let _ = definition::definition(checked, file, at);
    let _ = definition::declaration(checked, file, at);
    let _ = definition::type_definition(checked, file, at);
    let _ = hierarchy::kind_at(checked, file, at);
    let _ = hierarchy::used_at(checked, file, at);
    let _ = rename::prepare(checked, file, at);
}

/// At no place of a program, whole or cut off, does a question fail.
#[test]
fn every_place_can_be_asked() {
    for program in corpus::SPEC.iter() {
        let checked = checked(&program.root, &program.files);
        let text = checked.project().text(FileId(0)).to_owned();
        for at in 0..=u32::try_from(text.len()).unwrap() {
            ask_all(&checked, FileId(0), at);
        }
        let whole = Span::new(0, u32::try_from(text.len()).unwrap());
        let _ = inlay_hints::hints(&checked, FileId(0), whole, true);
        // Cut off at some places, asked at the end.
        for at in (0..text.len()).filter(|at| text.is_char_boundary(*at)).step_by(41) {
            let cut =
                check(&Project::single("app.oal", &text[..at]), &Options { record_types: true, ..Options::default() });
            for at in at.saturating_sub(2)..=at {
                ask_all(&cut, FileId(0), u32::try_from(at).unwrap());
                let _ = references::highlights(&cut, FileId(0), u32::try_from(at).unwrap());
            }
        }
    }
}

/// Every name of every example and of the library has words, and its definition is where it says.
#[test]
fn every_name_has_words() {
    for program in corpus::EXAMPLES.iter() {
        let checked = checked(&program.root, &program.files);
        let library = (0..oal_check::std::len()).map(oal_check::std::id);
        let files: Vec<FileId> = checked.project().files().map(|(file, _)| file).chain(library).collect();
        for file in files {
            let mut names = Vec::new();
            query::names(&checked, file, &mut |symbol, mention| names.push((symbol, mention.place)));
            for (symbol, place) in names.into_iter().step_by(3) {
                let word = checked.project().slice(file, place.span);
                let hover = hover::hover(&checked, file, place.span.start);
                let hover = hover.unwrap_or_else(|| panic!("{}: nothing of `{word}`", program.title));
                assert_eq!(hover.span, place.span, "{}: `{word}`", program.title);
                assert!(hover.markdown.starts_with("```oal\n"), "{}", hover.markdown);
                if let (Some(declared), false) =
                    (query::declaration(&checked, &symbol), matches!(symbol, Symbol::Namespace(_)))
                {
                    let found = definition::definition(&checked, file, place.span.start).unwrap();
                    assert_eq!(found.targets[0].name, declared, "{}: `{word}`", program.title);
                    assert!(found.targets[0].full.contains(declared.span));
                }
            }
        }
    }
}

/// A fresh name of the shape that a name has.
fn fresh(name: &str) -> String {
    if name.starts_with(|c: char| c.is_ascii_uppercase()) && !name.contains('_') {
        format!("{name}Zq")
    } else if name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_' || b.is_ascii_digit()) {
        format!("{name}_ZQ")
    } else {
        format!("{name}_zq")
    }
}

fn renamed(checked: &Checked, file: FileId, at: u32, new: &str) -> Result<Project, String> {
    let edits = rename::rename(checked, &options(), file, at, new)?;
    let files: Vec<(String, String)> = checked
        .project()
        .files()
        .map(|(id, source)| {
            let own = edits.iter().filter(|edit| edit.file == id).cloned().collect();
            (source.path.clone(), after::apply(&source.text, own))
        })
        .collect();
    let root = files[0].0.clone();
    Ok(Project::load(&root, &mut files.into_iter().collect::<InMemory>()))
}

/// Every own name of a program without errors can be renamed, and back, which gives the same texts; the findings stay.
#[test]
fn there_and_back_is_nothing() {
    let options = options();
    let mut refused = Vec::new();
    let (mut count, mut turn) = (0, 0);
    for program in corpus::all() {
        let before = checked(&program.root, &program.files);
        if before.has_errors() {
            continue;
        }
        let mut seen: HashSet<Symbol> = HashSet::new();
        for (file, source) in before.project().files() {
            let mut names = Vec::new();
            query::names(&before, file, &mut |symbol, mention| names.push((symbol, mention.place)));
            for (symbol, place) in names {
                if !seen.insert(symbol) {
                    continue;
                }
                turn += 1;
                if !usize::is_multiple_of(turn, 7) {
                    continue;
                }
                let Ok(renamable) = rename::prepare(&before, file, place.span.start) else { continue };
                let new = fresh(&renamable.name);
                let there = match renamed(&before, file, place.span.start, &new) {
                    Ok(there) => check(&there, &options),
                    // What else uses the text of a key or variant only the check knows.
                    Err(_) if matches!(symbol, Symbol::Key(_) | Symbol::Variant(_)) => continue,
                    Err(why) => {
                        refused.push(format!("{}: {} -> {new}: {why}", program.title, renamable.name));
                        continue;
                    }
                };
                count += 1;
                let codes =
                    |checked: &Checked| checked.diagnostics().iter().map(|found| found.code.id).collect::<Vec<_>>();
                let (found, known) = (codes(&there), codes(&before));
                // A lint may go by the name of a key itself.
                if matches!(symbol, Symbol::Key(_)) && found.len() < known.len() {
                    assert!(found.iter().all(|code| known.contains(code)), "{}: {new}: {found:?}", program.title);
                    continue;
                }
                assert_eq!(found, known, "{}: {new}", program.title);
                // The first mention of the new name in the file that the old one was asked in.
                let text = there.project().text(file);
                let at = text.find(&new).unwrap_or_else(|| panic!("{}: no {new}", source.path));
                let back = renamed(&there, file, u32::try_from(at).unwrap(), &renamable.name).unwrap();
                for (id, file) in back.files() {
                    assert_eq!(*file.text, before.project().text(id), "{}: {new}", program.title);
                }
            }
        }
    }
    assert!(count > 200, "{count}");
    assert!(refused.is_empty(), "{count} renamed, refused:\n{}", refused.join("\n"));
}
