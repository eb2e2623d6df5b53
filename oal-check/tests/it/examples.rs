//! Every program of `examples/`: it checks clean and lowers to what is committed beside it, `ir/ENVIRONMENT.json`.

use crate::golden;
use oal_check::{Checked, InMemory, LoadError, Loader, Options, Project, SourceFile, check, lower};
use oal_ir::Ir;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

pub(crate) static SCHEMA: LazyLock<jsonschema::Validator> =
    LazyLock::new(|| jsonschema::draft202012::new(&serde_json::from_str(oal_ir::schema()).unwrap()).unwrap());

/// The files below a directory, by their paths from there.
fn files(root: &Path) -> Files {
    let mut found = Vec::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "oal") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// Files by their path and text.
type Files = Vec<(String, String)>;

pub(crate) static EXAMPLES: LazyLock<Vec<(PathBuf, Files, String)>> = LazyLock::new(examples);

/// The examples: directory, files, and the file with the `app`.
fn examples() -> Vec<(PathBuf, Files, String)> {
    let mut directories: Vec<PathBuf> = std::fs::read_dir(golden::package().join("../examples"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    directories.sort();
    let is_root = |(_, text): &&(String, String)| text.lines().any(|line| line.starts_with("app "));
    let of = |directory: PathBuf| {
        let files = files(&directory);
        let root = files.iter().find(is_root).unwrap().0.clone();
        (directory, files, root)
    };
    directories.into_iter().map(of).collect()
}

fn checked(root: &str, files: &[(String, String)]) -> Checked {
    let mut loader: InMemory = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    check(&Project::load(root, &mut loader), &Options::default())
}

fn all(checked: &Checked) -> Vec<Ir> {
    checked.environments().map(|environment| lower(checked, environment).unwrap()).collect()
}

#[test]
fn examples_check_clean() {
    for (directory, files, root) in examples() {
        let checked = checked(&root, &files);
        let style = oal_check::diagnostic::Style::default();
        let text = oal_check::diagnostic::render(checked.diagnostics(), &checked, style);
        assert!(text.is_empty(), "{}\n{text}", directory.display());
    }
}

#[test]
fn examples_lower_to_what_is_committed() {
    for (directory, files, root) in examples() {
        let mut known = BTreeSet::new();
        for mut ir in all(&checked(&root, &files)) {
            ir.source_map = None;
            let path = directory.join("ir").join(format!("{}.json", ir.environment));
            golden::fresh(&path, &ir.to_pretty().unwrap());
            known.insert(path);
        }
        for entry in std::fs::read_dir(directory.join("ir")).unwrap() {
            let path = entry.unwrap().path();
            assert!(known.contains(&path), "{} belongs to no environment", path.display());
        }
    }
}

#[test]
fn every_document_is_valid_whole_and_read_back() {
    for (directory, files, root) in examples() {
        for ir in all(&checked(&root, &files)) {
            let name = format!("{} in {}", directory.display(), ir.environment);
            let json = serde_json::to_value(&ir).unwrap();
            let wrong: Vec<String> =
                SCHEMA.iter_errors(&json).map(|error| format!("{error} at {}", error.instance_path())).collect();
            assert!(wrong.is_empty(), "{name}: {wrong:?}");
            assert_eq!(ir.verify(), Ok(()), "{name}");
            assert_eq!(serde_json::from_value::<Ir>(json).unwrap(), ir, "{name}");
            assert_eq!(oal_ir::read(&ir.to_canonical().unwrap()).unwrap(), ir, "{name}");
            assert_eq!(oal_ir::read(ir.to_pretty().unwrap().as_bytes()).unwrap(), ir, "{name}");
        }
    }
}

#[test]
fn comments_and_blank_lines_change_no_digest() {
    for (directory, files, root) in examples() {
        let digests = |files: &[(String, String)]| -> Vec<String> {
            all(&checked(&root, files)).into_iter().map(|ir| ir.digest).collect()
        };
        let with_comments: Files = files
            .iter()
            .map(|(path, text)| (path.clone(), format!("// Another comment.\n\n{text}\n// The end.\n")))
            .collect();
        assert_eq!(digests(&files), digests(&with_comments), "{}", directory.display());
    }
}

#[test]
fn lowering_is_deterministic() {
    for (directory, files, root) in examples() {
        let bytes = |files: &[(String, String)]| -> Vec<Vec<u8>> {
            all(&checked(&root, files)).iter().map(|ir| ir.to_canonical().unwrap()).collect()
        };
        let first = bytes(&files);
        assert_eq!(first, bytes(&files), "{}", directory.display());
        let reversed: Vec<_> = files.iter().rev().cloned().collect();
        assert_eq!(first, bytes(&reversed), "{}: files in another order", directory.display());
    }
}

/// A place names a component or value of the document, and lies in the file that it names.
#[test]
fn source_maps_lead_to_where_things_are_written() {
    for (directory, files, root) in examples() {
        let checked = checked(&root, &files);
        for ir in all(&checked) {
            let map = ir.source_map.as_ref().unwrap();
            assert_eq!(map.files.len(), checked.project().files().len());
            assert!(map.nodes.keys().eq(ir.components.keys()));
            for (id, node) in &map.nodes {
                let spec = serde_json::to_value(&ir.components[id].spec).unwrap();
                let text = |place: oal_ir::v1::Place| {
                    let path = &map.file(place).unwrap().path;
                    let text = &files.iter().find(|(name, _)| name == path).unwrap().1;
                    &text[place.start as usize..place.end as usize]
                };
                let name = format!("{} in {}: {id}", directory.display(), ir.environment);
                assert!(text(node.at).ends_with(id.name()), "{name}: {}", text(node.at));
                for (at, place) in &node.fields {
                    assert!(spec.pointer(at.as_str()).is_some(), "{name}: {at} is not there");
                    let key = at.tokens().last().unwrap();
                    let written = text(*place);
                    let named = written.contains(&key) || key.parse::<usize>().is_ok() || !written.contains(':');
                    assert!(named, "{name}: {at} leads to `{written}`");
                }
            }
        }
    }
}

/// The whole source map of the program of the design's first pages, for people.
#[test]
fn the_source_map_of_the_shop() {
    let (_, files, root) = examples().into_iter().find(|(directory, ..)| directory.ends_with("10-shop")).unwrap();
    let mut text = String::new();
    for ir in all(&checked(&root, &files)) {
        let map = ir.source_map.unwrap();
        let mut line = |name: &str, place: oal_ir::v1::Place| {
            let path = &map.file(place).unwrap().path;
            let source = &files.iter().find(|(name, _)| name == path).unwrap().1;
            let written = source[place.start as usize..place.end as usize].lines().next().unwrap();
            let _ = writeln!(text, "{name}  {path}:{}:{}  {written}", place.line, place.column);
        };
        line(&ir.environment, map.nodes.values().next().unwrap().at);
        for (id, node) in &map.nodes {
            line(id.as_str(), node.at);
            for (at, place) in &node.fields {
                line(&format!("  {at}"), *place);
            }
        }
        text.push('\n');
    }
    golden::data("source_map/shop.txt", &text);
}

/// Loads each file anew, so that nothing is shared.
struct Fresh(Files);

impl Loader for Fresh {
    fn load(&mut self, path: &str) -> Result<Arc<SourceFile>, LoadError> {
        let text = self.0.iter().find(|(name, _)| name == path).ok_or(LoadError::NotFound)?.1.clone();
        Ok(Arc::new(SourceFile::from_bytes(path, text.into_bytes())))
    }
}

#[test]
fn a_check_can_move_to_another_thread() {
    let (_, files, root) = examples().pop().unwrap();
    let project = Project::load(&root, &mut Fresh(files.clone()));
    let checked_there = std::thread::spawn(move || check(&project, &Options::default())).join().unwrap();
    let lowered_there = std::thread::spawn(move || all(&checked_there)).join().unwrap();
    assert_eq!(lowered_there, all(&checked(&root, &files)));
}
