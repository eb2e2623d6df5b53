//! Which lints are heard: `allow(…)` in the source, and what the caller denies, allows or merely warns of.

use crate::diagnostic::{Diagnostic, Fix, Severity, codes};
use crate::project::Project;
use crate::{LintLevel, Options};
use oal_syntax::ast::{Allow, EntryValue, ItemKind, List, Tree};
use oal_syntax::error::{SyntaxError, SyntaxErrorKind};
use oal_syntax::{FileId, Span};

/// An `allow(…)` of the program.
struct Allowed<'p> {
    lint: &'p str,
    at: Place,
    /// What it is for; `None` for the whole program.
    scope: Option<Place>,
    used: bool,
}

#[derive(Clone, Copy)]
struct Place {
    file: FileId,
    span: Span,
}

/// Takes out the lints that the source allows, says which `allow`s are in vain, and sets severities as the caller wants them.
pub(crate) fn apply(project: &Project, options: &Options, diagnostics: &mut Vec<Diagnostic>) {
    let mut allows = collect(project);
    let mut findings = Vec::new();
    allows.retain(|allow| {
        let known = codes::ALL.iter().any(|code| code.lint == Some(allow.lint));
        if !known {
            findings.push(unknown(allow));
        }
        known
    });
    diagnostics.retain(|diagnostic| {
        let Some(lint) = diagnostic.code.lint else { return true };
        let mut heard = true;
        for allow in allows.iter_mut().filter(|allow| allow.lint == lint) {
            let covers = allow.scope.is_none_or(|scope| {
                scope.file == diagnostic.primary.file && scope.span.contains(diagnostic.primary.span)
            });
            if covers {
                allow.used = true;
                heard = false;
            }
        }
        heard
    });
    // Of advice that nobody asked for, nobody knows whether it would have been found.
    let looked_for =
        |lint: &str| options.wants_advice() || codes::lint(lint).is_none_or(|c| c.severity != Severity::Note);
    let unused = allows.iter().filter(|allow| !allow.used && looked_for(allow.lint)).map(|allow| {
        Diagnostic::new(
            &codes::UNUSED_ALLOW,
            allow.at.file,
            allow.at.span,
            format!("`allow({}, …)` allows nothing", allow.lint),
        )
        .label("this lint finds nothing here")
        .help("remove it")
    });
    diagnostics.extend(unused);
    diagnostics.append(&mut findings);
    diagnostics.retain_mut(|diagnostic| level(diagnostic, options));
}

/// Sets the severity that the caller wants; whether the finding is to be kept.
fn level(diagnostic: &mut Diagnostic, options: &Options) -> bool {
    let Some(lint) = diagnostic.code.lint else { return true };
    for (name, level) in options.lints.iter().rev() {
        let all = name == "warnings" && diagnostic.severity == Severity::Warning;
        if name != lint && !all && !name.eq_ignore_ascii_case(diagnostic.code.id) {
            continue;
        }
        match level {
            LintLevel::Allow => return false,
            LintLevel::Warn => diagnostic.severity = Severity::Warning,
            LintLevel::Deny => diagnostic.severity = Severity::Error,
        }
        return true;
    }
    true
}

fn unknown(allow: &Allowed<'_>) -> Diagnostic {
    let lints = codes::ALL.iter().filter_map(|code| code.lint);
    let diagnostic = Diagnostic::new(
        &codes::UNKNOWN_LINT,
        allow.at.file,
        allow.at.span,
        format!("there is no lint `{}`", allow.lint),
    )
    .label("unknown lint");
    match crate::suggest::closest(allow.lint, lints) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(Fix::maybe(
            format!("write `{near}`"),
            allow.at.file,
            allow.at.span,
            near,
        )),
        None => diagnostic.help("`oal explain --list` names all lints; errors cannot be allowed"),
    }
}

fn collect(project: &Project) -> Vec<Allowed<'_>> {
    let mut found = Vec::new();
    for (file, source) in project.files() {
        let tree = &source.parse.tree;
        if tree.allows.is_empty() {
            continue;
        }
        let mut add = |list: List<Allow>, scope: Option<Span>| {
            for allow in tree.allows(list) {
                push(&mut found, file, &source.text, *allow, scope);
            }
        };
        for item in &tree.items {
            let scope = if matches!(item.kind, ItemKind::App(_)) { None } else { Some(item.span) };
            add(item.allows, scope);
        }
        for member in &tree.members {
            add(member.allows, Some(member.name.cover(tree.ty(member.ty).span)));
        }
        // Before `key: value` it is for that entry.
        for (at, entry) in tree.entries.iter().enumerate() {
            if let EntryValue::Allow(index) = entry.value
                && let Some(allow) = tree.allows.get(index as usize)
                && !source.parse.errors.iter().any(|error| dangles(error, entry.key))
            {
                push(&mut found, file, &source.text, *allow, Some(next_entry(tree, at)));
            }
        }
    }
    found
}

/// Whether it has been said that nothing follows an `allow`: then nobody asks what it allows.
fn dangles(error: &SyntaxError, allow: Span) -> bool {
    error.kind == SyntaxErrorKind::DanglingAllow && error.span == allow
}

fn push<'p>(found: &mut Vec<Allowed<'p>>, file: FileId, source: &'p str, allow: Allow, scope: Option<Span>) {
    if !allow.lint.is_empty() {
        found.push(Allowed {
            lint: allow.lint.text(source),
            at: Place { file, span: allow.lint },
            scope: scope.map(|span| Place { file, span }),
            used: false,
        });
    }
}

/// The text of the first entry after this one that is no `allow` itself.
fn next_entry(tree: &Tree, at: usize) -> Span {
    let next = tree.entries.iter().skip(at).find(|entry| !matches!(entry.value, EntryValue::Allow(_)));
    match next {
        Some(entry) => match entry.value {
            EntryValue::Set(value) => entry.key.cover(tree.expr(value).span),
            EntryValue::Item(item) => tree.item(item).span,
            _ => entry.key,
        },
        None => Span::empty(0),
    }
}
