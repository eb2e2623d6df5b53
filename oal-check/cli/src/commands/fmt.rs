//! `oal fmt`: puts files into the one style.

use std::path::PathBuf;
use std::time::Instant;

use imara_diff::{Algorithm, BasicLineDiffPrinter, Diff, InternedInput, UnifiedDiffConfig};
use oal_check::{LoadError, Loader, Options, Project, SourceFile, check};
use oal_syntax::fmt::Refused;

use crate::Verdict;
use crate::commands::program::about_text;
use crate::failure::Failure;
use crate::files::{self, Disk};
use crate::findings::{Findings, Format};
use crate::output::{Output, count, time};

/// Put files into the one style
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    oal fmt                         all files below this directory, in place\n  \
    oal fmt --check                 changes nothing, names what would change, exits with 1 if there is any\n  \
    oal fmt --diff shop/app.oal     changes nothing, shows what would change\n  \
    cat app.oal | oal fmt -         from standard input to standard output\n\n\
    A file with syntax errors is left as it is, and so is one that would say something else afterwards.")]
pub(crate) struct Args {
    /// Files and directories; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,

    /// The name under which standard input is reported
    #[arg(long, value_name = "PATH", default_value = "stdin.oal", hide_default_value = true)]
    stdin_path: PathBuf,

    /// Change nothing; name the files that would change
    #[arg(long)]
    check: bool,

    /// Change nothing; show what would change
    #[arg(long)]
    diff: bool,
}

/// What became of the files.
#[derive(Default)]
struct Tally {
    files: usize,
    same: usize,
    changed: usize,
    refused: usize,
    findings: Findings,
    failures: Vec<Failure>,
}

/// Runs `oal fmt`.
pub(crate) fn run(args: &Args, output: &mut Output, started: Instant) -> miette::Result<Verdict> {
    let stdin = args.paths.iter().any(|path| path.as_os_str() == "-");
    if stdin && args.paths.len() > 1 {
        return Err(Failure::new("oal::usage::stdin", "standard input is formatted alone")
            .help("leave out `-` or the other paths")
            .into());
    }
    let given = files::select(&args.paths, Some(&args.stdin_path), None);
    let mut tally = Tally { failures: given.failures, ..Tally::default() };
    for mut place in given.places {
        for file in &place.files {
            tally.file(args, &mut place.disk, &file.path, stdin, output);
        }
    }
    tally.findings.settle();
    let text = tally.findings.print(Format::Human, output.error_style());
    output.note(&text);
    for failure in &tally.failures {
        output.report(&failure.clone().into());
    }
    if tally.files == 0 && tally.failures.is_empty() {
        output.note("there is no `.oal` file here\n");
    } else if !stdin {
        let summary = tally.summary(args);
        let line = format!("{summary} in {}\n", time(started.elapsed()));
        if args.diff { output.note(&line) } else { output.text(&line) }
    }
    Ok(tally.verdict(args))
}

impl Tally {
    fn file(&mut self, args: &Args, disk: &mut Disk, path: &str, stdin: bool, output: &mut Output) {
        self.files += 1;
        let source = match disk.load(path) {
            Ok(source) => source,
            Err(LoadError::TooLarge) => return self.refuse(disk, path),
            Err(error) => return self.failures.push(disk.failure(path, &error)),
        };
        let name = disk.shown(path);
        let formatted = match format(&source) {
            Ok(formatted) => formatted,
            Err(Refused::Syntax(_)) => return self.refuse(disk, path),
            Err(Refused::Changed { at }) => return self.failures.push(own_mistake(&name, &source, at.start)),
        };
        let same = formatted == *source.text;
        if args.diff {
            if !same {
                output.text(&difference(&name, &source.text, &formatted, output.colors()));
            }
        } else if args.check {
            if !same {
                output.line(&name);
            }
        } else if stdin {
            output.text(&formatted);
        } else if !same && let Err(failure) = files::replace(&disk.on_disk(path), formatted.as_bytes()) {
            return self.failures.push(failure);
        }
        self.same += usize::from(same);
        self.changed += usize::from(!same);
    }

    /// Says why a file is left as it is.
    fn refuse(&mut self, disk: &mut Disk, path: &str) {
        self.refused += 1;
        let project = Project::load(path, disk);
        let checked = check(&project, &Options::default());
        let own = checked.diagnostics().iter().filter(|found| about_text(found));
        self.findings.add(disk, &project, own.cloned());
    }

    fn summary(&self, args: &Args) -> String {
        let (files, changed) = (count(self.files, "file"), self.changed);
        let mut line = match (changed, args.check || args.diff) {
            (0, _) if self.same == 0 => format!("formatted none of {files}"),
            (0, _) if self.same == self.files => format!("{files} already formatted"),
            (0, _) => format!("{} of {files} already formatted", self.same),
            (_, true) => format!("{changed} of {files} would change"),
            (_, false) => format!("formatted {changed} of {files}"),
        };
        if self.refused > 0 {
            line.push_str(&format!(", left {} with syntax errors as they are", count(self.refused, "file")));
        }
        line
    }

    fn verdict(&self, args: &Args) -> Verdict {
        if !self.failures.is_empty() {
            Verdict::Failed
        } else if self.refused > 0 || (args.check || args.diff) && self.changed > 0 {
            Verdict::Findings
        } else {
            Verdict::Clean
        }
    }
}

fn format(source: &SourceFile) -> Result<String, Refused> {
    if source.invalid_utf8.is_some() {
        return Err(Refused::Syntax(Vec::new()));
    }
    oal_syntax::fmt::format(&source.text, &source.parse)
}

/// The formatter would have changed what a file says: its own fault, and nothing was lost.
fn own_mistake(name: &str, source: &SourceFile, at: u32) -> Failure {
    let before = source.text.get(..at as usize).unwrap_or(&source.text);
    let line = before.matches('\n').count() + 1;
    Failure::new("oal::fmt::refused", format!("formatting `{name}` would change what it says at line {line}"))
        .help("this is a mistake of the formatter, not yours: please report it with this file, which is left as it is")
}

/// The difference as `diff -u` shows it.
fn difference(name: &str, old: &str, new: &str, color: bool) -> String {
    let lines = InternedInput::new(old, new);
    let diff = Diff::compute(Algorithm::Myers, &lines);
    let printer = BasicLineDiffPrinter(&lines.interner);
    let hunks = diff.unified_diff(&printer, UnifiedDiffConfig::default(), &lines);
    let text = format!("--- {name}\n+++ {name}\n{hunks}");
    if !color {
        return text;
    }
    let mut painted = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let paint = match line.as_bytes().first() {
            Some(b'+') => "\u{1b}[32m",
            Some(b'-') => "\u{1b}[31m",
            Some(b'@') => "\u{1b}[36m",
            _ => "",
        };
        let end = if paint.is_empty() { "" } else { "\u{1b}[0m" };
        painted.push_str(&format!("{paint}{}{end}\n", line.trim_end_matches('\n')));
    }
    painted
}
