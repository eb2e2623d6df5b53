//! The program for what was found. It only says what is known; what a person has to decide stands in its comments.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::look::{Found, Port, Service};
use super::names::{Names, identifier};
use super::store::{Store, Use};

/// A program.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// Its text.
    pub(super) text: String,
    /// How many components of which kind it has.
    pub(super) counts: Vec<(&'static str, usize)>,
    /// What to tell about it.
    pub(super) notes: Vec<String>,
}

/// Something that keeps data, with the name it has in the program.
struct NamedStore {
    name: String,
    store: Store,
}

/// Writes the program.
pub(super) fn draft(found: &Found) -> Draft {
    let mut writer = Writer::default();
    let mut services = Vec::new();
    for service in &found.services {
        match service.image.as_deref().and_then(Store::of_image) {
            Some(store) if service.build.is_none() => writer.store(&service.name, store),
            _ if service.build.is_some() || service.image.as_deref().is_some_and(is_image) => services.push(service),
            _ => writer.notes.push(format!("left out `{}`: what it runs cannot be seen", service.name)),
        }
    }
    for service in &services {
        let name = writer.names.take(&service.name);
        writer.renamed.insert(service.name.clone(), name);
    }
    let app = identifier(&found.name);
    let title =
        format!("//! {app}: a first draft from what lies here. Go through it, then let `oal check` look at it.");
    let mut bodies = String::new();
    for service in &services {
        bodies.push_str(&writer.service(service, found));
    }
    if services.is_empty() {
        writer.notes.push("found nothing to run: the program is an example".to_owned());
        bodies.push_str(EXAMPLE);
    }
    let mut text = format!("{title}\n\napp {app} {{ edition: 1 }}\n");
    for (variable, (name, from)) in &writer.secrets {
        let _ = write!(text, "\nsecret {name} {{ description: {} }}", quoted(&format!("{variable} of {from}")));
    }
    text.push('\n');
    for NamedStore { name, store } in &writer.stores {
        let _ = write!(text, "\n{}", store.declaration(name));
    }
    text.push_str(&bodies);
    let of = |kind: &str| writer.stores.iter().filter(|named| named.store.kind() == kind).count();
    let counts = vec![
        ("service", services.len().max(1)),
        ("database", of("database")),
        ("cache", of("cache")),
        ("queue", of("queue")),
        ("secret", writer.secrets.len()),
    ];
    Draft { text, counts, notes: writer.notes }
}

const EXAMPLE: &str = "
/// An example. Put your own image here, or build one: `build: { context: \".\" }`.
service web {
  image: \"nginx:1.27.3\"
  ports: { http: 80 }
  publish: { http: 8080 }
}
";

#[derive(Default)]
struct Writer {
    names: Names,
    /// Names in the program by the names that were found.
    renamed: BTreeMap<String, String>,
    stores: Vec<NamedStore>,
    /// Names of secrets with the file that told of them, by variable.
    secrets: BTreeMap<String, (String, String)>,
    /// Ports of the machine that are taken.
    published: BTreeSet<(u16, bool)>,
    notes: Vec<String>,
}

impl Writer {
    fn store(&mut self, found: &str, store: Store) {
        // A name that is also a variant would stand for two things.
        let wanted = if identifier(found) == store.engine() { store.usual_name() } else { found };
        let name = self.names.take(wanted);
        self.renamed.insert(found.to_owned(), name.clone());
        self.stores.push(NamedStore { name, store });
    }

    fn service(&mut self, service: &Service, found: &Found) -> String {
        let name = self.renamed.get(&service.name).cloned().unwrap_or_default();
        let mut text = String::from("\n");
        let _ = writeln!(text, "service {name} {{");
        match (&service.build, &service.image) {
            (Some((directory, recipe)), _) => text.push_str(&build(directory, recipe, service.target.as_deref())),
            (None, Some(image)) => _ = writeln!(text, "  image: {}", quoted(image)),
            (None, None) => {}
        }
        text.push_str(&self.ports(service));
        text.push_str(&self.variables(service, found));
        text.push_str(&self.order(service, &name));
        text.push_str("}\n");
        text
    }

    fn ports(&mut self, service: &Service) -> String {
        let mut names = Names::default();
        let mut lines = [Vec::new(), Vec::new(), Vec::new()];
        let [ports, publish, protocols] = &mut lines;
        for port in &service.ports {
            let name = names.take(&port_name(*port, names_http(service, *port)));
            ports.push(format!("{name}: {}", port.inside));
            if port.udp {
                protocols.push(format!("{name}: udp"));
            }
            match port.outside {
                Some(outside) if self.published.insert((outside, port.udp)) => {
                    publish.push(format!("{name}: {outside}"))
                }
                Some(outside) => {
                    self.notes.push(format!("`{}` does not publish {outside}, which is taken", service.name))
                }
                None => {}
            }
        }
        let mut text = String::new();
        for (field, entries) in ["ports", "publish", "protocols"].into_iter().zip(&lines) {
            if !entries.is_empty() {
                let _ = writeln!(text, "  {field}: {{ {} }}", entries.join(", "));
            }
        }
        text
    }

