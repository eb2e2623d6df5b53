//! The programs of the repository: examples, prelude, and those of the specification.

use std::path::{Path, PathBuf};

/// The repository.
pub(crate) fn root() -> PathBuf {
    package().ancestors().nth(2).unwrap().to_path_buf()
}

/// This package.
pub(crate) fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files of the examples and the prelude, by path.
pub(crate) fn files() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["examples", "oal-check/std"] {
        collect(&root().join(folder), "oal", &mut found);
    }
    found.sort();
    assert!(found.len() > 20, "the programs are where they were");
    found
}

/// All files below a folder whose name ends so, with their text.
pub(crate) fn collect(folder: &Path, extension: &str, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "node_modules") {
                collect(&path, extension, found);
            }
        } else if path.extension().is_some_and(|found| found == extension) {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The programs in the fenced blocks of Markdown files, by file and line. What a block states stands in comments and may stay.
pub(crate) fn fenced(folder: &str) -> Vec<(String, String)> {
    let mut chapters = Vec::new();
    collect(&root().join(folder), "md", &mut chapters);
    chapters.sort();
    let mut found = Vec::new();
    for (chapter, text) in chapters {
        let mut lines = text.lines().enumerate();
        while let Some((at, line)) = lines.next() {
            let ticks = line.len() - line.trim_start_matches('`').len();
            let (fence, label) = line.split_at(ticks);
            if ticks < 3 {
                continue;
            }
            let block: String = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != fence).fold(
                String::new(),
                |text, line| {
                    // In some blocks characters that cannot be seen are spelled out.
                    text + &line.replace("<U+000D>", "\r").replace("<U+0009>", "\t") + "\n"
                },
            );
            if label.split(' ').next() == Some("oal") {
                for file in block.split("//# file: ") {
                    // The path that starts all but the first is no part of the program.
                    let comment = if block.starts_with(file) { "" } else { "// " };
                    found.push((format!("{chapter}:{}", at + 1), format!("{comment}{file}")));
                }
            }
        }
    }
    found
}
