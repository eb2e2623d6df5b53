//! Paths to what lies beside the program: in a program they start at the file that says so, in the document at the project's root.

use super::places::Spots;
use oal_ir::LeafMut;
use oal_ir::v1::Spec;
use oal_syntax::FileId;

/// Rewrites the paths of a component.
pub(super) fn rewrite<'p>(spec: &mut Spec, spots: &Spots, path_of: impl Fn(FileId) -> &'p str) {
    spec.walk_mut(|at, leaf| {
        if let LeafMut::Source(path) = leaf {
            let says = spots.nearest(at).map_or(FileId(0), |spot| spot.says);
            path.0 = from_root(path_of(says), &path.0);
        }
    });
}

/// A path that stands in `file`, seen from the project's root, without `.` and with `..` only at its start. An absolute path, and
/// one that starts at somebody's home, stays what it is.
fn from_root(file: &str, path: &str) -> String {
    if path.starts_with(['/', '~']) {
        return path.to_owned();
    }
    let directory = file.rsplit_once('/').map_or("", |(directory, _)| directory);
    let mut steps: Vec<&str> = Vec::new();
    for step in directory.split('/').chain(path.split('/')) {
        match step {
            "" | "." => {}
            ".." if steps.last().is_some_and(|last| *last != "..") => drop(steps.pop()),
            _ => steps.push(step),
        }
    }
    if steps.is_empty() { ".".to_owned() } else { steps.join("/") }
}

#[cfg(test)]
mod tests {
    use super::from_root;

    #[test]
    fn paths_start_at_the_root() {
        assert_eq!(from_root("app.oal", "./api"), "api");
        assert_eq!(from_root("app.oal", "."), ".");
        assert_eq!(from_root("lib/web.oal", "."), "lib");
        assert_eq!(from_root("lib/web.oal", "../api/./src/"), "api/src");
        assert_eq!(from_root("lib/web.oal", "../../other"), "../other");
        assert_eq!(from_root("app.oal", "../../other"), "../../other");
        assert_eq!(from_root("lib/web.oal", "/var/run/docker.sock"), "/var/run/docker.sock");
        assert_eq!(from_root("lib/web.oal", "~/data"), "~/data");
    }
}
