//! Findings as SARIF 2.1.0, which code scanning services take in. Section numbers are those of the OASIS standard.

use std::collections::BTreeMap;
use std::fmt::Write;

use oal_syntax::{FileId, Span};
use serde_json::{Value, json};

use super::json::pretty;
use super::sources::{Places, Sources};
use super::{Code, Diagnostic, Fix, Severity};

/// All findings as one SARIF log with one run, ended by a line feed.
#[must_use]
pub fn sarif(diagnostics: &[Diagnostic], sources: &dyn Sources) -> String {
    let mut places = Places::new(sources);
    let codes: BTreeMap<u16, &Code> = diagnostics.iter().map(|found| (found.code.number, found.code)).collect();
    let index: BTreeMap<u16, usize> = codes.keys().copied().zip(0..).collect();
    let results: Vec<Value> = diagnostics
        .iter()
        .map(|found| result(&mut places, found, index.get(&found.code.number).copied().unwrap_or_default()))
        .collect();
    pretty(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "oal",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": codes.values().map(|code| rule(code)).collect::<Vec<_>>(),
            }},
            // 3.14.17: columns are counted in Unicode scalar values.
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    }))
}

/// 3.49 reportingDescriptor
fn rule(code: &Code) -> Value {
    json!({
        "id": code.id,
        "name": code.slug,
        "shortDescription": { "text": code.summary },
        "help": { "text": format!("oal explain {}", code.id), "markdown": code.page() },
        "defaultConfiguration": { "level": level(code.severity) },
        "properties": { "tags": [code.stage()] },
    })
}

/// 3.27 result
fn result(places: &mut Places<'_>, found: &Diagnostic, rule: usize) -> Value {
    let mut related = Vec::new();
    for label in &found.secondary {
        let mut location = location(places, label.file, label.span);
        put(&mut location, "message", json!({ "text": label.message }));
        related.push(location);
    }
    let mut primary = location(places, found.primary.file, found.primary.span);
    if !found.primary.message.is_empty() {
        put(&mut primary, "message", json!({ "text": found.primary.message }));
    }
    let mut result = json!({
        "ruleId": found.code.id,
        "ruleIndex": rule,
        "level": level(found.severity),
        "message": { "text": message(found) },
        "locations": [primary],
    });
    if !related.is_empty() {
        put(&mut result, "relatedLocations", Value::Array(related));
    }
    if !found.fixes.is_empty() {
        put(&mut result, "fixes", found.fixes.iter().map(|change| fix(places, change)).collect());
    }
    if !found.environments.is_empty() {
        put(&mut result, "properties", json!({ "environments": found.environments }));
    }
    result
}

/// 3.11: the whole message, as a log viewer shows nothing else.
fn message(found: &Diagnostic) -> String {
    let mut text = found.message.clone();
    for note in &found.notes {
        text.push('\n');
        text.push_str(note);
    }
    if let Some(help) = &found.help {
        text.push_str("\nhelp: ");
        text.push_str(help);
    }
    if !found.environments.is_empty() {
        text.push_str("\nin: ");
        text.push_str(&found.environments.join(", "));
    }
    text
}

/// 3.28 location
fn location(places: &mut Places<'_>, file: FileId, span: Span) -> Value {
    let region = region(places, file, span);
    json!({ "physicalLocation": { "artifactLocation": { "uri": uri(places.name(file)) }, "region": region } })
}

/// 3.30 region
fn region(places: &mut Places<'_>, file: FileId, span: Span) -> Value {
    let (start, end) = places.range(file, span);
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
        "byteOffset": span.start,
        "byteLength": span.len(),
    })
}

/// 3.55 fix: one change for each file, in the order of the files' first edits.
fn fix(places: &mut Places<'_>, fix: &Fix) -> Value {
    let mut changes: Vec<(FileId, Vec<Value>)> = Vec::new();
    for edit in &fix.edits {
        let replacement = json!({
            "deletedRegion": region(places, edit.file, edit.span),
            "insertedContent": { "text": edit.text },
        });
        match changes.iter_mut().find(|(file, _)| *file == edit.file) {
            Some((_, replacements)) => replacements.push(replacement),
            None => changes.push((edit.file, vec![replacement])),
        }
    }
    let changes: Vec<Value> = changes
        .into_iter()
        .map(|(file, replacements)| {
            json!({ "artifactLocation": { "uri": uri(places.name(file)) }, "replacements": replacements })
        })
        .collect();
    json!({
        "description": { "text": fix.title },
        "artifactChanges": changes,
        "properties": { "applicability": fix.applicability.name() },
    })
}

const fn level(severity: Severity) -> &'static str {
    severity.name()
}

/// Adds a member to an object.
fn put(object: &mut Value, key: &str, value: Value) {
    if let Value::Object(members) = object {
        members.insert(key.to_owned(), value);
    }
}

/// 3.4.3: a relative URI reference made of a path. RFC 3986 section 3.3 says what a path may hold; a first segment
/// with a colon would read as a scheme.
fn uri(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    if path.split('/').next().is_some_and(|first| first.contains(':')) && !path.starts_with("std:") {
        text.push_str("./");
    }
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b':' | b'@' | b'+' | b',' => {
                text.push(char::from(byte));
            }
            b'\\' => text.push('/'),
            // Writing to a string cannot fail.
            byte => _ = write!(text, "%{byte:02X}"),
        }
    }
    text
}
