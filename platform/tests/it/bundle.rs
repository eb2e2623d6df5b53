//! Bundles: what is packed, that it is always the same, and what is refused.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use flate2::{Compression, write::GzEncoder};
use helios::bundle::{self, BundleError, Fault, Limit, Limits, Named, Sources};
use proptest::prelude::*;
use tempfile::TempDir;

mod hostile;

/// A directory with these files; a name with `->` in it is a link.
pub(crate) fn project(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, contents) in files {
        let (path, target) = path.split_once(" -> ").map_or((*path, None), |(path, target)| (path, Some(target)));
        let place = dir.path().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        match target {
            Some(target) => symlink(target, place).unwrap(),
            None => fs::write(place, contents).unwrap(),
        }
    }
    dir
}

/// What a packed project has, by path; links as `-> target`.
fn packed(dir: &Path, named: &[&str]) -> BTreeMap<String, String> {
    let bundle = bundle::pack(dir, &Named::from_iter(named.iter().copied()), &Limits::PROJECT).unwrap();
    let out = tempfile::tempdir().unwrap();
    bundle::unpack(bundle.reader().unwrap(), out.path(), &Limits::PROJECT).unwrap();
    tree(out.path())
}

fn tree(root: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut ahead = vec![root.to_owned()];
    while let Some(directory) = ahead.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            let kind = fs::symlink_metadata(&path).unwrap();
            if kind.is_dir() {
                ahead.push(path);
            } else if kind.is_symlink() {
                found.insert(name, format!("-> {}", fs::read_link(&path).unwrap().display()));
            } else {
                let mode = kind.permissions().mode() & 0o777;
                let contents = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
                found.insert(name, if mode == 0o644 { contents } else { format!("{mode:o} {contents}") });
            }
        }
    }
    found
}

fn names(found: &BTreeMap<String, String>) -> Vec<&str> {
    found.keys().map(|name| &**name).collect()
}

#[test]
fn git_and_what_is_ignored_stay_at_home() {
    let dir = project(&[
        (".git/config", ""),
        ("vendor/x/.git/HEAD", ""),
        (".gitignore", "target/\n*.log\n!keep.log\n/only-here\n"),
        ("app.oal", ""),
        ("api/src/main.rs", ""),
        ("api/target/debug/api", ""),
        ("api/build.log", ""),
        ("api/keep.log", ""),
        ("api/only-here", ""),
        ("only-here", ""),
        ("api/.gitignore", "secret.txt\n"),
        ("api/secret.txt", ""),
        ("secret.txt", ""),
        (".env.example", ""),
    ]);
    let found = packed(dir.path(), &[]);
    let expected = [
        ".env.example",
        ".gitignore",
        "api/.gitignore",
        "api/keep.log",
        "api/only-here",
        "api/src/main.rs",
        "app.oal",
        "secret.txt",
    ];
    assert_eq!(names(&found), expected);
}

#[test]
fn what_the_program_names_is_sent_though_it_is_ignored() {
    let dir = project(&[
        (".gitignore", "dist/\n*.conf\n*.oal\nweb/out/*\n"),
        ("app.oal", ""),
        ("dist/index.html", "hello"),
        ("dist/js/app.js", ""),
        ("dist/.gitignore", "*.map\n"),
        ("dist/js/app.map", ""),
        ("other/dist/x", ""),
        ("nginx.conf", "listen"),
        ("other.conf", ""),
        ("web/out/index.html", ""),
    ]);
    let found = packed(dir.path(), &["dist", "nginx.conf", "web/out", "missing", "../outside", "/etc"]);
    let expected = [
        ".gitignore",
        "app.oal",
        "dist/.gitignore",
        "dist/index.html",
        "dist/js/app.js",
        "nginx.conf",
        "web/out/index.html",
    ];
    assert_eq!(names(&found), expected);
}

