//! Kinds and what extends them; declarations and what uses them.

use std::sync::Arc;

use oal_check::Checked;
use oal_check::program::{DefKind, Place};
use oal_check::query::Symbol;
use oal_syntax::FileId;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{
    CallHierarchyIncomingCall, CallHierarchyIncomingCallsParams, CallHierarchyItem, CallHierarchyOutgoingCall,
    CallHierarchyOutgoingCallsParams, CallHierarchyPrepareParams, Range, SymbolKind, TextDocumentIdentifier,
    TextDocumentPositionParams, TypeHierarchyItem, TypeHierarchyPrepareParams, TypeHierarchySubtypesParams,
    TypeHierarchySupertypesParams, Uri,
};

use super::View;
use super::everywhere::{everywhere, places};
use super::navigation::first;
use crate::convert;
use crate::ide::hierarchy::{self, Call, Node};
use crate::program::Program;

fn symbol_kind(checked: &Checked, symbol: &Symbol) -> SymbolKind {
    match *symbol {
        Symbol::Def(def) => match checked.program().def(def).map(|info| info.kind) {
            Some(DefKind::Kind) => SymbolKind::CLASS,
            Some(DefKind::Type) => SymbolKind::ENUM,
            Some(DefKind::Component) => SymbolKind::OBJECT,
            _ => SymbolKind::VARIABLE,
        },
        Symbol::Nested(..) => SymbolKind::OBJECT,
        Symbol::App => SymbolKind::PACKAGE,
        _ => SymbolKind::NAMESPACE,
    }
}

fn call_item(view: &View, program: &Program, node: Node) -> Option<CallHierarchyItem> {
    let file = program.file(node.target.name.file);
    Some(CallHierarchyItem {
        kind: symbol_kind(&program.checked, &node.symbol),
        name: node.name,
        tags: None,
        detail: Some(node.detail),
        uri: convert::uri(&file)?,
        range: view.range(&file, node.target.full),
        selection_range: view.range(&file, node.target.name.span),
        data: None,
    })
}

/// The same in the other hierarchy, whose items have the same fields.
fn type_item(view: &View, program: &Program, node: Node) -> Option<TypeHierarchyItem> {
    let CallHierarchyItem { name, kind, detail, uri, range, selection_range, data, .. } =
        call_item(view, program, node)?;
    Some(TypeHierarchyItem { name, kind, tags: None, detail, uri, range, selection_range, data })
}

/// `textDocument/prepareTypeHierarchy`
pub(super) fn prepare_types(view: &View, params: TypeHierarchyPrepareParams) -> Result<Option<Vec<TypeHierarchyItem>>> {
    let found = first(view, &params.text_document_position_params, hierarchy::kind_at)?;
    Ok(found.and_then(|(program, _, node)| Some(vec![type_item(view, &program, node)?])))
}

/// The nodes beside one, in all programs in which it stands, each once; `None` where there is no such node.
fn beside<N>(
    view: &View,
    (uri, range): (&Uri, Range),
    find: fn(&Checked, FileId, u32) -> Option<Node>,
    next: fn(&Checked, &Symbol) -> Vec<N>,
    mut each: impl FnMut(&Arc<Program>, N),
) -> Result<bool> {
    let text_document = TextDocumentIdentifier { uri: uri.clone() };
    let (file, offset) = view.place(&TextDocumentPositionParams { text_document, position: range.start })?;
    let mut is_one = false;
    everywhere(view, &file, offset, |program, id, at| {
        if let Some(node) = find(&program.checked, id, at) {
            is_one = true;
            next(&program.checked, &node.symbol).into_iter().for_each(|next| each(program, next));
        }
        Ok(places(&program.checked, id, at))
    })?;
    Ok(is_one)
}

fn types(
    view: &View,
    item: &TypeHierarchyItem,
    next: fn(&Checked, &Symbol) -> Vec<Node>,
) -> Result<Option<Vec<TypeHierarchyItem>>> {
    let mut found: Vec<TypeHierarchyItem> = Vec::new();
    let is_one = beside(view, (&item.uri, item.selection_range), hierarchy::kind_at, next, |program, node| {
        found.extend(type_item(view, program, node).filter(|item| !found.contains(item)));
    })?;
    Ok(is_one.then_some(found))
}

/// `typeHierarchy/supertypes`
pub(super) fn supertypes(view: &View, params: TypeHierarchySupertypesParams) -> Result<Option<Vec<TypeHierarchyItem>>> {
    types(view, &params.item, hierarchy::supertypes)
}

/// `typeHierarchy/subtypes`
pub(super) fn subtypes(view: &View, params: TypeHierarchySubtypesParams) -> Result<Option<Vec<TypeHierarchyItem>>> {
    types(view, &params.item, hierarchy::subtypes)
}

/// `textDocument/prepareCallHierarchy`
pub(super) fn prepare_calls(view: &View, params: CallHierarchyPrepareParams) -> Result<Option<Vec<CallHierarchyItem>>> {
    let found = first(view, &params.text_document_position_params, hierarchy::used_at)?;
    Ok(found.and_then(|(program, _, node)| Some(vec![call_item(view, &program, node)?])))
}

type Calls = Vec<(CallHierarchyItem, Vec<Range>)>;

fn calls(view: &View, item: &CallHierarchyItem, next: fn(&Checked, &Symbol) -> Vec<Call>) -> Result<Option<Calls>> {
    let mut found: Calls = Vec::new();
    let is_one = beside(view, (&item.uri, item.selection_range), hierarchy::used_at, next, |program, call: Call| {
        let range = |place: &Place| view.range(&program.file(place.file), place.span);
        let ranges = call.places.iter().map(range);
        let Some(item) = call_item(view, program, call.node) else { return };
        match found.iter_mut().find(|(known, _)| *known == item) {
            Some((_, known)) => {
                let new: Vec<Range> = ranges.filter(|range| !known.contains(range)).collect();
                known.extend(new);
            }
            None => found.push((item, ranges.collect())),
        }
    })?;
    Ok(is_one.then_some(found))
}

/// `callHierarchy/incomingCalls`
pub(super) fn incoming(
    view: &View,
    params: CallHierarchyIncomingCallsParams,
) -> Result<Option<Vec<CallHierarchyIncomingCall>>> {
    let one = |(from, from_ranges)| CallHierarchyIncomingCall { from, from_ranges };
    Ok(calls(view, &params.item, hierarchy::incoming)?.map(|calls| calls.into_iter().map(one).collect()))
}

/// `callHierarchy/outgoingCalls`
pub(super) fn outgoing(
    view: &View,
    params: CallHierarchyOutgoingCallsParams,
) -> Result<Option<Vec<CallHierarchyOutgoingCall>>> {
    let one = |(to, from_ranges)| CallHierarchyOutgoingCall { to, from_ranges };
    Ok(calls(view, &params.item, hierarchy::outgoing)?.map(|calls| calls.into_iter().map(one).collect()))
}
