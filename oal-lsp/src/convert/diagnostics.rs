//! Findings as the protocol's diagnostics. A diagnostic's `data` has all of a finding that the protocol has no place for.

use std::hash::{Hash, Hasher};

use oal_check::diagnostic::Label;
use oal_check::{Code, Fix, Severity};
use oal_syntax::{FileId, Span};
use rustc_hash::FxHasher;
use serde_json::{Value, json};
use tower_lsp::ls_types::{
    CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, Location,
    NumberOrString,
};

use crate::findings::Findings;
use crate::key;
use crate::library;
use crate::lines::Encoding;

/// What a client can show of a diagnostic.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shows {
    pub(crate) related: bool,
    pub(crate) unnecessary: bool,
    pub(crate) deprecated: bool,
    pub(crate) code_page: bool,
    pub(crate) data: bool,
}

/// The page of a code, among the read-only documents.
pub(crate) fn page(code: &Code) -> String {
    library::uri(&format!("{}errors/{}.md", key::STD, code.id))
}

/// All findings.
pub(crate) fn all(findings: &Findings, encoding: Encoding, shows: Shows) -> Vec<Diagnostic> {
    let convert = Convert { findings, encoding, shows };
    let shown = findings.diagnostics.iter().map(|found| convert.one(found));
    shown.chain(convert.left_out()).collect()
}

/// A name for a list of diagnostics: two lists with the same name are the same.
pub(crate) fn result_id(diagnostics: &[Diagnostic]) -> String {
    let mut hasher = FxHasher::default();
    for found in diagnostics {
        (found.range.start.line, found.range.start.character, found.range.end.line, found.range.end.character)
            .hash(&mut hasher);
        (&found.message, &found.code, found.severity.map(|severity| format!("{severity:?}"))).hash(&mut hasher);
        let related = found.related_information.iter().flatten();
        related.for_each(|other| {
            (other.location.uri.as_str(), &other.message, other.location.range.start.line).hash(&mut hasher)
        });
        found.data.as_ref().map(Value::to_string).hash(&mut hasher);
    }
    format!("{:x}-{}", hasher.finish(), diagnostics.len())
}

struct Convert<'a> {
    findings: &'a Findings,
    encoding: Encoding,
    shows: Shows,
}

impl Convert<'_> {
    fn one(&self, found: &oal_check::Diagnostic) -> Diagnostic {
        let Label { file, span, .. } = found.primary;
        let related = |label: &Label| {
            let location = self.location(label.file, label.span)?;
            Some(DiagnosticRelatedInformation { location, message: label.message.clone() })
        };
        let description = || page(found.code).parse().ok().map(|href| CodeDescription { href });
        let tags = self.tags(found.code);
        Diagnostic {
            range: super::range(&self.findings.file(file), span, self.encoding),
            severity: Some(severity(found)),
            code: Some(NumberOrString::String(found.code.id.to_owned())),
            code_description: if self.shows.code_page { description() } else { None },
            source: Some("oal".to_owned()),
            message: message(found),
            related_information: (self.shows.related && !found.secondary.is_empty())
                .then(|| found.secondary.iter().filter_map(related).collect()),
            tags: (!tags.is_empty()).then_some(tags),
            data: self.shows.data.then(|| self.data(found)),
        }
    }

    /// That there are more findings than those shown.
    fn left_out(&self) -> Option<Diagnostic> {
        let (count, first) = self.findings.left_out?;
        let file = self.findings.file(self.findings.diagnostics.first()?.primary.file);
        let words = if count == 1 { "1 more finding in this file is" } else { "more findings in this file are" };
        let count = if count == 1 { String::new() } else { format!("{count} ") };
        Some(Diagnostic {
            range: super::range(&file, first, self.encoding),
            severity: Some(DiagnosticSeverity::INFORMATION),
            source: Some("oal".to_owned()),
            message: format!("{count}{words} not shown: `oal check` says all"),
            ..Diagnostic::default()
        })
    }

    fn location(&self, id: FileId, span: Span) -> Option<Location> {
        let file = self.findings.file(id);
        Some(Location { uri: super::uri(&file)?, range: super::range(&file, span, self.encoding) })
    }

    fn tags(&self, code: &Code) -> Vec<DiagnosticTag> {
        let mut tags = Vec::new();
        let idle = ["redundant_override", "needless_fallback", "never_present", "import_not_needed"];
        if self.shows.unnecessary && (code.slug.starts_with("unused_") || idle.contains(&code.slug)) {
            tags.push(DiagnosticTag::UNNECESSARY);
        }
        if self.shows.deprecated && code.slug.starts_with("deprecated") {
            tags.push(DiagnosticTag::DEPRECATED);
        }
        tags
    }

    fn data(&self, found: &oal_check::Diagnostic) -> Value {
        let fixes: Vec<Value> = found.fixes.iter().map(|fix| self.fix(fix)).collect();
        let mut data = json!({ "title": found.message });
        let mut put = |name: &str, value: Value| {
            if let (Some(data), false) =
                (data.as_object_mut(), value == json!([]) || value == json!("") || value.is_null())
            {
                data.insert(name.to_owned(), value);
            }
        };
        put("label", json!(found.primary.message));
        put("help", json!(found.help));
        put("notes", json!(found.notes));
        put("environments", json!(found.environments));
        put("lint", json!(found.code.lint));
        put("fixes", json!(fixes));
        data
    }

    fn fix(&self, fix: &Fix) -> Value {
        let edit = |edit: &oal_check::Edit| {
            let place = self.location(edit.file, edit.span)?;
            Some(json!({ "uri": place.uri, "range": place.range, "newText": edit.text }))
        };
        let edits: Vec<Value> = fix.edits.iter().filter_map(edit).collect();
        json!({ "title": fix.title, "applicability": fix.applicability.name(), "edits": edits })
    }
}

fn severity(found: &oal_check::Diagnostic) -> DiagnosticSeverity {
    match found.severity {
        Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warning => DiagnosticSeverity::WARNING,
        Severity::Note if found.code.lint.is_some() => DiagnosticSeverity::HINT,
        Severity::Note => DiagnosticSeverity::INFORMATION,
    }
}

/// The words, in the order in which the command line says them.
fn message(found: &oal_check::Diagnostic) -> String {
    let mut text = found.message.clone();
    let mut line = |start: &str, words: &str| {
        if !words.is_empty() {
            text.push('\n');
            text.push_str(start);
            text.push_str(words);
        }
    };
    line("", &found.primary.message);
    found.notes.iter().for_each(|note| line("note: ", note));
    line("help: ", found.help.as_deref().unwrap_or_default());
    line("in: ", &found.environments.join(", "));
    text
}
