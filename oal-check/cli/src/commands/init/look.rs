//! What lies in a directory that says something about the application.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{compose, dockerfile, manifest};
use crate::files::SKIPPED;
use crate::output::count;

/// Directories below each other that are looked at.
const MOST_DEPTH: usize = 3;
/// Files that are looked at; a repository with more is not understood by reading on.
const MOST_FILES: usize = 5_000;
/// Files of which more than so many bytes are not read: no recipe is that long.
const MOST_BYTES: u64 = 1 << 20;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The application's name as a manifest or the directory has it.
    pub(super) name: String,
    /// What is built or run.
    pub(super) services: Vec<Service>,
    /// Names in `.env` files, with the directory of the file.
    pub(super) variables: Vec<(String, BTreeSet<String>)>,
    /// What to tell about it.
    pub(super) notes: Vec<String>,
}

/// Something that runs.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Service {
    /// Its name, as found.
    pub(super) name: String,
    /// The directory it is built from, from the top, and the name of the recipe in it.
    pub(super) build: Option<(String, String)>,
    /// The stage of the recipe to stop at.
    pub(super) target: Option<String>,
    /// The image it runs.
    pub(super) image: Option<String>,
    /// The file that says so.
    pub(super) from: String,
    /// The ports it listens on.
    pub(super) ports: Vec<Port>,
    /// Names of environment variables.
    pub(super) variables: BTreeSet<String>,
    /// Names of the services that start before it.
    pub(super) after: Vec<String>,
}

/// A port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Port {
    /// Its number in the container.
    pub(super) inside: u16,
    /// Its number on the machine.
    pub(super) outside: Option<u16>,
    /// Whether it speaks UDP.
    pub(super) udp: bool,
}

/// Looks at a directory.
pub(super) fn look(directory: &Path) -> Found {
    let files = files(directory);
    let mut found = Found { name: directory_name(directory), ..Found::default() };
    for file in &files {
        let Some(name) =
            read_if(directory, file, manifest::is_manifest).and_then(|text| manifest::name(base(file), &text))
        else {
            continue;
        };
        found.notes.push(format!("{file}: `{name}`"));
        if !file.contains('/') {
            found.name = name;
        }
    }
    // Others beside the first (an override, another environment) repeat its services.
    if let Some(file) = files.iter().find(|file| is_compose(file))
        && let Some(text) = read(directory, file)
    {
        found.services = compose::services(&text, file);
        let names: Vec<&str> = found.services.iter().map(|service| service.name.as_str()).collect();
        found.notes.push(format!("{file}: {}", listed("service", &names)));
    }
    for file in &files {
        if let Some(variant) = dockerfile::variant(base(file))
            && let Some(text) = read(directory, file)
        {
            recipe(file, variant, &dockerfile::read(&text), &files, &mut found);
        } else if let Some(text) = read_if(directory, file, is_variables) {
            let names = manifest::variables(&text);
            found.notes.push(format!("{file}: {}, no value was looked at", count(names.len(), "name")));
            match found.variables.iter_mut().find(|(place, _)| place == parent(file)) {
                Some((_, known)) => known.extend(names),
                None => found.variables.push((parent(file).to_owned(), names)),
            }
        }
    }
    found
}

/// Adds what a recipe says: to the services of Compose that are built from it, or as a service of its own where there is no
/// Compose file.
fn recipe(file: &str, variant: &str, recipe: &dockerfile::Recipe, files: &BTreeSet<String>, found: &mut Found) {
    let ports: Vec<String> = recipe.ports.iter().map(|port| port.inside.to_string()).collect();
    let ports: Vec<&str> = ports.iter().map(String::as_str).collect();
    let stages: Vec<&str> = recipe.stages.iter().map(String::as_str).collect();
    let said: Vec<String> = [("port", &ports), ("stage", &stages)]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(word, names)| listed(word, names))
        .collect();
    found.notes.push(if said.is_empty() { file.to_owned() } else { format!("{file}: {}", said.join("; ")) });

    let build = (parent(file).to_owned(), base(file).to_owned());
    for service in found.services.iter_mut().filter(|service| service.build.as_ref() == Some(&build)) {
        if service.ports.is_empty() {
            service.ports.clone_from(&recipe.ports);
        }
    }
    let plain = if build.0.is_empty() { "Dockerfile".to_owned() } else { format!("{}/Dockerfile", build.0) };
    // A second recipe in the same directory is another way to build the same thing, unless it has a name of its own.
    let another_way = dockerfile::OTHER_WAYS.contains(&variant) && files.contains(&plain);
    if another_way || found.services.iter().any(|service| is_compose(&service.from)) {
        return;
    }
    let name = match (variant, base(&build.0)) {
        ("", "") => found.name.clone(),
        ("", directory) => directory.to_owned(),
        (variant, _) => variant.to_owned(),
    };
    let ports = recipe.ports.iter().map(|port| Port { outside: (!port.udp).then_some(port.inside), ..*port }).collect();
    found.services.push(Service { name, build: Some(build), from: file.to_owned(), ports, ..Service::default() });
}

/// `ports 80, 443`
fn listed(word: &str, names: &[&str]) -> String {
    format!("{word}{} {}", if names.len() == 1 { "" } else { "s" }, names.join(", "))
}

fn is_variables(name: &str) -> bool {
    [".env", ".env.example", ".env.sample", ".env.template", ".env.dist", "example.env"].contains(&name)
}

fn is_compose(path: &str) -> bool {
    ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"].contains(&path)
}

/// The files of a directory and those below, by their path with `/`.
fn files(directory: &Path) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    let mut waiting = vec![(String::new(), 1)];
    while let Some((path, depth)) = waiting.pop() {
        for entry in fs::read_dir(directory.join(&path)).into_iter().flatten().flatten() {
            let (Ok(kind), file_name) = (entry.file_type(), entry.file_name()) else { continue };
            let Some(name) = file_name.to_str() else { continue };
            let inner = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
            if kind.is_file() && files.len() < MOST_FILES {
                files.insert(inner);
            } else if kind.is_dir() && depth < MOST_DEPTH && !name.starts_with('.') && !SKIPPED.contains(&name) {
                waiting.push((inner, depth + 1));
            }
        }
    }
    files
}

/// What a file holds, if its name is one that counts.
fn read_if(directory: &Path, path: &str, counts: impl Fn(&str) -> bool) -> Option<String> {
    if counts(base(path)) { read(directory, path) } else { None }
}

fn read(directory: &Path, path: &str) -> Option<String> {
    let path = directory.join(path);
    if fs::metadata(&path).ok()?.len() > MOST_BYTES {
        return None;
    }
    fs::read(path).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn directory_name(directory: &Path) -> String {
    let real = fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
    real.file_name().map_or_else(|| "app".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// The last part of a path.
fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The path without its last part.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}
