//! What is left out of a bundle or a build's context: `.dockerignore` and `.gitignore`.

use std::io;
use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::BundleError;

/// The most bytes of a file of patterns that are read.
const MOST: u64 = 1024 * 1024;

/// The patterns of a `.dockerignore`, with the meaning they have for `docker build`: each starts at the context, a directory that
/// matches takes all below it along, and of all patterns that match the last one counts.
/// (<https://docs.docker.com/build/concepts/context/#dockerignore-files>)
#[derive(Debug, Clone, Default)]
pub struct DockerIgnore {
    /// Each with whether it is an exception (`!`).
    patterns: Vec<(Gitignore, bool)>,
}

impl DockerIgnore {
    /// Patterns, one a line; a line that is no pattern is left out, as the engine would refuse it only when it is asked to.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let patterns = text.trim_start_matches('\u{feff}').lines().filter_map(|line| {
            let line = line.trim();
            if line.starts_with('#') {
                return None;
            }
            let exception = line.strip_prefix('!');
            let steps: Vec<&str> =
                exception.unwrap_or(line).trim().split('/').filter(|step| !matches!(*step, "" | ".")).collect();
            if steps.is_empty() {
                return None;
            }
            let mut matcher = GitignoreBuilder::new("");
            // With a `/` at its start a pattern of `.gitignore` starts where its file lies; and `!`, `#` have no meaning behind it.
            matcher.add_line(None, &format!("/{}", steps.join("/"))).ok()?;
            Some((matcher.build().ok()?, exception.is_some()))
        });
        Self { patterns: patterns.collect() }
    }

    /// The `.dockerignore` of a context, if it has one.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn of(context: &Path) -> Result<Option<Self>, BundleError> {
        Ok(text(&context.join(".dockerignore"))?.map(|text| Self::parse(&text)))
    }

    /// Whether it leaves out a path, relative to the context.
    #[must_use]
    pub fn excludes(&self, path: &str) -> bool {
        let hit = |matcher: &Gitignore| matcher.matched_path_or_any_parents(path, false).is_ignore();
        self.patterns.iter().rev().find(|(matcher, _)| hit(matcher)).is_some_and(|(_, exception)| !exception)
    }

    /// Whether it leaves out a directory with all that is in it, so that nobody needs to look.
    pub(super) fn excludes_all_of(&self, directory: &str) -> bool {
        self.excludes(directory) && !self.patterns.iter().any(|(_, exception)| *exception)
    }
}

/// The `.gitignore` files from the root of the project down to a directory.
#[derive(Debug, Clone, Default)]
pub(super) struct GitIgnore {
    files: Vec<Gitignore>,
}

impl GitIgnore {
    /// The same with that of one more directory, at `relative` below the project's root.
    pub(super) fn with(&self, root: &Path, relative: &str) -> Result<Self, BundleError> {
        let Some(text) = text(&root.join(relative).join(".gitignore"))? else { return Ok(self.clone()) };
        let mut matcher = GitignoreBuilder::new(relative);
        for line in text.lines() {
            // A line that is no pattern matches nothing, as for git.
            let _ = matcher.add_line(None, line);
        }
        let matcher = matcher.build().map_err(|error| BundleError::io(relative, io::Error::other(error)))?;
        let mut files = self.files.clone();
        files.push(matcher);
        Ok(Self { files })
    }

    /// Whether a path is ignored; the directories above it are not.
    pub(super) fn excludes(&self, path: &str, directory: bool) -> bool {
        let decided = self.files.iter().rev().map(|file| file.matched(path, directory)).find(|found| !found.is_none());
        decided.is_some_and(|found| found.is_ignore())
    }
}

/// A file of patterns; none if it is not there or no plain file.
fn text(path: &Path) -> Result<Option<String>, BundleError> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_file() && found.len() <= MOST => {
            let bytes = std::fs::read(path).map_err(|error| BundleError::io(path.display().to_string(), error))?;
            Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
        }
        _ => Ok(None),
    }
}
