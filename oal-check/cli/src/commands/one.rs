//! The one program that a verb is about, brought to its documents.

use std::fmt::Display;
use std::path::Path;

use oal_check::{LoadError, Loader, Options, Project, check};
use oal_ir::Ir;

use crate::commands::program;
use crate::failure::Failure;
use crate::files::{self, Place};
use crate::findings::{Findings, Format};
use crate::output::Output;

/// What the command line says of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct One<'a> {
    /// A file, a directory with one program, or `-`.
    pub(crate) path: &'a Path,
    /// The file that standard input stands for.
    pub(crate) stdin_path: &'a Path,
    /// The project's root.
    pub(crate) root: Option<&'a Path>,
}

impl One<'_> {
    /// The documents of the named environments, or of all. `None` where the program has errors: they are printed.
    pub(crate) fn lower(
        self,
        environments: &[String],
        params: &[(String, String)],
        output: &mut Output,
    ) -> Result<Option<Vec<Ir>>, Failure> {
        let (place, project) = self.load()?;
        program::known_environments(environments, &program::environments(&project))?;
        let options = Options { params: params.to_vec(), environments: environments.to_vec(), ..Options::default() };
        let checked = check(&project, &options);
        let mut findings = Findings::default();
        findings.add(&place.disk, &project, checked.diagnostics().iter().cloned());
        findings.settle();
        let text = findings.print(Format::Human, output.error_style());
        output.note(&text);
        if checked.has_errors() {
            output.note(&format!("not lowered: {}\n", findings.counts()));
            return Ok(None);
        }
        let wanted = |name: &&str| environments.is_empty() || environments.iter().any(|wanted| wanted == name);
        let lower = |name| oal_check::lower(&checked, name).map_err(|error| refused(name, &error));
        checked.environments().filter(wanted).map(lower).collect::<Result<_, _>>().map(Some)
    }

    fn load(self) -> Result<(Place, Project), Failure> {
        let given = [self.path.to_path_buf()];
        let mut given = files::select(&given, Some(self.stdin_path), self.root);
        let name = files::shown(self.path);
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
                let help = format!("name the one that is meant, such as `{}`", place.disk.shown(first));
                Err(Failure::new("oal::usage::several_programs", message).help(help))
            }
        }
    }
}

fn none(name: &str) -> Failure {
    Failure::new("oal::io::no_program", format!("there is no `.oal` file below `{name}`"))
        .help("`oal init` writes a first program")
}

/// A program without errors could not be lowered.
pub(crate) fn refused(environment: &str, error: &dyn Display) -> Failure {
    Failure::new("oal::lower::refused", format!("the program cannot be lowered for `{environment}`: {error}"))
        .help("the check should have said so: please report it with the program; nothing was written")
}
