//! One round of checking: which files are programs, what is wrong with them, and the line that sums it up.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use oal_check::diagnostic::Counts;
use oal_check::{LoadError, Loader, Options, Project, check};

use super::Args;
use super::previous::Previous;
use crate::Verdict;
use crate::commands::program::{self, FIRST_FILE};
use crate::failure::Failure;
use crate::files::{self, Candidate, Place};
use crate::findings::Findings;
use crate::output::{count, time};

/// What a round found.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// What is wrong with the programs.
    pub(super) findings: Findings,
    /// What could not be read.
    pub(super) failures: Vec<Failure>,
    /// The directories that hold the files.
    pub(super) directories: BTreeSet<PathBuf>,
    programs: usize,
    name: Option<String>,
    components: usize,
    environments: Vec<String>,
    environment_count: usize,
    unused: usize,
    left_out: usize,
    previous: Previous,
}

/// A program and the index of the place it lies in.
struct Program {
    at: usize,
    project: Project,
}

impl Round {
    /// Checks what the command line names.
    ///
    /// # Errors
    /// Wrong use that only shows when the programs are known.
    pub(super) fn new(args: &Args, options: &Options) -> Result<Self, Failure> {
        let mut given = files::select(&args.paths, Some(&args.stdin_path), args.root.as_deref());
        let mut round = Self { previous: Previous::new(args)?, ..Self::default() };
        let mut programs = Vec::new();
        let mut rest = Vec::new();
        for (at, place) in given.places.iter_mut().enumerate() {
            let (roots, mut others) = split(place, &mut given.failures);
            let first = programs.len();
            programs.extend(roots.iter().map(|path| Program { at, project: Project::load(path, &mut place.disk) }));
            let loaded = programs.iter().skip(first).flat_map(|program| program.project.files());
            let used: BTreeSet<&str> = loaded.map(|(_, file)| file.path.as_str()).collect();
            others.retain(|file| !used.contains(file.path.as_str()));
            rest.extend(others.into_iter().map(|file| (at, file)));
        }
        let declared = programs.iter().flat_map(|program| program::environments(&program.project));
        program::known_environments(&args.environments, &declared.collect::<Vec<_>>())?;
        if programs.len() > 1 {
            // Of a single program, the check says it.
            let declared = programs.iter().flat_map(|program| program::params(&program.project));
            program::known_params(&args.params, &declared.collect::<Vec<_>>())?;
        }

        for Program { at, project } in &programs {
            if let Some(place) = given.places.get(*at) {
                round.check(args, options, place, project, programs.len())?;
            }
        }
        for (at, file) in &rest {
            if let Some(place) = given.places.get_mut(*at) {
                round.check_other(options, place, file);
            }
        }
        round.failures = given.failures;
        round.failures.extend(round.previous.failure());
        if round.failures.is_empty() && programs.is_empty() && rest.iter().all(|(_, file)| !file.named) {
            round.without_program(args, options, &mut given.places, rest.len());
        }
        for place in &given.places {
            round.directories.extend(place.directories.iter().cloned());
        }
        round.findings.settle();
        args.leave((programs, given.places));
        Ok(round)
    }

    /// Checks a program among so many.
    fn check(
        &mut self,
        args: &Args,
        options: &Options,
        place: &Place,
        project: &Project,
        of: usize,
    ) -> Result<(), Failure> {
        self.watch(place, project);
        let mut options = options.clone();
        if !args.environments.is_empty() {
            let declared = program::environments(project);
            options.environments = args.environments.clone();
            options.environments.retain(|name| declared.contains(&name.as_str()));
            if options.environments.is_empty() {
                self.left_out += 1;
                return Ok(());
            }
        }
        if of > 1 {
            // One of many programs need not have every param.
            let params = program::params(project);
            options.params.retain(|(name, _)| params.contains(&name.as_str()));
        }
        let checked = check(project, &options);
        self.findings.add(&place.disk, project, checked.diagnostics().iter().cloned());
        self.findings.add(&place.disk, project, self.previous.compare(&checked)?);
        self.programs += 1;
        self.components += checked.component_count();
        self.environments = options.environments;
        if self.environments.is_empty() {
            self.environments.extend(checked.environments().map(str::to_owned));
        }
        self.environment_count += self.environments.len();
        self.name = checked.app_name().map(str::to_owned);
        args.leave(checked);
        Ok(())
    }

    /// Checks a file that is no program and that no program uses.
    fn check_other(&mut self, options: &Options, place: &mut Place, file: &Candidate) {
        let project = Project::load(&file.path, &mut place.disk);
        self.watch(place, &project);
        let checked = check(&project, options);
        let all = checked.diagnostics().iter();
        if file.named {
            self.findings.add(&place.disk, &project, all.cloned());
        } else {
            self.unused += 1;
            let own = all.filter(|found| program::about_text(found) && found.primary.file == FIRST_FILE);
            self.findings.add(&place.disk, &project, own.cloned());
        }
    }

