//! Programs that laws are held against: all examples, the programs of the specification, and the prelude.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// A program: where it comes from, its files, the root first.
pub(crate) struct Program {
    pub(crate) title: String,
    pub(crate) root: String,
    pub(crate) files: Vec<(String, String)>,
}

pub(crate) static EXAMPLES: LazyLock<Vec<Program>> = LazyLock::new(examples);
pub(crate) static SPEC: LazyLock<Vec<Program>> = LazyLock::new(spec);

/// Examples and specification together.
pub(crate) fn all() -> impl Iterator<Item = &'static Program> {
    EXAMPLES.iter().chain(SPEC.iter())
}

fn top() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sorted(directory: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

fn files(base: &Path, directory: &Path, found: &mut Vec<(String, String)>) {
    for path in sorted(directory) {
        if path.is_dir() {
            files(base, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "oal") {
            let name = path.strip_prefix(base).unwrap().to_str().unwrap().to_owned();
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

fn examples() -> Vec<Program> {
    let directories = sorted(&top().join("examples")).into_iter().filter(|path| path.is_dir());
    directories
        .map(|directory| {
            let mut found = Vec::new();
            files(&directory, &directory, &mut found);
            let root = found.iter().find(|(_, text)| text.lines().any(|line| line.starts_with("app "))).unwrap();
            Program { title: directory.display().to_string(), root: root.0.clone(), files: found }
        })
        .collect()
}

/// The programs of the specification, without what they state of themselves.
fn spec() -> Vec<Program> {
    let mut found = Vec::new();
    for path in sorted(&top().join("grammar/spec")) {
        let chapter = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let mut lines = text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            let Some(words) = line.strip_prefix("```oal") else { continue };
            let block = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect::<Vec<_>>();
            if chapter != "README.md" && !words.contains("characters") {
                let exact = words.contains("exact");
                found.push(program(format!("{chapter}:{}", number + 1), &block, exact));
            }
        }
    }
    found
}

fn program(title: String, block: &[&str], exact: bool) -> Program {
    let mut files = vec![("app.oal".to_owned(), String::new())];
    for line in block {
        if let Some(path) = line.strip_prefix("//# file: ") {
            if files.len() == 1 && files[0].1.trim().is_empty() {
                files.clear();
            }
            files.push((path.trim().to_owned(), String::new()));
            continue;
        }
        let stated = ["//~", "//=", "//#"].iter().filter_map(|sign| line.find(sign)).min();
        let code = line[..stated.unwrap_or(line.len())].trim_end();
        let text = &mut files.last_mut().unwrap().1;
        text.push_str(code);
        text.push('\n');
    }
    for (_, text) in &mut files {
        *text = format!("{}\n", text.trim_end());
    }
    if !exact && !files[0].1.lines().any(|line| line.starts_with("app ")) {
        files[0].1.push_str("\napp spec { edition: 1 }\n");
    }
    Program { title, root: files[0].0.clone(), files }
}
