//! `oal diff`: what changes between two programs, documents or environments, and what that means for what runs.

mod show;

use std::path::{Path, PathBuf};

use oal_ir::Ir;
use oal_ir::diff::{Consequence, Effect, diff};

use crate::Verdict;
use crate::commands::one::One;
use crate::commands::program;
use crate::failure::Failure;
use crate::files;
use crate::output::Output;

/// Say what a change does to what runs: between two programs, documents or environments
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    oal diff build/shop.prod.json shop/app.oal    what a deployment of the program would change\n  \
    oal diff shop --env staging --env prod        two environments of one program\n  \
    oal diff old/ new/ --deny data-loss           for a pipeline\n\n\
    Each side is a program, a document that `oal lower` wrote, or a directory of either.\n\
    Nothing is asked of a running system.\n\
    `--deny` knows `any`, `restart`, `replace`, `downtime`, `data-loss`, `widens-access`, `breaks`.")]
pub(crate) struct Args {
    /// What is there: a program, a document, or a directory
    #[arg(value_name = "OLD")]
    old: PathBuf,

    /// What takes its place; left out with two environments of one program
    #[arg(value_name = "NEW")]
    new: Option<PathBuf>,

    /// Only this environment; of one program, two of them
    #[arg(long = "env", value_name = "NAME")]
    environments: Vec<String>,

    /// Give a param its value; may be repeated
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = program::param)]
    params: Vec<(String, String)>,

    /// `human` or `json`
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human", hide_possible_values = true)]
    format: Format,

    /// Exit with 1 where this, or what is graver, would happen; may be repeated
    #[arg(long, value_enum, value_name = "WHAT", hide_possible_values = true)]
    deny: Vec<Denied>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    /// For people
    Human,
    /// One document: a list of `{old, new, diff}`
    Json,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Denied {
    Any,
    Restart,
    Replace,
    Downtime,
    DataLoss,
    WidensAccess,
    Breaks,
}

/// Two documents, the one to take the place of the other.
struct Pair {
    old: Ir,
    new: Ir,
}

/// Runs `oal diff`.
pub(crate) fn run(args: &Args, output: &mut Output) -> miette::Result<Verdict> {
    let Some(pairs) = pairs(args, output)? else { return Ok(Verdict::Findings) };
    let mut verdict = Verdict::Clean;
    let mut shown = Vec::new();
    for pair in pairs {
        let found = diff(&pair.old, &pair.new);
        if args.deny.iter().any(|denied| denied.holds(found.effect(), !found.is_empty())) {
            verdict = Verdict::Findings;
        }
        shown.push((pair, found));
    }
    match args.format {
        Format::Human => {
            for (at, (pair, found)) in shown.iter().enumerate() {
                if at > 0 {
                    output.line("");
                }
                let text = show::human(&pair.old, &pair.new, found, output.colors());
                output.text(&text);
            }
        }
        Format::Json => {
            let side =
                |ir: &Ir| serde_json::json!({ "app": ir.app.name, "environment": ir.environment, "digest": ir.digest });
            let all: Vec<_> = shown
                .iter()
                .map(|(pair, found)| serde_json::json!({ "old": side(&pair.old), "new": side(&pair.new), "diff": found }))
                .collect();
            output.line(&format!("{:#}", serde_json::Value::from(all)));
        }
    }
    Ok(verdict)
}

impl Denied {
    fn holds(self, effect: Effect, differs: bool) -> bool {
        match self {
            Self::Any => differs,
            Self::Restart => effect.consequence >= Consequence::RollingRestart,
            Self::Replace => effect.consequence >= Consequence::Replace,
            Self::Downtime => effect.consequence >= Consequence::Downtime,
            Self::DataLoss => effect.consequence >= Consequence::DataLoss,
            Self::WidensAccess => effect.widens_access,
            Self::Breaks => effect.breaks,
        }
    }
}

