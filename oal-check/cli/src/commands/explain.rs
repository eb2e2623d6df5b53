//! `oal explain`: the page of a code, or what the prelude says of a kind or type.

use oal_check::diagnostic::{Severity, codes};
use oal_check::suggest::closest;
use oal_syntax::FileId;
use oal_syntax::ast::{Item, ItemKind};

use crate::Verdict;
use crate::failure::Failure;
use crate::output::Output;
use crate::page;

/// Explain a code, a lint, or a built-in kind or type
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    oal explain OAL0203     the page of a code: what, why, a failing and a fixed program\n  \
    oal explain unused_let  the same for a lint\n  \
    oal explain service     what a built-in kind can say, from its own declaration\n  \
    oal explain --list      all codes")]
pub(crate) struct Args {
    /// A code (`OAL0203`, `203`), a code's name, a kind or a type
    #[arg(value_name = "CODE", required_unless_present = "list")]
    what: Option<String>,

    /// List all codes
    #[arg(long, conflicts_with = "what")]
    list: bool,
}

/// Runs `oal explain`.
pub(crate) fn run(args: &Args, output: &mut Output) -> miette::Result<Verdict> {
    let Some(what) = args.what.as_deref() else {
        list(output);
        return Ok(Verdict::Clean);
    };
    if let Some(page) = declaration(what) {
        page::print(&page, output);
    } else if let Some(code) = codes::lookup(what) {
        page::print(code.page(), output);
    } else {
        return Err(unknown(what).into());
    }
    Ok(Verdict::Clean)
}

fn list(output: &mut Output) {
    for code in codes::ALL {
        let word = match (code.lint, code.severity) {
            (Some(_), Severity::Error) => "lint, error",
            (Some(_), _) => "lint",
            (None, severity) => severity.name(),
        };
        output.line(&format!("{}  {word:<11}  {:<32} {}", code.id, code.slug, code.summary));
    }
}

fn unknown(what: &str) -> Failure {
    let failure = Failure::new("oal::usage::unknown_code", format!("there is no code, kind or type `{what}`"));
    let upper = what.to_ascii_uppercase();
    let names = codes::ALL.iter().flat_map(|code| [code.id, code.slug]).chain(oal_check::std::names());
    match closest(what, names).or_else(|| closest(&upper, codes::ALL.iter().map(|code| code.id))) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help("`oal explain --list` shows all codes"),
    }
}

/// The declaration of a built-in kind or type with its documentation, and those of the kinds it extends.
fn declaration(name: &str) -> Option<String> {
    let mut file = oal_check::std::file_declaring(name)?;
    let mut page = String::new();
    let mut name = name.to_owned();
    loop {
        let (text, base) = one(file, &name)?;
        if page.is_empty() {
            page = format!("# `{name}`, declared in {}\n\n", oal_check::std::text(oal_check::std::index(file)?).0);
        } else {
            page.push_str(&format!("\nIt extends `{name}`:\n\n"));
        }
        page.push_str(&text);
        let Some(base) = base else { return Some(page) };
        file = imported(file, &base).unwrap_or(file);
        name = base;
    }
}

/// A declaration as a page with its documentation, and the kind it extends.
fn one(file: FileId, name: &str) -> Option<(String, Option<String>)> {
    let source = oal_check::std::source(oal_check::std::index(file)?);
    let tree = &source.parse.tree;
    let items = tree.top.iter().map(|id| tree.item(*id));
    let item = items.into_iter().find(|item| item.name.text(&source.text) == name && declares(item))?;
    let docs = oal_syntax::doc::doc_before(&source.parse, &source.text, item.span.start);
    let mut page = docs.map(|docs| format!("{}\n\n", docs.trim())).unwrap_or_default();
    page.push_str(&format!("```oal\n{}\n```\n", item.span.text(&source.text)));
    let base = match item.kind {
        ItemKind::Kind { base, .. } if !base.is_empty() => Some(base.text(&source.text).to_owned()),
        _ => None,
    };
    Some((page, base))
}

fn declares(item: &Item) -> bool {
    matches!(item.kind, ItemKind::Kind { .. } | ItemKind::Type(_))
}

/// The file from which a file of the prelude takes a name.
fn imported(file: FileId, name: &str) -> Option<FileId> {
    let source = oal_check::std::source(oal_check::std::index(file)?);
    let tree = &source.parse.tree;
    tree.top.iter().find_map(|id| match tree.item(*id).kind {
        ItemKind::Use { path, names } => {
            let has = tree.use_names(names).iter().any(|used| used.name.text(&source.text) == name);
            let path = oal_syntax::literal::text(path.text(&source.text));
            if has { oal_check::std::file_named(path.strip_prefix("std:")?) } else { None }
        }
        _ => None,
    })
}