    fn variables(&mut self, service: &Service, found: &Found) -> String {
        let context = service.build.as_ref().map(|(directory, _)| directory.as_str());
        let mut known: BTreeMap<&str, &str> = BTreeMap::new();
        known.extend(service.variables.iter().map(|name| (name.as_str(), service.from.as_str())));
        for (place, names) in &found.variables {
            if place.is_empty() && context.is_some() || context == Some(place) {
                known.extend(names.iter().map(|name| (name.as_str(), ".env")));
            }
        }
        let mut entries = Vec::new();
        let mut open = Vec::new();
        for (variable, from) in known {
            if let Some(value) = self.store_for(variable) {
                entries.push(format!("{variable}: {value}"));
            } else if is_secret(variable) {
                let name = match self.secrets.get(variable) {
                    Some((name, _)) => name.clone(),
                    None => self.names.take(variable),
                };
                entries.push(format!("{variable}: {name}"));
                self.secrets.insert(variable.to_owned(), (name, from.to_owned()));
            } else {
                open.push(variable);
            }
        }
        let mut text = String::new();
        if !open.is_empty() {
            text.push_str(&comment(&open));
        }
        match entries.as_slice() {
            [] => {}
            [entry] => _ = writeln!(text, "  env: {{ {entry} }}"),
            entries => _ = writeln!(text, "  env: {{\n    {}\n  }}", entries.join("\n    ")),
        }
        text
    }

    /// The output that a variable wants, by its name, where only one can be meant.
    fn store_for(&self, variable: &str) -> Option<String> {
        let usage = Use::of_variable(variable)?;
        let mut fitting = self.stores.iter().filter(|named| usage.fits(&named.store));
        let (first, next) = (fitting.next()?, fitting.next());
        next.is_none().then(|| format!("{}.{}", first.name, usage.output))
    }

    fn order(&self, service: &Service, own: &str) -> String {
        let (mut stores, mut services) = (Vec::new(), Vec::new());
        for name in service.after.iter().filter_map(|name| self.renamed.get(name)).filter(|name| *name != own) {
            let is_store = self.stores.iter().any(|named| named.name == *name);
            let list = if is_store { &mut stores } else { &mut services };
            if !list.contains(&name.as_str()) {
                list.push(name.as_str());
            }
        }
        let mut text = String::new();
        for (field, names) in [("after", stores), ("after_started", services)] {
            if !names.is_empty() {
                let _ = writeln!(text, "  {field}: [{}]", names.join(", "));
            }
        }
        text
    }
}

fn build(directory: &str, recipe: &str, target: Option<&str>) -> String {
    let context = if directory.is_empty() { ".".to_owned() } else { format!("./{directory}") };
    let mut text = format!("  build: {{ context: {}", quoted(&context));
    if recipe != "Dockerfile" {
        let _ = write!(text, ", dockerfile: {}", quoted(recipe));
    }
    if let Some(target) = target {
        let _ = write!(text, ", target: {}", quoted(target));
    }
    text.push_str(" }\n");
    text
}

/// The name of an image, and its tag.
pub(super) fn split_image(image: &str) -> (&str, Option<&str>) {
    match image.rsplit_once(':') {
        // A colon before a slash is that of a registry's port.
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (image, None),
    }
}

/// Whether a text can name an image, without looking closely.
fn is_image(text: &str) -> bool {
    let allowed = |letter: u8| letter.is_ascii_alphanumeric() || b"._/:@-".contains(&letter);
    let (name, tag) = split_image(text);
    !name.is_empty() && tag != Some("") && !name.ends_with('/') && text.bytes().all(allowed)
}

/// Whether a port is the one that browsers and other programs call.
fn names_http(service: &Service, port: Port) -> bool {
    service.ports.iter().find(|port| !port.udp) == Some(&port)
}

fn port_name(port: Port, first: bool) -> String {
    match (port.inside, port.udp) {
        (22, _) => "ssh".to_owned(),
        (25 | 587 | 1025, false) => "smtp".to_owned(),
        (53, _) => "dns".to_owned(),
        (443 | 8443, false) => "https".to_owned(),
        (80 | 3000 | 5000 | 8000 | 8080, false) => "http".to_owned(),
        (_, false) if first => "http".to_owned(),
        (number, _) => format!("port_{number}"),
    }
}

/// Whether a variable holds what nobody may see, by its name.
fn is_secret(variable: &str) -> bool {
    const WORDS: [&str; 11] =
        ["PASSWORD", "PASSWD", "PASS", "PASSPHRASE", "SECRET", "TOKEN", "KEY", "CREDENTIALS", "DSN", "AUTH", "SALT"];
    let is_public = variable.contains("PUBLIC") || variable.ends_with("_FILE");
    !is_public && variable.split('_').any(|word| WORDS.contains(&word) || word == "APIKEY")
}

/// A comment that leaves the plain variables to a person.
fn comment(variables: &[&str]) -> String {
    const WIDTH: usize = 90;
    let mut text = String::from("  // Set in `env` what it needs of these:");
    let mut column = text.len();
    for (index, variable) in variables.iter().enumerate() {
        let end = if index + 1 == variables.len() { "" } else { "," };
        if column + variable.len() > WIDTH {
            text.push_str("\n  //");
            column = 4;
        }
        let _ = write!(text, " {variable}{end}");
        column += variable.len() + 2;
    }
    text.push('\n');
    text
}

/// A text as a literal.
fn quoted(text: &str) -> String {
    let mut literal = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' | '$' => literal.extend(['\\', letter]),
            letter if letter.is_control() => _ = write!(literal, "\\u{{{:x}}}", u32::from(letter)),
            letter => literal.push(letter),
        }
    }
    literal.push('"');
    literal
}