/// What is compared with what; `None` where a program has errors, which are printed.
fn pairs(args: &Args, output: &mut Output) -> Result<Option<Vec<Pair>>, Failure> {
    let Some(new_path) = &args.new else { return two_environments(args, output) };
    let Some(old) = documents(&args.old, args, output)? else { return Ok(None) };
    let Some(new) = documents(new_path, args, output)? else { return Ok(None) };
    if let ([_], [_]) = (old.as_slice(), new.as_slice()) {
        return Ok(Some(old.into_iter().zip(new).map(|(old, new)| Pair { old, new }).collect()));
    }
    let names = |side: &[Ir]| side.iter().map(|ir| format!("`{}`", ir.environment)).collect::<Vec<_>>().join(", ");
    let (old_names, new_names) = (names(&old), names(&new));
    let mut pairs = Vec::new();
    let mut alone = Vec::new();
    let mut rest = new;
    for old in old {
        match rest.iter().position(|new| new.environment == old.environment) {
            Some(at) => pairs.push(Pair { old, new: rest.swap_remove(at) }),
            None => alone.push(format!("`{}` goes", old.environment)),
        }
    }
    alone.extend(rest.iter().map(|new| format!("`{}` is new", new.environment)));
    if pairs.is_empty() {
        let message = format!("no environment is on both sides: {old_names} here, {new_names} there");
        return Err(Failure::new("oal::usage::nothing_to_compare", message)
            .help("name one document on each side to compare them whatever their environments"));
    }
    if !alone.is_empty() {
        output.note(&format!("not compared: environment {}\n", alone.join(", environment ")));
    }
    Ok(Some(pairs))
}

/// Two environments of one program.
fn two_environments(args: &Args, output: &mut Output) -> Result<Option<Vec<Pair>>, Failure> {
    let [old, new] = args.environments.as_slice() else {
        return Err(Failure::new("oal::usage::one_side", "there is nothing to compare with")
            .help("name a second program, or two environments of this one: `oal diff shop --env staging --env prod`"));
    };
    let Some(documents) = documents(&args.old, args, output)? else { return Ok(None) };
    let find = |name: &str| {
        let found = documents.iter().find(|ir| ir.environment == name).cloned();
        found.ok_or_else(|| {
            let message = format!("`{}` has nothing for the environment `{name}`", files::shown(&args.old));
            Failure::new("oal::usage::unknown_environment", message)
        })
    };
    Ok(Some(vec![Pair { old: find(old)?, new: find(new)? }]))
}

/// The documents of one side, those of the wanted environments.
fn documents(path: &Path, args: &Args, output: &mut Output) -> Result<Option<Vec<Ir>>, Failure> {
    let paths = written(path)?;
    if paths.is_empty() {
        let program = One { path, stdin_path: Path::new("stdin.oal"), root: None };
        return program.lower(&args.environments, &args.params, output);
    }
    let mut documents = Vec::new();
    for path in paths {
        documents.push(read(&path)?);
    }
    let wanted = |ir: &Ir| args.environments.is_empty() || args.environments.contains(&ir.environment);
    if !documents.iter().any(&wanted) {
        let declared: Vec<String> = documents.iter().map(|ir| ir.environment.clone()).collect();
        let declared: Vec<&str> = declared.iter().map(String::as_str).collect();
        program::known_environments(&args.environments, &declared)?;
    }
    documents.retain(wanted);
    Ok(Some(documents))
}

/// The files of documents that a path means: itself, or those directly below; none where it is a program.
pub(super) fn written(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let is_document = |path: &Path| path.extension().is_some_and(|end| end == "json");
    if !path.is_dir() {
        return Ok(if is_document(path) { vec![path.to_owned()] } else { Vec::new() });
    }
    let unreadable = |error: std::io::Error| {
        let why = files::reason(&error);
        Failure::new("oal::io::read", format!("`{}` cannot be read: {why}", files::shown(path)))
    };
    let mut documents = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|end| end == "oal") {
            return Ok(Vec::new());
        }
        if is_document(&path) {
            documents.push(path);
        }
    }
    documents.sort();
    Ok(documents)
}

/// Reads a document.
pub(super) fn read(path: &Path) -> Result<Ir, Failure> {
    let name = files::shown(path);
    let bytes = std::fs::read(path).map_err(|error| {
        Failure::new("oal::io::read", format!("`{name}` cannot be read: {}", files::reason(&error)))
    })?;
    oal_ir::read(&bytes).map_err(|error| {
        Failure::new("oal::io::no_document", format!("`{name}` is no document to compare: {error}"))
            .help("`oal lower` writes documents; `oal schema ir` describes them")
    })
}
