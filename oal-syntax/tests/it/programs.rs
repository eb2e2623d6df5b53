//! The programs of the repository: examples and prelude.

use std::path::{Path, PathBuf};

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// All `.oal` files of the examples and the prelude, by path.
pub(crate) fn all() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["examples", "oal-check/std"] {
        collect(&root().join(folder), &mut found);
    }
    found.sort();
    assert!(found.len() > 20, "the programs are where they were");
    found
}

fn collect(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "oal") {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}
