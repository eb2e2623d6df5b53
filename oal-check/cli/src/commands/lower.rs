//! `oal lower`: turns a program without errors into IR documents, one for each environment.

use std::path::{Path, PathBuf};

use oal_check::{Checked, LoadError, Loader, Options, Project, check};
use oal_ir::Ir;

use crate::Verdict;
use crate::commands::program;
use crate::failure::Failure;
use crate::files::{self, Place};
use crate::findings::{Findings, Format};
use crate::output::Output;

/// Turn a program into IR documents, one for each environment
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    oal lower shop/app.oal --env prod           one document to standard output\n  \
    oal lower shop/app.oal -o build/            `build/shop.dev.json`, `build/shop.prod.json`, …\n  \
    oal lower shop --env prod --canonical -o shop.json\n\n\
    Several documents follow each other on standard output; with `--canonical` each is a line.\n\
    A program with errors is not lowered: its findings go to standard error, and the exit code is 1.")]
pub(crate) struct Args {
    /// The file with the `app`, a directory with one such file, or `-` for standard input
    #[arg(value_name = "FILE")]
    path: PathBuf,

    /// The file that standard input stands for
    #[arg(long, value_name = "PATH", default_value = "stdin.oal", hide_default_value = true)]
    stdin_path: PathBuf,

    /// The project's root, which no `use` may leave
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,

    /// Lower for this environment only; may be repeated
    #[arg(long = "env", value_name = "NAME")]
    environments: Vec<String>,

    /// Give a param its value; may be repeated
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = program::param)]
    params: Vec<(String, String)>,

    /// Write to this file, or below this directory (which exists or ends in `/`)
    #[arg(short, long, value_name = "FILE|DIR")]
    output: Option<PathBuf>,

    /// The canonical form (RFC 8785), of which the digest is taken
    #[arg(long, conflicts_with = "pretty")]
    canonical: bool,

    /// The form for people; the default
    #[arg(long)]
    pretty: bool,

    /// Say where in the sources everything was written
    #[arg(long)]
    source_map: bool,
}

/// Runs `oal lower`.
pub(crate) fn run(args: &Args, output: &mut Output) -> miette::Result<Verdict> {
    let (place, project) = load(args)?;
    let declared = program::environments(&project);
    program::known_environments(&args.environments, &declared)?;
    let options =
        Options { params: args.params.clone(), environments: args.environments.clone(), ..Options::default() };
    let checked = check(&project, &options);
    let mut findings = Findings::default();
    findings.add(&place.disk, &project, checked.diagnostics().iter().cloned());
    findings.settle();
    let text = findings.print(Format::Human, output.error_style());
    output.note(&text);
    if checked.has_errors() {
        output.note(&format!("not lowered: {}\n", findings.counts()));
        return Ok(Verdict::Findings);
    }
    let mut documents = Vec::new();
    let wanted = |name: &&str| args.environments.is_empty() || args.environments.iter().any(|wanted| wanted == name);
    for environment in checked.environments().filter(wanted) {
        documents.push((environment.to_owned(), document(args, &checked, environment)?));
    }
    match &args.output {
        None => documents.iter().for_each(|(_, text)| output.text(text)),
        Some(target) => write(target, checked.app_name().unwrap_or("app"), &documents, output)?,
    }
    Ok(Verdict::Clean)
}

/// The one program that the command line means.
fn load(args: &Args) -> Result<(Place, Project), Failure> {
    let mut given = files::select(std::slice::from_ref(&args.path), Some(&args.stdin_path), args.root.as_deref());
    let name = files::shown(&args.path);
    if let Some(failure) = given.failures.pop() {
        return Err(failure);
    }
    let Some(mut place) = given.places.pop() else { return Err(none(&name)) };
    let mut roots = Vec::new();
    for file in place.files.clone() {
        match place.disk.load(&file.path) {
            // What is wrong with a file that was named is for the check to say.
            Ok(source) if file.named || program::is_root(&source) => roots.push(file.path),
            Err(LoadError::TooLarge) if file.named => roots.push(file.path),
            Ok(_) => {}
            Err(error) => return Err(place.disk.failure(&file.path, &error)),
        }
    }
    match roots.as_slice() {
        // The check says at the most likely file that it lacks an `app`.
        [] => match program::likely_root(&mut place) {
            Some((_, project)) => Ok((place, project)),
            None => Err(none(&name)),
        },
        [root] => {
            let project = Project::load(root, &mut place.disk);
            Ok((place, project))
        }
        [first, ..] => {
            let message = format!("there are {} programs below `{name}`", roots.len());
            let help = format!("name the one to lower, such as `{}`", place.disk.shown(first));
            Err(Failure::new("oal::usage::several_programs", message).help(help))
        }
    }
}

fn none(name: &str) -> Failure {
    Failure::new("oal::io::no_program", format!("there is no `.oal` file below `{name}`"))
        .help("`oal init` writes a first program")
}

/// The document for an environment as it is written.
fn document(args: &Args, checked: &Checked, environment: &str) -> Result<String, Failure> {
    let refused = |error: &dyn std::fmt::Display| {
        Failure::new("oal::lower::refused", format!("the program cannot be lowered for `{environment}`: {error}"))
            .help("the check should have said so: please report it with the program; nothing was written")
    };
    let mut ir: Ir = oal_check::lower(checked, environment).map_err(|error| refused(&error))?;
    if !args.source_map {
        ir.source_map = None;
    }
    if !args.canonical {
        return ir.to_pretty().map_err(|error| refused(&error));
    }
    let mut bytes = ir.to_canonical().map_err(|error| refused(&error))?;
    bytes.push(b'\n');
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Writes the documents to a file, or each to its own below a directory.
fn write(target: &Path, app: &str, documents: &[(String, String)], output: &mut Output) -> Result<(), Failure> {
    let named_as_directory = target.as_os_str().as_encoded_bytes().ends_with(b"/");
    if !target.is_dir() && !named_as_directory {
        let [(_, text)] = documents else {
            let message = format!("{} documents do not fit into one file", documents.len());
            return Err(Failure::new("oal::usage::several_documents", message)
                .help("choose an environment with `--env`, or name a directory: it ends in `/`"));
        };
        files::replace(target, text.as_bytes())?;
        output.line(&format!("wrote {}", files::shown(target)));
        return Ok(());
    }
    if let Err(error) = std::fs::create_dir_all(target) {
        let why = files::reason(&error);
        return Err(Failure::new("oal::io::write", format!("`{}` cannot be made: {why}", files::shown(target))));
    }
    for (environment, text) in documents {
        let file = target.join(format!("{app}.{environment}.json"));
        files::replace(&file, text.as_bytes())?;
        output.line(&format!("wrote {}", files::shown(&file)));
    }
    Ok(())
}