    /// Says that none of so many files is a program: at the file that is the most likely to be meant as one.
    fn without_program(&mut self, args: &Args, options: &Options, places: &mut [Place], files: usize) {
        if files == 0 {
            self.failures.push(nothing(args));
            return;
        }
        let likely = places.iter_mut().filter_map(|place| program::likely_root(place).map(|found| (found, place)));
        let Some(((_, project), place)) = likely.min_by_key(|((rank, _), _)| *rank) else {
            // Nothing could be read, which is said elsewhere.
            return;
        };
        let checked = check(&project, options);
        let all = checked.diagnostics();
        // Else its `app` is only misspelt or broken: then it is the program.
        let lacks = all.iter().any(program::lacks_app);
        let mut found: Vec<_> = all.iter().filter(|found| !lacks || program::lacks_app(found)).cloned().collect();
        if let [found] = &mut *found
            && lacks
            && files > 1
        {
            found.notes.push(format!("none of the {files} files below {} has one", names(args)));
        }
        self.findings.add(&place.disk, &project, found);
    }

    fn watch(&mut self, place: &Place, project: &Project) {
        let paths = project.files().map(|(_, file)| place.disk.on_disk(&file.path));
        self.directories.extend(paths.filter_map(|path| path.parent().map(Path::to_owned)));
    }

    /// The exit code.
    pub(super) fn verdict(&self) -> Verdict {
        if !self.failures.is_empty() {
            Verdict::Failed
        } else if self.findings.counts().errors > 0 {
            Verdict::Findings
        } else {
            Verdict::Clean
        }
    }

    /// What was checked and with what result, in one line; nothing where nothing was.
    pub(super) fn summary(&self, took: Duration, color: bool) -> Option<String> {
        let counts = self.findings.counts();
        if self.programs == 0 && counts == Counts::default() {
            return None;
        }
        let (word, paint) = match self.verdict() {
            Verdict::Clean => ("ok", "\u{1b}[1;32m"),
            Verdict::Findings => ("failed", "\u{1b}[1;31m"),
            Verdict::Failed => ("incomplete", "\u{1b}[1;31m"),
        };
        let mut line = if color { format!("{paint}{word}\u{1b}[0m") } else { word.to_owned() };
        if counts != Counts::default() {
            let with = if word == "ok" { ", " } else { " with " };
            // Writing to a string cannot fail.
            let _ = write!(line, "{with}{counts}");
        }
        line.push_str(": ");
        match (&self.name, self.programs) {
            (Some(name), 1) if !name.is_empty() => line.push_str(name),
            (_, programs) => line.push_str(&count(programs, "program")),
        }
        let _ = write!(line, ", {}", count(self.components, "component"));
        let _ = write!(line, ", {}", count(self.environment_count, "environment"));
        if self.programs == 1 && self.environments.len() < 9 {
            let _ = write!(line, " ({})", self.environments.join(", "));
        }
        let _ = write!(line, ", {} in {}", count(self.findings.file_count(), "file"), time(took));
        if self.left_out > 0 {
            let _ = write!(line, "; left out {} without the environment", count(self.left_out, "program"));
        }
        if self.unused > 0 && self.programs > 0 {
            let _ = write!(line, "; only parsed {} that no program uses", count(self.unused, "file"));
        }
        Some(line)
    }
}

/// The files with an `app`, and the others. What cannot be read is a failure.
fn split(place: &mut Place, failures: &mut Vec<Failure>) -> (Vec<String>, Vec<Candidate>) {
    let (mut roots, mut others) = (Vec::new(), Vec::new());
    for file in &place.files {
        match place.disk.load(&file.path) {
            Ok(source) if program::is_root(&source) => roots.push(file.path.clone()),
            // What is wrong with it is for the check to say.
            Ok(_) | Err(LoadError::TooLarge) => others.push(file.clone()),
            Err(error) => failures.push(place.disk.failure(&file.path, &error)),
        }
    }
    (roots, others)
}

/// The failure where there is nothing to check.
fn nothing(args: &Args) -> Failure {
    let verb = if args.paths.len() == 1 { "is" } else { "are" };
    Failure::new("oal::io::no_program", format!("there {verb} no `.oal` file below {}", names(args)))
        .help("`oal init` writes a first program")
}

/// The paths of the command line, in a sentence.
fn names(args: &Args) -> String {
    let names: Vec<String> = args.paths.iter().map(|path| format!("`{}`", files::shown(path))).collect();
    names.join(", ")
}