#[test]
fn a_dockerignore_decides_alone_in_its_context() {
    let dir = project(&[
        (".gitignore", "dist/\nnode_modules/\n"),
        ("app.oal", ""),
        ("node_modules/x", ""),
        ("api/.dockerignore", "# a comment\nnode_modules\n*.md\n!README.md\ndeep/**/*.tmp\n./trailing/\n"),
        ("api/Dockerfile", ""),
        ("api/dist/app.js", ""),
        ("api/node_modules/x", ""),
        ("api/sub/node_modules/y", ""),
        ("api/notes.md", ""),
        ("api/sub/notes.md", ""),
        ("api/README.md", ""),
        ("api/deep/a/b/c.tmp", ""),
        ("api/deep/c.tmp", ""),
        ("api/trailing/x", ""),
    ]);
    let found = packed(dir.path(), &["api"]);
    let expected = [
        ".gitignore",
        "api/.dockerignore",
        "api/Dockerfile",
        "api/README.md",
        "api/dist/app.js",
        "api/sub/node_modules/y",
        "api/sub/notes.md",
        "app.oal",
    ];
    assert_eq!(names(&found), expected);
}

#[test]
fn exceptions_reach_into_directories_that_are_left_out() {
    let dir = project(&[
        (".dockerignore", "*\n!src\nsrc/secret\n!Dockerfile\n"),
        ("app.oal", ""),
        ("lib/web.oal", ""),
        ("Dockerfile", ""),
        ("src/main.rs", ""),
        ("src/secret/key", ""),
        ("big/data", ""),
    ]);
    assert_eq!(names(&packed(dir.path(), &["."])), ["Dockerfile", "app.oal", "lib/web.oal", "src/main.rs"]);
}

