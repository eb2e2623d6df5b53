//! Laws about what may be named where.

use std::path::{Path, PathBuf};

use crate::golden;

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn only_the_renderer_knows_codespan() {
    let src = golden::package().join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let known: Vec<_> = files
        .iter()
        .filter(|path| std::fs::read_to_string(path).unwrap().contains("codespan_reporting"))
        .map(|path| path.strip_prefix(&src).unwrap())
        .collect();
    assert_eq!(known, [Path::new("diagnostic/render.rs")]);
}
