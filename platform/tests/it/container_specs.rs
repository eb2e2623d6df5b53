//! What each example becomes on Docker: every component's container whole, or what Docker cannot do, by name of the field.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use helios::domain::job::EnvironmentRef;
use helios::domain::managed;
use helios::domain::outputs::{Program, ProjectFiles};
use helios::domain::workload;
use helios_client::FailureKind;
use oal_ir::v1::{Ir, Spec};
use uuid::Uuid;

/// Has every file; its contents are its name.
struct AnyFile;

impl ProjectFiles for AnyFile {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(Some(format!("FILE={path}\n").into_bytes()))
    }
}

fn examples() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut found: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .filter_map(|example| std::fs::read_dir(example.unwrap().path().join("ir")).ok())
        .flat_map(|ir| ir.map(|file| file.unwrap().path()))
        .collect();
    found.sort();
    found
}

fn read(path: &Path) -> Ir {
    oal_ir::read(&std::fs::read(path).unwrap()).unwrap()
}

fn environment(ir: &Ir) -> EnvironmentRef {
    EnvironmentRef {
        org: Uuid::from_u128(1),
        org_name: "acme".to_owned(),
        id: Uuid::from_u128(2),
        app: ir.app.name.clone(),
        name: ir.environment.clone(),
    }
}

/// A value for every secret and credential, of letters that need care in URLs.
fn secrets(ir: &Ir) -> BTreeMap<String, String> {
    let mut secrets = BTreeMap::new();
    for (id, component) in &ir.components {
        if matches!(component.spec, Spec::Secret(_)) {
            secrets.insert(id.to_string(), format!("value of {id}"));
        }
        for credential in managed::credentials(&component.spec) {
            secrets.insert(format!("{id}#{}", credential.name), format!("{} p@ss/word", credential.name));
        }
    }
    secrets
}

/// All of a program on Docker, one line of JSON for each container.
fn mapped(ir: &Ir) -> String {
    let (environment, secrets) = (environment(ir), secrets(ir));
    let program = Program::new(ir, &environment, &AnyFile, &secrets);
    let mut text = String::new();
    for (id, component) in &ir.components {
        let image = managed::image(&component.spec).map_or_else(|| "sha256:…".to_owned(), |image| format!("{image:?}"));
        let container = match &component.spec {
            Spec::Service(service) => workload::service(&program, id, service, &image),
            Spec::Job(job) => workload::job(&program, id, job.workload(), &image),
            spec => match managed::recipe(&program, id, spec, &image) {
                Ok(Some(managed)) => {
                    writeln!(
                        text,
                        "{id}: ready {:?}, settle {:?}, {:?}",
                        managed.ready, managed.settle, managed.streams
                    )
                    .unwrap();
                    Ok(managed.container)
                }
                Ok(None) => continue,
                Err(failure) => Err(failure),
            },
        };
        match container {
            Ok(container) => writeln!(text, "{id}: {}", serde_json::to_string_pretty(&container).unwrap()).unwrap(),
            Err(failure) => {
                assert_eq!(failure.kind, FailureKind::Unsupported, "{failure:?}");
                assert_eq!(failure.node.as_ref(), Some(id));
                let field = failure.field.expect("it says which field");
                assert!(
                    serde_json::to_value(&component.spec).unwrap().pointer(&field.to_string()).is_some(),
                    "{field} is a field of {id}"
                );
                writeln!(text, "{id}{field}: {} ({})", failure.message, failure.help.unwrap_or_default()).unwrap();
            }
        }
    }
    text
}

#[test]
fn every_example_maps_wholly_or_says_what_docker_cannot_do() {
    let snapshots = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots/containers");
    let update = std::env::var_os("UPDATE").is_some();
    std::fs::create_dir_all(&snapshots).unwrap();
    for path in examples() {
        let ir = read(&path);
        let file = snapshots.join(format!("{}-{}.txt", ir.app.name, ir.environment));
        let found = mapped(&ir);
        if update {
            std::fs::write(&file, &found).unwrap();
        }
        let wanted = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(wanted == found, "{} differs from {}: UPDATE=1 writes it anew", path.display(), file.display());
    }
}

#[test]
fn a_new_version_of_a_secret_changes_the_digest_and_the_value_never_enters_it() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/guestbook/ir/default.json");
    let ir = read(&path);
    let environment = environment(&ir);
    let digest = |version: &str| {
        let secrets = secrets(&ir).into_keys().map(|name| (name, version.to_owned())).collect();
        let program = Program::new(&ir, &environment, &AnyFile, &secrets);
        let (id, component) = ir.components.iter().find(|(id, _)| id.as_str() == "service/web").unwrap();
        let Spec::Service(service) = &component.spec else { panic!("{id}") };
        workload::service(&program, id, service, "sha256:1").unwrap().digest().unwrap()
    };
    assert_eq!(digest("a"), digest("a"));
    assert_ne!(digest("a"), digest("b"));
}

#[test]
fn passwords_are_encoded_in_urls() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/guestbook/ir/default.json");
    let ir = read(&path);
    let (environment, secrets) = (environment(&ir), secrets(&ir));
    let program = Program::new(&ir, &environment, &AnyFile, &secrets);
    let url = program.output(&"database/visits".parse().unwrap(), "url").unwrap();
    assert_eq!(url, "postgres://app:password%20p%40ss%2Fword@visits:5432/app");
}