#[test]
fn rights_are_two_and_links_stay() {
    let dir =
        project(&[("bin/run.sh", "#!/bin/sh"), ("a/b/c", "x"), ("a/b/up -> ../../bin/run.sh", ""), ("self -> .", "")]);
    fs::set_permissions(dir.path().join("bin/run.sh"), fs::Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(dir.path().join("a/b/c"), fs::Permissions::from_mode(0o600)).unwrap();
    let found = packed(dir.path(), &[]);
    let expected =
        [("a/b/c", "x"), ("a/b/up", "-> ../../bin/run.sh"), ("bin/run.sh", "755 #!/bin/sh"), ("self", "-> .")];
    assert_eq!(found.iter().map(|(path, text)| (&**path, &**text)).collect::<Vec<_>>(), expected);
}

#[test]
fn what_cannot_be_sent_is_named() {
    let refused = |files: &[(&str, &str)]| {
        bundle::pack(project(files).path(), &Named::default(), &Limits::PROJECT).unwrap_err().to_string()
    };
    assert_eq!(
        refused(&[("x -> /etc/passwd", "")]),
        "`x` cannot be sent: it is a link to `/etc/passwd`, outside the project"
    );
    assert_eq!(
        refused(&[("a/x -> ../../y", "")]),
        "`a/x` cannot be sent: it is a link to `../../y`, outside the project"
    );
    assert_eq!(
        refused(&[("a/x -> b/../../../y", "")]),
        "`a/x` cannot be sent: it is a link to `b/../../../y`; `..` may only stand at the start of a link's target"
    );
    assert_eq!(
        refused(&[("Makefile", ""), ("makefile", "")]),
        "`makefile` cannot be sent: it differs from `Makefile` in the case of letters only"
    );
    assert_eq!(refused(&[("a\nb", "")]), "`a\\nb` cannot be sent: its path has a control character");
    let dir = project(&[("a", "x"), ("b", "y")]);
    let few = Limits { entries: 1, ..Limits::PROJECT };
    let error = bundle::pack(dir.path(), &Named::default(), &few).unwrap_err();
    assert!(matches!(error, BundleError::Limit { limit: Limit::Entries, most: 1, .. }), "{error}");
    let small = Limits { unpacked: 600, ..Limits::PROJECT };
    let error = bundle::pack(dir.path(), &Named::default(), &small).unwrap_err();
    assert!(matches!(error, BundleError::Limit { limit: Limit::Unpacked, .. }), "{error}");
}

#[test]
fn sources_follow_links_within_the_bundle_only() {
    let dir = project(&[
        ("app.oal", "app"),
        ("lib/web.oal", "web"),
        ("link -> lib", ""),
        ("lib/loop -> ../link/loop", ""),
        ("big.bin", "12345678"),
        ("lib/deep/up -> ../../app.oal", ""),
    ]);
    let bundle = bundle::pack(dir.path(), &Named::default(), &Limits::PROJECT).unwrap();
    let read = |most, wanted: fn(&str) -> bool| Sources::read(bundle.reader().unwrap(), &Limits::PROJECT, most, wanted);
    let sources = read(100, |path| path.ends_with(".oal")).unwrap();
    assert_eq!(sources.get("app.oal"), Some(&b"app"[..]));
    assert_eq!(sources.get("link/web.oal"), Some(&b"web"[..]));
    assert_eq!(sources.get("link/deep/up"), Some(&b"app"[..]));
    assert_eq!(sources.get("lib/loop"), None);
    assert_eq!(sources.get("../app.oal"), None);
    assert_eq!(sources.get("big.bin"), None);
    assert_eq!(sources.files().map(|(path, _)| path).collect::<Vec<_>>(), ["app.oal", "lib/web.oal"]);
    let error = read(7, |_| true).unwrap_err();
    assert!(matches!(error, BundleError::Limit { limit: Limit::Memory, most: 7, .. }), "{error}");
}

/// A tree of files and links with short names, some of them deep, some executable.
fn any_tree() -> impl Strategy<Value = BTreeMap<String, (Vec<u8>, bool)>> {
    let path = proptest::collection::vec("[a-zäß0-9._ -]{1,12}", 1..5)
        .prop_map(|steps| steps.join("/"))
        .prop_filter("no step of dots", |path| path.split('/').all(|step| !matches!(step, "." | ".." | ".git")));
    let long = "[a-z]{150,200}/[a-z]{150,200}";
    let path = prop_oneof![9 => path, 1 => long];
    proptest::collection::btree_map(path, (proptest::collection::vec(any::<u8>(), 0..2000), any::<bool>()), 0..12)
        .prop_map(|tree| {
            let folded: Vec<String> = tree.keys().map(|path| path.to_lowercase()).collect();
            let clash = |path: &str| folded.iter().any(|other| other.starts_with(&format!("{}/", path.to_lowercase())));
            tree.clone().into_iter().filter(|(path, _)| !clash(path)).collect()
        })
}

fn write(tree: &BTreeMap<String, (Vec<u8>, bool)>, backwards: bool) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut all: Vec<_> = tree.iter().collect();
    if backwards {
        all.reverse();
    }
    for (path, (contents, executable)) in all {
        let place = dir.path().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(&place, contents).unwrap();
        // Rights that differ without saying anything, as other machines' masks make them.
        let mode = match (executable, backwards) {
            (true, true) => 0o700,
            (true, false) => 0o775,
            (false, true) => 0o600,
            (false, false) => 0o664,
        };
        fs::set_permissions(place, fs::Permissions::from_mode(mode)).unwrap();
    }
    if backwards {
        fs::create_dir(dir.path().join("zz-empty")).unwrap();
    }
    dir
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// The same files give the same bytes, in whatever order, under whatever mask and in whatever place they were written, and
    /// unpacking gives the files back.
    #[test]
    fn packing_is_a_function_of_the_files(tree in any_tree()) {
        let (one, two) = (write(&tree, false), write(&tree, true));
        let pack = |dir: &Path| bundle::pack(dir, &Named::default(), &Limits::PROJECT).unwrap();
        let (first, second) = (pack(one.path()), pack(two.path()));
        prop_assert_eq!(&first.digest, &second.digest);
        prop_assert_eq!(fs::read(first.path()).unwrap(), fs::read(second.path()).unwrap());

        let out = tempfile::tempdir().unwrap();
        let unpacked = bundle::unpack(first.reader().unwrap(), out.path(), &Limits::PROJECT).unwrap();
        prop_assert_eq!(unpacked.entries, tree.len() as u64);
        for (path, (contents, executable)) in &tree {
            prop_assert_eq!(&fs::read(out.path().join(path)).unwrap(), contents);
            let mode = fs::metadata(out.path().join(path)).unwrap().permissions().mode() & 0o777;
            prop_assert_eq!(mode, if *executable { 0o755 } else { 0o644 });
        }
        prop_assert_eq!(pack(out.path()).digest, first.digest);
    }

    /// Whatever bytes come, reading ends and says what it thinks; nothing panics.
    #[test]
    fn no_bytes_break_the_reader(mut bytes in proptest::collection::vec(any::<u8>(), 0..3000), compress in any::<bool>()) {
        if compress {
            let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
            gzip.write_all(&bytes).unwrap();
            bytes = gzip.finish().unwrap();
        }
        let _ = Sources::read(&*bytes, &Limits::PROJECT, 10_000, |_| true);
    }
}
