//! Outlines of documents, and names of the whole workspace.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{
    DocumentSymbolParams, DocumentSymbolResponse, Location, OneOf, Range, SymbolKind, WorkspaceSymbol,
    WorkspaceSymbolParams, WorkspaceSymbolResponse,
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
    let mut json = Vec::new();
    if capability.and_then(|symbols| symbols.hierarchical_document_symbol_support) == Some(true) {
        write_nested(view, &file, &found, &mut json);
    } else {
        json.push(b'[');
        write_flat(view, &file, &found, None, &mut json);
        json.push(b']');
    }
    view.reply.put(json);
    Ok(None)
}

/// Writes a list of `DocumentSymbol`s (LSP 3.17): there are thousands of them, which all go out again with each key.
fn write_nested(view: &View, file: &File, all: &[Outline], json: &mut Vec<u8>) {
    json.push(b'[');
    for one in all {
        open(one, json);
        if !one.detail.is_empty() {
            write_text("detail", &one.detail, json);
        }
        json.push(b',');
        write_range("range", view.range(file, one.span), json);
        json.push(b',');
        write_range("selectionRange", view.range(file, one.name_span), json);
        if !one.children.is_empty() {
            json.extend_from_slice(b",\"children\":");
            write_nested(view, file, &one.children, json);
        }
        json.push(b'}');
    }
    json.push(b']');
}

/// Writes the members of a list of `SymbolInformation`s (LSP 3.17), for clients that know no other outlines.
fn write_flat(view: &View, file: &File, all: &[Outline], container: Option<&str>, json: &mut Vec<u8>) {
    for one in all {
        open(one, json);
        json.extend_from_slice(b",\"location\":{");
        write_range("range", view.range(file, one.span), json);
        write_text("uri", &file.uri, json);
        json.push(b'}');
        if let Some(container) = container {
            write_text("containerName", container, json);
        }
        json.push(b'}');
        write_flat(view, file, &one.children, Some(&one.name), json);
    }
}

/// Opens one more object in a list, with what both forms say first.
fn open(one: &Outline, json: &mut Vec<u8>) {
    if json.last() != Some(&b'[') {
        json.push(b',');
    }
    // Writing into memory, and words and numbers as JSON, does not fail; here and below.
    json.extend_from_slice(b"{\"kind\":");
    let _ = serde_json::to_writer(&mut *json, &kind(one.shape));
    write_text("name", &one.name, json);
}

/// Writes one more member of an object.
fn write_text(name: &str, text: &str, json: &mut Vec<u8>) {
    let _ = write!(json, ",\"{name}\":");
    let _ = serde_json::to_writer(json, text);
}

fn write_range(name: &str, Range { start, end }: Range, json: &mut Vec<u8>) {
    let _ = write!(
        json,
        r#""{name}":{{"start":{{"line":{},"character":{}}},"end":{{"line":{},"character":{}}}}}"#,
        start.line, start.character, end.line, end.character
    );
}

/// `workspace/symbol`: of all files of all programs, and of what is open.
pub(super) fn workspace(view: &View, params: WorkspaceSymbolParams) -> Result<Option<WorkspaceSymbolResponse>> {
    let mut files: BTreeMap<Key, Arc<File>> = BTreeMap::new();
    for program in view.whole_workspace() {
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
