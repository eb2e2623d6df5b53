//! Findings for programs: the versioned JSON form. Its schema is `oal-check/docs/diagnostics.schema.json`.

use oal_syntax::{FileId, Span};
use serde::Serialize;

use super::plain::Counts;
use super::sources::{Places, Position, Sources};
use super::{Diagnostic, Label};

/// The version of the JSON form. It grows by optional fields only; anything else is a new number.
pub const VERSION: u32 = 1;

/// The JSON Schema of the JSON form, for `oal schema diagnostics`.
pub const SCHEMA: &str = include_str!("../../docs/diagnostics.schema.json");

/// All findings as one JSON document, ended by a line feed.
#[must_use]
pub fn json(diagnostics: &[Diagnostic], sources: &dyn Sources) -> String {
    let mut places = Places::new(sources);
    let report = Report {
        oal_diagnostics: VERSION,
        diagnostics: diagnostics.iter().map(|diagnostic| finding(&mut places, diagnostic)).collect(),
        counts: Counts::of(diagnostics),
    };
    pretty(&report)
}

/// Pretty JSON with a line feed at its end. The documents here hold nothing that serde could refuse.
pub(super) fn pretty(document: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Report<'a> {
    oal_diagnostics: u32,
    diagnostics: Vec<Finding<'a>>,
    counts: Counts,
}

#[derive(Serialize)]
struct Finding<'a> {
    code: &'static str,
    slug: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    lint: Option<&'static str>,
    severity: &'static str,
    message: &'a str,
    primary: Place<'a>,
    secondary: Vec<Place<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    notes: &'a [String],
    fixes: Vec<Change<'a>>,
    environments: &'a [String],
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    bytes: Bytes,
    start: Point,
    end: Point,
    #[serde(skip_serializing_if = "str::is_empty")]
    message: &'a str,
}

#[derive(Serialize)]
struct Bytes {
    start: u32,
    end: u32,
}

#[derive(Serialize)]
struct Point {
    line: u32,
    column: u32,
    utf16: u32,
}

#[derive(Serialize)]
struct Change<'a> {
    title: &'a str,
    applicability: &'static str,
    edits: Vec<Replacement<'a>>,
}

#[derive(Serialize)]
struct Replacement<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    text: &'a str,
}

fn finding<'a>(places: &mut Places<'a>, diagnostic: &'a Diagnostic) -> Finding<'a> {
    let mut label = |label: &'a Label| place(places, label.file, label.span, &label.message);
    let primary = label(&diagnostic.primary);
    let secondary = diagnostic.secondary.iter().map(label).collect();
    let fixes = diagnostic.fixes.iter().map(|fix| Change {
        title: &fix.title,
        applicability: fix.applicability.name(),
        edits: fix
            .edits
            .iter()
            .map(|edit| Replacement { place: place(places, edit.file, edit.span, ""), text: &edit.text })
            .collect(),
    });
    Finding {
        code: diagnostic.code.id,
        slug: diagnostic.code.slug,
        lint: diagnostic.code.lint,
        severity: diagnostic.severity.name(),
        message: &diagnostic.message,
        primary,
        secondary,
        help: diagnostic.help.as_deref(),
        notes: &diagnostic.notes,
        fixes: fixes.collect(),
        environments: &diagnostic.environments,
    }
}

fn place<'a>(places: &mut Places<'a>, file: FileId, span: Span, message: &'a str) -> Place<'a> {
    let point = |at: Position| Point { line: at.line, column: at.column, utf16: at.utf16 };
    let (start, end) = places.range(file, span);
    Place {
        file: places.name(file),
        bytes: Bytes { start: span.start, end: span.end },
        start: point(start),
        end: point(end),
        message,
    }
}
