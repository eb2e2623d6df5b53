//! `oal lower`: turns a program without errors into IR documents, one for each environment.

use std::path::{Path, PathBuf};

use oal_ir::Ir;

use crate::Verdict;
use crate::commands::one::{self, One};
use crate::commands::program;
use crate::failure::Failure;
use crate::files;
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
    let program = One { path: &args.path, stdin_path: &args.stdin_path, root: args.root.as_deref() };
    let Some(lowered) = program.lower(&args.environments, &args.params, output)? else {
        return Ok(Verdict::Findings);
    };
    let app = lowered.first().map_or_else(|| "app".to_owned(), |ir| ir.app.name.clone());
    let mut documents = Vec::new();
    for ir in lowered {
        documents.push((ir.environment.clone(), document(args, ir)?));
    }
    match &args.output {
        None => documents.iter().for_each(|(_, text)| output.text(text)),
        Some(target) => write(target, &app, &documents, output)?,
    }
    Ok(Verdict::Clean)
}

/// The document for an environment as it is written.
fn document(args: &Args, mut ir: Ir) -> Result<String, Failure> {
    let environment = ir.environment.clone();
    if !args.source_map {
        ir.source_map = None;
    }
    if !args.canonical {
        return ir.to_pretty().map_err(|error| one::refused(&environment, &error));
    }
    let mut bytes = ir.to_canonical().map_err(|error| one::refused(&environment, &error))?;
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
