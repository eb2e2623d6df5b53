//! `oal check --previous`: the documents of what is deployed, and what a program would take from it.

use oal_check::{Checked, Diagnostic, shrunk};
use oal_ir::Ir;

use super::Args;
use crate::commands::{diff, one};
use crate::failure::Failure;
use crate::files;

/// What is deployed, and which of it was compared.
#[derive(Debug, Default)]
pub(super) struct Previous {
    documents: Vec<(Ir, bool)>,
}

impl Previous {
    /// Reads what the command line names.
    ///
    /// # Errors
    /// There is no document, or it cannot be read.
    pub(super) fn new(args: &Args) -> Result<Self, Failure> {
        let Some(path) = &args.previous else { return Ok(Self::default()) };
        let written = diff::written(path)?;
        if written.is_empty() {
            let message = format!("`{}` is no document of what is deployed", files::shown(path));
            return Err(Failure::new("oal::io::no_document", message)
                .help("`oal lower` writes documents; their names end in `.json`"));
        }
        let documents = written.iter().map(|path| Ok((diff::read(path)?, false))).collect::<Result<_, Failure>>()?;
        Ok(Self { documents })
    }

    /// What a program would take.
    ///
    /// # Errors
    /// It cannot be lowered, although nothing is wrong with it.
    pub(super) fn compare(&mut self, checked: &Checked) -> Result<Vec<Diagnostic>, Failure> {
        let mut found = Vec::new();
        for (before, compared) in &mut self.documents {
            let known = checked.environments().any(|name| name == before.environment);
            if known && checked.app_name() == Some(before.app.name.as_str()) {
                *compared = true;
                found.extend(shrunk(checked, before).map_err(|error| one::refused(&before.environment, &error))?);
            }
        }
        Ok(found)
    }

    /// Says where nothing was compared.
    pub(super) fn failure(&self) -> Option<Failure> {
        let (first, _) = self.documents.first()?;
        if self.documents.iter().any(|(_, compared)| *compared) {
            return None;
        }
        let message = format!("nothing here is the app `{}` in `{}`", first.app.name, first.environment);
        Some(
            Failure::new("oal::usage::nothing_to_compare", message).help("`--previous` takes documents of the program"),
        )
    }
}
