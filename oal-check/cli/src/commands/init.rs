//! `oal init`: writes a first program from what lies in a directory. Asks nothing that it can see, and reads no value of an
//! environment variable.

mod compose;
mod dockerfile;
mod draft;
mod look;
mod manifest;
mod names;
mod store;

use std::path::PathBuf;

use oal_check::{Options, Project, Severity, check};

use crate::Verdict;
use crate::commands::program::FIRST_FILE;
use crate::failure::Failure;
use crate::files;
use crate::output::{Output, count};
use look::Found;

/// The file that is written.
const FILE: &str = "app.oal";

/// Write a first program for what lies in a directory
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    oal init shop    writes `shop/app.oal`\n\n\
    Looks for Dockerfiles (ports, stages), Compose files (services, images, ports), the names in package.json,\n\
    Cargo.toml, pyproject.toml and go.mod, and the names, never the values, in `.env` files.")]
pub(crate) struct Args {
    /// The directory
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,

    /// Write over an `app.oal` that is there
    #[arg(long)]
    force: bool,

    /// Print the program instead of writing it
    #[arg(long, conflicts_with = "force")]
    dry_run: bool,
}

/// Runs `oal init`.
pub(crate) fn run(args: &Args, output: &mut Output) -> miette::Result<Verdict> {
    let name = files::shown(&args.directory);
    if !args.directory.is_dir() {
        return Err(Failure::new("oal::io::not_found", format!("there is no directory `{name}`"))
            .help("make it first: `oal init` describes what is there")
            .into());
    }
    let target = args.directory.join(FILE);
    if target.exists() && !args.force && !args.dry_run {
        return Err(Failure::new("oal::io::exists", format!("`{}` is there already", files::shown(&target)))
            .help("`--force` writes over it, `--dry-run` only shows what would be written")
            .into());
    }
    let found = look::look(&args.directory);
    let draft = draft::draft(&found);
    let text = clean(&draft.text)?;
    if args.dry_run {
        output.text(&text);
        return Ok(Verdict::Clean);
    }
    files::replace(&target, text.as_bytes())?;
    report(&found, &draft, &files::shown(&target), output);
    Ok(Verdict::Clean)
}

/// The draft in the one style and without findings: what a lint says of what was found so is allowed at its place.
fn clean(draft: &str) -> Result<String, Failure> {
    let mut text = formatted(draft)?;
    let project = Project::single(FILE, text.clone());
    let checked = check(&project, &Options::default());
    let tree = &project.file(FIRST_FILE).parse.tree;
    let mut allows = Vec::new();
    for found in checked.diagnostics() {
        match (found.code.lint, found.severity) {
            (_, Severity::Note) => {}
            (Some(lint), Severity::Warning) => {
                let place = found.primary.span;
                let items = tree.top.iter().map(|id| tree.item(*id).span);
                allows.extend(items.filter(|item| item.contains(place)).map(|item| (item.start as usize, lint)));
            }
            _ => return Err(mistake(&found.message)),
        }
    }
    allows.sort_unstable();
    allows.dedup();
    for (start, lint) in allows.into_iter().rev() {
        let Some((before, after)) = text.split_at_checked(start) else { continue };
        let reason = if lint == "unreachable_service" { "nothing was found that calls it" } else { "it was found so" };
        text = format!("{before}allow({lint}, \"{reason}\")\n{after}");
    }
    formatted(&text)
}

/// A program in the one style.
fn formatted(text: &str) -> Result<String, Failure> {
    let parse = oal_syntax::parse(text);
    oal_syntax::fmt::format(text, &parse).map_err(|error| mistake(&error.to_string()))
}

fn mistake(why: &str) -> Failure {
    Failure::new("oal::init::draft", format!("the program that was put together is wrong: {why}"))
        .help("this is a mistake of `oal init`, not yours: please report it; nothing was written")
}

/// Says what was found and written.
fn report(found: &Found, draft: &draft::Draft, target: &str, output: &mut Output) {
    let parts: Vec<String> =
        draft.counts.iter().filter(|(_, number)| *number > 0).map(|(kind, number)| count(*number, kind)).collect();
    output.line(&format!("wrote {target}: {}", parts.join(", ")));
    for note in found.notes.iter().chain(&draft.notes) {
        output.line(&format!("  {note}"));
    }
    output.line(&format!("next: `oal check {target}`"));
}
