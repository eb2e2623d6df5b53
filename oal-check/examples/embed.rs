//! Checks the program at a path, as a tool that embeds the checker would: `cargo run --example embed -- app.oal`.
#![expect(clippy::print_stdout, reason = "an example speaks on the terminal")]

use oal_check::{LoadError, Loader, Options, Project, SourceFile, check, diagnostic};
use std::sync::Arc;

/// Reads files below a directory.
struct Disk(std::path::PathBuf);

impl Loader for Disk {
    fn load(&mut self, path: &str) -> Result<Arc<SourceFile>, LoadError> {
        let bytes = std::fs::read(self.0.join(path)).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => LoadError::NotFound,
            std::io::ErrorKind::IsADirectory => LoadError::Directory,
            _ => LoadError::Unreadable(error.to_string()),
        })?;
        Ok(Arc::new(SourceFile::from_bytes(path, bytes)))
    }
}

fn main() {
    let path = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "app.oal".to_owned()));
    let directory = path.parent().unwrap_or(std::path::Path::new(".")).to_owned();
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let project = Project::load(&name, &mut Disk(directory));
    let checked = check(&project, &Options::default());
    print!("{}", diagnostic::render(checked.diagnostics(), &checked, diagnostic::Style::default()));
}
