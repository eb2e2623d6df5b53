//! Outlines of documents, and names of the whole workspace.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{
    DocumentSymbolParams, DocumentSymbolResponse, Location, OneOf, Range, SymbolInformation, SymbolKind,
    WorkspaceSymbol, WorkspaceSymbolParams, WorkspaceSymbolResponse,
};

use super::View;
use crate::convert;
use crate::file::File;
use crate::ide::document_symbols::{Outline, Shape, symbols};
use crate::ide::workspace_symbols::{self, Found};
use crate::key::Key;

/// So many symbols of a workspace are enough: who wants others types more letters.
const MOST: usize = 400;

/// How the protocol's list of kinds calls ours.
fn kind(shape: Shape) -> SymbolKind {
    match shape {
        Shape::App => SymbolKind::PACKAGE,
        Shape::Environment => SymbolKind::NAMESPACE,
        Shape::Param | Shape::Let => SymbolKind::VARIABLE,
        Shape::Type => SymbolKind::ENUM,
        Shape::Variant => SymbolKind::ENUM_MEMBER,
        Shape::Kind => SymbolKind::CLASS,
        Shape::Field => SymbolKind::FIELD,
        Shape::Output => SymbolKind::PROPERTY,
        Shape::Component => SymbolKind::OBJECT,
        Shape::Entry => SymbolKind::KEY,
    }
}

/// `textDocument/documentSymbol`
pub(super) fn document(view: &View, params: DocumentSymbolParams) -> Result<Option<DocumentSymbolResponse>> {
    let file = view.file(&params.text_document.uri)?;
    let found = symbols(file.text(), file.parse());
    let capability = view.session.client.text_document.as_ref().and_then(|document| document.document_symbol.as_ref());
    if capability.and_then(|symbols| symbols.hierarchical_document_symbol_support) == Some(true) {
        let mut json = Vec::new();
        write_all(view, &file, &found, &mut json);
        view.reply.put(json);
        return Ok(None);
    }
    let mut flat = Vec::new();
    for one in found {
        flatten(view, &file, one, None, &mut flat);
    }
    Ok(Some(DocumentSymbolResponse::Flat(flat)))
}

/// Writes a list of `DocumentSymbol`s (LSP 3.17): there are thousands of them, which all go out again with each key.
fn write_all(view: &View, file: &File, all: &[Outline], json: &mut Vec<u8>) {
    json.push(b'[');
    for (at, one) in all.iter().enumerate() {
        if at > 0 {
            json.push(b',');
        }
        write_one(view, file, one, json);
    }
    json.push(b']');
}

// Writing into memory, and words and numbers as JSON, does not fail.
fn write_one(view: &View, file: &File, one: &Outline, json: &mut Vec<u8>) {
    json.extend_from_slice(b"{\"name\":");
    let _ = serde_json::to_writer(&mut *json, &one.name);
    if !one.detail.is_empty() {
        json.extend_from_slice(b",\"detail\":");
        let _ = serde_json::to_writer(&mut *json, &one.detail);
    }
    json.extend_from_slice(b",\"kind\":");
    let _ = serde_json::to_writer(&mut *json, &kind(one.shape));
    for (name, span) in [("range", one.span), ("selectionRange", one.name_span)] {
        let Range { start, end } = view.range(file, span);
        let _ = write!(
            json,
            r#","{name}":{{"start":{{"line":{},"character":{}}},"end":{{"line":{},"character":{}}}}}"#,
            start.line, start.character, end.line, end.character
        );
    }
    if !one.children.is_empty() {
        json.extend_from_slice(b",\"children\":");
        write_all(view, file, &one.children, json);
    }
    json.push(b'}');
}

#[expect(deprecated, reason = "the field has to be filled in")]
fn flatten(view: &View, file: &File, one: Outline, container: Option<&str>, into: &mut Vec<SymbolInformation>) {
    let Some(uri) = convert::uri(file) else { return };
    let name = one.name;
    into.push(SymbolInformation {
        name: name.clone(),
        kind: kind(one.shape),
        tags: None,
        deprecated: None,
        location: Location { uri, range: view.range(file, one.span) },
        container_name: container.map(str::to_owned),
    });
    for child in one.children {
        flatten(view, file, child, Some(&name), into);
    }
}

/// `workspace/symbol`: of all files of all programs, and of what is open.
pub(super) fn workspace(view: &View, params: WorkspaceSymbolParams) -> Result<Option<WorkspaceSymbolResponse>> {
    let mut files: BTreeMap<Key, Arc<File>> = BTreeMap::new();
    for program in view.all_programs() {
        files.extend(program.files().iter().map(|file| (Arc::clone(&file.key), Arc::clone(file))));
    }
    files.extend(view.snapshot.open.iter().map(|(key, file)| (Arc::clone(key), Arc::clone(file))));
    let mut found: Vec<(Found, &Arc<File>)> = Vec::new();
    for file in files.values() {
        if view.cancelled.is() {
            break;
        }
        let mut own = Vec::new();
        workspace_symbols::matching(file.text(), file.parse(), &params.query, &mut own);
        found.extend(own.into_iter().map(|one| (one, file)));
    }
    found.sort_by(|(one, one_file), (other, other_file)| {
        let order = |one: &Found, file: &File| (Reverse(one.score), one.name.clone(), file.uri.clone(), one.span);
        order(one, one_file).cmp(&order(other, other_file))
    });
    found.truncate(MOST);
    let symbols = found.into_iter().filter_map(|(one, file)| {
        Some(WorkspaceSymbol {
            name: one.name,
            kind: kind(one.shape),
            tags: None,
            container_name: (!one.container.is_empty()).then_some(one.container),
            location: OneOf::Left(Location { uri: convert::uri(file)?, range: view.range(file, one.span) }),
            data: None,
        })
    });
    Ok(Some(WorkspaceSymbolResponse::Nested(symbols.collect())))
}
