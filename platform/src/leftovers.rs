//! Files that processes left behind which were killed at their work.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

/// No work takes so long: what is older belongs to nobody.
pub const AGE: Duration = Duration::from_hours(24);

/// Removes what lies in a directory and has not been touched for so long. Returns how many it was. What goes away meanwhile is
/// somebody's who still works.
///
/// # Errors
/// The disk.
pub fn sweep(directory: &Path, age: Duration) -> io::Result<usize> {
    let mut removed = 0;
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let kind = match fs::symlink_metadata(&path) {
            Ok(kind) => kind,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if kind.modified()?.elapsed().unwrap_or_default() < age {
            continue;
        }
        let gone = if kind.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        match gone {
            Ok(()) => removed += 1,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::fs::{self, File};
    use std::time::SystemTime;

    use super::{AGE, sweep};

    #[test]
    fn only_what_is_old_goes() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::create_dir_all(at("old directory/below")).unwrap();
        for name in ["old", "new", "old directory/below/new"] {
            fs::write(at(name), "").unwrap();
        }
        for name in ["old", "old directory"] {
            File::open(at(name)).unwrap().set_modified(SystemTime::now() - AGE).unwrap();
        }
        assert_eq!(sweep(directory.path(), AGE).unwrap(), 2);
        let left: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["new"]);
        assert!(sweep(&at("missing"), AGE).is_err());
    }
}
