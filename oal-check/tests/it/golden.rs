//! Files that hold what a test expects. `UPDATE=1 cargo test` rewrites them; the difference is then read in review.

use std::path::{Path, PathBuf};

/// The package's own directory.
pub(crate) fn package() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Holds `text` against a file of `tests/data`.
pub(crate) fn data(name: &str, text: &str) {
    fresh(&package().join("tests/data").join(name), text);
}

/// Holds `text` against a committed file.
pub(crate) fn fresh(path: &Path, text: &str) {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    if expected == text {
        return;
    }
    let at = expected.lines().zip(text.lines()).take_while(|(a, b)| a == b).count();
    let near = |text: &str| text.lines().skip(at).take(12).collect::<Vec<_>>().join("\n");
    panic!(
        "{} is not what it should be from line {} on; `UPDATE=1 cargo test` rewrites it\n--- there\n{}\n--- here\n{}\n",
        path.display(),
        at + 1,
        near(&expected),
        near(text)
    );
}
