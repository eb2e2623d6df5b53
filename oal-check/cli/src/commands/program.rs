//! What the command line needs to know of a program before it is checked.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use oal_check::diagnostic::codes;
use oal_check::suggest::closest;
use oal_check::{Diagnostic, Loader, Project, SourceFile};
use oal_syntax::FileId;
use oal_syntax::ast::{Item, ItemKind};

use crate::failure::Failure;
use crate::files::Place;

/// How well a file looks like the one that a program starts from; less is better.
pub(crate) type Rank = (bool, Reverse<usize>, bool, usize);

/// A program's root.
pub(crate) const FIRST_FILE: FileId = FileId(0);

/// The environment of a program that declares none.
const DEFAULT: &str = "default";

/// Codes below this number are about a text alone.
const FIRST_OF_NAMES: u16 = 200;

/// Whether a program starts from this file.
pub(crate) fn is_root(file: &SourceFile) -> bool {
    file.app().is_some()
}

/// Whether a finding holds for a text without the program it belongs to: characters, tokens, syntax.
pub(crate) fn about_text(found: &Diagnostic) -> bool {
    found.code.number < FIRST_OF_NAMES
}

/// Whether a finding asks for an `app`.
pub(crate) fn lacks_app(found: &Diagnostic) -> bool {
    found.code == &codes::NO_APP
}

/// Of files without an `app`, the one that most looks as if a program should start from it, with how well it does (less is
/// better): no other uses it, it and what it uses declare the most components and environments, its name says so, it lies
/// the least deep.
pub(crate) fn likely_root(place: &mut Place) -> Option<(Rank, Project)> {
    let mut used = BTreeSet::new();
    let mut projects = Vec::new();
    for file in &place.files {
        if place.disk.load(&file.path).is_ok() {
            let project = Project::load(&file.path, &mut place.disk);
            used.extend(project.files().skip(1).map(|(_, file)| file.path.clone()));
            projects.push(project);
        }
    }
    let rank = |project: Project| {
        let path = project.path(FIRST_FILE);
        let deployed = |item: &&Item| matches!(item.kind, ItemKind::Component { .. } | ItemKind::Environment(_));
        let parts: usize = project.files().map(|(_, file)| items(file).filter(deployed).count()).sum();
        let name = path.rsplit('/').next().unwrap_or(path);
        let named = matches!(name, "app.oal" | "main.oal");
        ((used.contains(path), Reverse(parts), !named, path.matches('/').count()), project)
    };
    projects.into_iter().map(rank).min_by_key(|(rank, _)| *rank)
}

/// The environments that a program declares, in order.
pub(crate) fn environments(project: &Project) -> Vec<&str> {
    let root = project.file(FIRST_FILE);
    let declared = items(root).filter(|item| matches!(item.kind, ItemKind::Environment(_)));
    let mut names: Vec<&str> = declared.map(|item| item.name.text(&root.text)).collect();
    if names.is_empty() {
        names.push(DEFAULT);
    }
    names
}

/// The params that a program declares.
pub(crate) fn params(project: &Project) -> Vec<&str> {
    let files = project.files();
    files
        .flat_map(|(_, file)| {
            let params = items(file).filter(|item| matches!(item.kind, ItemKind::Param { .. }));
            params.map(|item| item.name.text(&file.text))
        })
        .collect()
}

fn items(file: &SourceFile) -> impl Iterator<Item = &Item> {
    file.parse.tree.top.iter().map(|id| file.parse.tree.item(*id))
}

/// Refuses environments that are not among the declared ones.
pub(crate) fn known_environments(wanted: &[String], declared: &[&str]) -> Result<(), Failure> {
    let mut names: Vec<&str> = Vec::new();
    for name in declared {
        if !names.contains(name) {
            names.push(name);
        }
    }
    let Some(wrong) = wanted.iter().find(|name| !names.contains(&name.as_str())) else { return Ok(()) };
    if names.is_empty() {
        // There is no program, which is said elsewhere.
        return Ok(());
    }
    let list: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let mut help = format!("declared: {}", list.join(", "));
    if let Some(near) = closest(wrong, names) {
        help = format!("did you mean `{near}`? {help}");
    }
    Err(Failure::new("oal::usage::unknown_environment", format!("no environment is called `{wrong}`")).help(help))
}

/// Refuses params that no program declares.
pub(crate) fn known_params(wanted: &[(String, String)], declared: &[&str]) -> Result<(), Failure> {
    let Some((wrong, _)) = wanted.iter().find(|(name, _)| !declared.contains(&name.as_str())) else { return Ok(()) };
    let failure = Failure::new("oal::usage::unknown_param", format!("no program has a param `{wrong}`"));
    Err(match closest(wrong, declared.iter().copied()) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help("`param` declares one in a program"),
    })
}

/// Reads `NAME=VALUE`.
pub(crate) fn param(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("write `NAME=VALUE`".to_owned()),
    }
}
