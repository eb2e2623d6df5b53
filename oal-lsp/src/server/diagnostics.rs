//! Diagnostics that the client asks for.

use std::collections::HashMap;
use std::sync::Arc;

use oal_check::Severity;
use oal_syntax::FileId;
use serde_json::json;
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::ls_types::{
    Diagnostic, DocumentDiagnosticParams, DocumentDiagnosticReport, DocumentDiagnosticReportKind,
    DocumentDiagnosticReportResult, FullDocumentDiagnosticReport, RelatedFullDocumentDiagnosticReport,
    RelatedUnchangedDocumentDiagnosticReport, UnchangedDocumentDiagnosticReport, Uri, WorkspaceDiagnosticParams,
    WorkspaceDiagnosticReport, WorkspaceDiagnosticReportResult, WorkspaceDocumentDiagnosticReport,
    WorkspaceFullDocumentDiagnosticReport, WorkspaceUnchangedDocumentDiagnosticReport,
};

use super::View;
use super::progress::Work;
use crate::convert;
use crate::convert::diagnostics::{all, result_id};
use crate::findings::Findings;
use crate::key::{self, Key};
use crate::snapshot::lock;

/// What is wrong with a document.
fn diagnostics(view: &View, key: &Key) -> Vec<Diagnostic> {
    all(&Findings::of(&view.snapshot, key), view.session.encoding, view.session.shows())
}

/// `textDocument/diagnostic`. Of a document that is not known nothing is wrong: clients ask before they open and after they
/// close.
pub(super) fn document(view: &View, params: DocumentDiagnosticParams) -> Result<DocumentDiagnosticReportResult> {
    let key = key::of_uri(params.text_document.uri.as_str());
    let items = if key.starts_with(key::STD) { Vec::new() } else { diagnostics(view, &key) };
    let related_documents = related(view, &key);
    let result_id = result_id(&items);
    if params.previous_result_id.as_ref() == Some(&result_id) {
        let unchanged_document_diagnostic_report = UnchangedDocumentDiagnosticReport { result_id };
        let report =
            RelatedUnchangedDocumentDiagnosticReport { related_documents, unchanged_document_diagnostic_report };
        return Ok(DocumentDiagnosticReport::Unchanged(report).into());
    }
    let full_document_diagnostic_report = FullDocumentDiagnosticReport { result_id: Some(result_id), items };
    let report = RelatedFullDocumentDiagnosticReport { related_documents, full_document_diagnostic_report };
    let put = view.put(DocumentDiagnosticReport::Full(report));
    // Where it is on its way already, this stays here.
    Ok(put.unwrap_or_else(|| DocumentDiagnosticReport::Full(RelatedFullDocumentDiagnosticReport::default())).into())
}

/// What is wrong with the closed documents of the same programs, where that is not what the client was told before: the open ones
/// are asked for by themselves. Where there is only advice, nothing is said of a closed document.
fn related(view: &View, key: &Key) -> Option<HashMap<Uri, DocumentDiagnosticReportKind>> {
    let document = view.session.client.text_document.as_ref()?;
    if document.diagnostic.as_ref()?.related_document_support != Some(true) {
        return None;
    }
    let (mut others, mut new) = (HashMap::new(), Vec::new());
    for held in view.programs(view.snapshot.file(key)?.as_ref()) {
        let found = held.program.checked.diagnostics().iter().filter(|found| found.severity != Severity::Note);
        let mut wrong: Vec<FileId> = found.map(|found| found.primary.file).collect();
        wrong.dedup();
        for (id, file) in (0..).map(FileId).zip(held.program.files()) {
            let told = lock(&view.session.related).get(&file.key).cloned();
            if id == held.id || file.version().is_some() || told.is_none() && !wrong.contains(&id) {
                continue;
            }
            let items = diagnostics(view, &file.key);
            let result_id = result_id(&items);
            if told.as_ref() != Some(&result_id) {
                new.push((file.key.clone(), result_id.clone()));
                let report = FullDocumentDiagnosticReport { result_id: Some(result_id), items };
                others.extend(convert::uri(file).map(|uri| (uri, report.into())));
            }
        }
    }
    let session = Arc::clone(&view.session);
    view.reply.when_sent(move || lock(&session.related).extend(new));
    (!others.is_empty()).then_some(others)
}

/// `workspace/diagnostic`: what is wrong with every document of a program, and what no longer is.
pub(super) fn workspace(view: &View, params: WorkspaceDiagnosticParams) -> Result<WorkspaceDiagnosticReportResult> {
    let previous = params.previous_result_ids.into_iter().map(|id| (key::of_uri(id.uri.as_str()), (id.uri, id.value)));
    let mut previous: HashMap<Key, (Uri, String)> = previous.collect();
    let mut items = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    let programs = view.snapshot.roots().len();
    let mut work = Work::new(&view.server, "diagnostics", "Checking OAL programs");
    for (done, program) in view.all_programs().enumerate() {
        if !work.goes_on(|| format!("{done} of {programs}")) {
            return Err(left());
        }
        for file in program.files().iter().filter(|file| file.exists()) {
            if !seen.insert(file.key.clone()) {
                continue;
            }
            let Some(uri) = convert::uri(file) else { continue };
            let version = file.version().map(i64::from);
            let found = diagnostics(view, &file.key);
            let result_id = result_id(&found);
            items.push(match previous.remove(&file.key) {
                Some((_, known)) if known == result_id => {
                    let unchanged_document_diagnostic_report = UnchangedDocumentDiagnosticReport { result_id };
                    WorkspaceUnchangedDocumentDiagnosticReport { uri, version, unchanged_document_diagnostic_report }
                        .into()
                }
                None if found.is_empty() => continue,
                _ => full(uri, version, found, result_id),
            });
        }
    }
    for (uri, _) in previous.into_values() {
        items.push(full(uri, None, Vec::new(), result_id(&[])));
    }
    Ok(WorkspaceDiagnosticReportResult::Report(WorkspaceDiagnosticReport { items }))
}

/// A person has said that the workspace is not to be checked now.
fn left() -> Error {
    // LSP 3.17, `ServerCancelled` with `DiagnosticServerCancellationData`.
    let data = Some(json!({ "retriggerRequest": false }));
    Error { code: ErrorCode::ServerError(-32802), message: "left, as was asked".into(), data }
}

fn full(
    uri: Uri,
    version: Option<i64>,
    items: Vec<Diagnostic>,
    result_id: String,
) -> WorkspaceDocumentDiagnosticReport {
    let full_document_diagnostic_report = FullDocumentDiagnosticReport { result_id: Some(result_id), items };
    WorkspaceFullDocumentDiagnosticReport { uri, version, full_document_diagnostic_report }.into()
}
