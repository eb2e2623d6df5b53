//! What helps while writing and needs the text alone, or nearly: formatting, selections, links, linked names.

use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{
    DocumentFormattingParams, DocumentLink, DocumentLinkParams, DocumentOnTypeFormattingParams,
    DocumentRangeFormattingParams, LinkedEditingRangeParams, LinkedEditingRanges, SelectionRange, SelectionRangeParams,
    TextEdit,
};

use super::View;
use crate::file::File;
use crate::ide::format::{self, Change};
use crate::ide::{document_links, linked_editing, on_type, selection};
use crate::key;

fn edits(view: &View, file: &File, changes: Vec<Change>) -> Result<Option<Vec<TextEdit>>> {
    let edit = |change: Change| TextEdit::new(view.range(file, change.span), change.text);
    Ok(Some(changes.into_iter().map(edit).collect()))
}

/// `textDocument/formatting`
pub(super) fn document(view: &View, params: DocumentFormattingParams) -> Result<Option<Vec<TextEdit>>> {
    let file = view.file(&params.text_document.uri)?;
    edits(view, &file, format::document(file.text(), file.parse()))
}

/// `textDocument/rangeFormatting`
pub(super) fn range(view: &View, params: DocumentRangeFormattingParams) -> Result<Option<Vec<TextEdit>>> {
    let file = view.file(&params.text_document.uri)?;
    let span = view.span(&file, params.range);
    edits(view, &file, format::range(file.text(), file.parse(), span))
}

/// `textDocument/onTypeFormatting`
pub(super) fn on_type(view: &View, params: DocumentOnTypeFormattingParams) -> Result<Option<Vec<TextEdit>>> {
    let (file, offset) = view.place(&params.text_document_position)?;
    let changes = match &*params.ch {
        "\n" => on_type::newline(file.text(), file.parse(), offset),
        "}" => on_type::closing_brace(file.text(), file.parse(), offset),
        _ => Vec::new(),
    };
    edits(view, &file, changes)
}

/// `textDocument/selectionRange`
pub(super) fn selections(view: &View, params: SelectionRangeParams) -> Result<Option<Vec<SelectionRange>>> {
    let file = view.file(&params.text_document.uri)?;
    let grow = |position| {
        let offset = view.offset(&file, position);
        let spans = selection::ranges(file.text(), file.parse(), offset);
        let whole = SelectionRange { range: view.range(&file, oal_syntax::Span::empty(offset)), parent: None };
        spans
            .into_iter()
            .rev()
            .fold(None, |parent: Option<Box<SelectionRange>>, span| {
                Some(Box::new(SelectionRange { range: view.range(&file, span), parent }))
            })
            .map_or(whole, |range| *range)
    };
    Ok(Some(params.positions.into_iter().map(grow).collect()))
}

/// `textDocument/documentLink`
pub(super) fn links(view: &View, params: DocumentLinkParams) -> Result<Option<Vec<DocumentLink>>> {
    let file = view.file(&params.text_document.uri)?;
    let Some((directory, _)) = file.key.rsplit_once('/') else { return Ok(None) };
    let link = |link: document_links::Link| {
        let target = match (link.path.strip_prefix("std:"), &link.base) {
            (Some(name), _) => format!("{}{name}", key::STD),
            (None, Some(base)) => key::to_uri(&key::normal(&format!("{directory}/{base}/{}", link.path))),
            (None, None) => key::to_uri(&key::normal(&format!("{directory}/{}", link.path))),
        };
        Some(DocumentLink {
            range: view.range(&file, link.span),
            target: Some(target.parse().ok()?),
            tooltip: None,
            data: None,
        })
    };
    // Absolute paths are those of the container or of another machine.
    let found = document_links::links(file.text(), file.parse()).into_iter().filter(|link| !link.path.starts_with('/'));
    Ok(Some(found.filter_map(link).collect()))
}

/// `textDocument/linkedEditingRange`
pub(super) fn linked(view: &View, params: LinkedEditingRangeParams) -> Result<Option<LinkedEditingRanges>> {
    let (file, offset) = view.place(&params.text_document_position_params)?;
    let programs = view.programs(&file);
    let Some(held) = programs.first() else { return Ok(None) };
    let spans = linked_editing::ranges(&held.program.checked, held.id, offset);
    Ok(spans.map(|spans| LinkedEditingRanges {
        ranges: spans.into_iter().map(|span| view.range(&file, span)).collect(),
        word_pattern: Some(linked_editing::PATTERN.to_owned()),
    }))
}
