//! What is plain to see in a Compose file: the names of the services, and for each its image, build, ports, names of variables
//! and what it depends on. This is no reader of YAML: it looks at lines and their indentation, and leaves out what it does not
//! understand.

use super::look::{Port, Service};
use super::manifest::is_variable;

/// A line without its comment, and how far it is indented.
struct Line<'a> {
    indent: usize,
    text: &'a str,
}

/// The services of a Compose file.
pub(super) fn services(text: &str, file: &str) -> Vec<Service> {
    let lines: Vec<Line<'_>> = text.lines().filter_map(line).collect();
    let mut services = Vec::new();
    for section in blocks(&lines).filter(|section| key(section) == Some("services")) {
        for block in blocks(inner(section)) {
            if let Some(name) = key(block) {
                services.push(service(name, inner(block), file));
            }
        }
    }
    services
}

fn line(line: &str) -> Option<Line<'_>> {
    let text = line.trim_end();
    let text = if text.trim_start().starts_with('#') { "" } else { text.split(" #").next().unwrap_or(text).trim_end() };
    let indent = text.len() - text.trim_start().len();
    (!text.trim().is_empty()).then(|| Line { indent, text: text.trim_start() })
}

/// The lines cut into blocks: each starts at the indentation of the first line.
fn blocks<'a, 'l>(lines: &'a [Line<'l>]) -> impl Iterator<Item = &'a [Line<'l>]> {
    let indent = lines.first().map_or(0, |line| line.indent);
    lines.chunk_by(move |_, next| next.indent > indent || next.text.starts_with('-'))
}

/// The lines of a block below its first.
fn inner<'a, 'l>(block: &'a [Line<'l>]) -> &'a [Line<'l>] {
    block.get(1..).unwrap_or_default()
}

/// The key of a block's first line.
fn key<'l>(block: &[Line<'l>]) -> Option<&'l str> {
    let (key, _) = block.first()?.text.split_once(':')?;
    Some(unquoted(key))
}

/// What stands behind the key.
fn value<'l>(block: &[Line<'l>]) -> &'l str {
    block.first().and_then(|line| line.text.split_once(':')).map_or("", |(_, value)| unquoted(value))
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let quoted = ['"', '\''].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote));
    quoted.unwrap_or(text)
}

/// The members of a list, in either form, or the keys of a map.
fn members<'l>(block: &[Line<'l>]) -> Vec<&'l str> {
    if let Some(list) = value(block).strip_prefix('[') {
        return list.trim_end_matches(']').split(',').map(unquoted).filter(|member| !member.is_empty()).collect();
    }
    let rest = inner(block);
    let indent = rest.first().map_or(0, |line| line.indent);
    let direct = rest.iter().filter(|line| line.indent == indent);
    direct
        .map(|line| match line.text.strip_prefix("- ") {
            Some(member) => unquoted(member),
            None => unquoted(line.text.split(": ").next().unwrap_or(line.text).trim_end_matches(':')),
        })
        .collect()
}

fn service(name: &str, lines: &[Line<'_>], file: &str) -> Service {
    let mut service = Service { name: name.to_owned(), from: file.to_owned(), ..Service::default() };
    for block in blocks(lines) {
        match key(block) {
            Some("image") => service.image = Some(filled(value(block))),
            Some("build") => build(block, &mut service),
            Some("ports") => service.ports.extend(members(block).into_iter().filter_map(port)),
            Some("expose") => {
                let numbers = members(block).into_iter().filter_map(|text| text.parse().ok());
                service.ports.extend(numbers.map(|inside| Port { inside, outside: None, udp: false }));
            }
            Some("environment") => {
                let names = members(block).into_iter().map(|member| member.split('=').next().unwrap_or(member).trim());
                service.variables.extend(names.filter(|name| is_variable(name)).map(str::to_owned));
            }
            Some("depends_on") => service.after.extend(members(block).into_iter().map(str::to_owned)),
            _ => {}
        }
    }
    let mut known = Vec::new();
    service.ports.retain(|port| {
        let new = !known.contains(&port.inside);
        known.push(port.inside);
        new
    });
    service
}

fn build(block: &[Line<'_>], service: &mut Service) {
    let mut context = value(block).to_owned();
    let mut dockerfile = "Dockerfile".to_owned();
    for field in blocks(inner(block)) {
        match key(field) {
            Some("context") => context = value(field).to_owned(),
            Some("dockerfile") => dockerfile = value(field).trim_start_matches("./").to_owned(),
            Some("target") => service.target = Some(value(field).to_owned()),
            _ => {}
        }
    }
    // What is fetched or lies elsewhere cannot be seen from here.
    let elsewhere =
        context.contains("://") || context.contains('$') || context.starts_with('/') || context.starts_with("..");
    if !elsewhere && !context.is_empty() {
        let context = context.trim_start_matches("./").trim_end_matches('/');
        service.build = Some((if context == "." { "" } else { context }.to_owned(), dockerfile));
    }
}

/// `80`, `8080:80`, `127.0.0.1:8080:80`, each perhaps with `/udp`.
fn port(text: &str) -> Option<Port> {
    let text = filled(text);
    let (numbers, protocol) = text.split_once('/').unwrap_or((&text, "tcp"));
    let mut parts = numbers.rsplit(':');
    let inside = parts.next()?.parse().ok().filter(|number| *number > 0)?;
    let outside = parts.next().and_then(|number| number.parse().ok());
    Some(Port { inside, outside, udp: protocol == "udp" })
}

/// A text with the fallbacks of its variables: `1.2` for `${TAG:-1.2}`.
fn filled(text: &str) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${")
        && let Some((variable, after)) = after.split_once('}')
    {
        filled.push_str(before);
        filled.push_str(variable.split_once('-').map_or("", |(_, fallback)| fallback));
        rest = after;
    }
    filled.push_str(rest);
    filled
}
