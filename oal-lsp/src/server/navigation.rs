//! From names to words, declarations and uses.

use std::collections::BTreeSet;
use std::sync::Arc;

use oal_check::Checked;
use oal_check::program::Place;
use oal_syntax::FileId;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::request::{
    GotoDeclarationParams, GotoDeclarationResponse, GotoImplementationParams, GotoImplementationResponse,
    GotoTypeDefinitionParams, GotoTypeDefinitionResponse,
};
use tower_lsp::ls_types::{
    DocumentHighlight, DocumentHighlightKind, DocumentHighlightParams, GotoCapability, GotoDefinitionParams,
    GotoDefinitionResponse, Hover, HoverContents, HoverParams, Location, LocationLink, MarkupContent, MarkupKind,
    ReferenceParams, TextDocumentPositionParams,
};

use super::view::{Held, View};
use crate::convert;
use crate::file::File;
use crate::ide::definition::{self, Targets};
use crate::ide::hover;
use crate::ide::references::{self, Use};
use crate::key;
use crate::program::Program;

/// The programs that hold a document. A file of the built-in library is in all of them.
pub(super) fn holding(view: &View, file: &File) -> Vec<Held> {
    if !file.key.starts_with(key::STD) {
        return view.programs(file);
    }
    view.all_programs().filter_map(|program| program.id(&file.key).map(|id| Held { program, id })).collect()
}

/// An answer of a program about a document.
pub(super) type Answer<T> = (Arc<Program>, Arc<File>, T);

/// The first program that has an answer, and the answer.
pub(super) fn first<T>(
    view: &View,
    at: &TextDocumentPositionParams,
    answer: impl Fn(&Checked, FileId, u32) -> Option<T>,
) -> Result<Option<Answer<T>>> {
    let (file, offset) = view.place(at)?;
    for held in holding(view, &file) {
        if let Some(found) = answer(&held.program.checked, held.id, offset) {
            return Ok(Some((held.program, file, found)));
        }
    }
    Ok(None)
}

/// `textDocument/hover`
pub(super) fn hover(view: &View, params: HoverParams) -> Result<Option<Hover>> {
    let found = first(view, &params.text_document_position_params, hover::hover)?;
    let capability = view.session.client.text_document.as_ref().and_then(|document| document.hover.as_ref());
    let formats = capability.and_then(|hover| hover.content_format.as_ref());
    let plain = formats.is_some_and(|formats| !formats.contains(&MarkupKind::Markdown));
    Ok(found.map(|(_, file, found)| {
        let (kind, value) = if plain {
            (MarkupKind::PlainText, plain_text(&found.markdown))
        } else {
            (MarkupKind::Markdown, found.markdown)
        };
        Hover {
            contents: HoverContents::Markup(MarkupContent { kind, value }),
            range: Some(view.range(&file, found.span)),
        }
    }))
}

/// Markdown for clients that show none: without fences and marks.
fn plain_text(markdown: &str) -> String {
    let lines = markdown.lines().filter(|line| !line.starts_with("```") && !line.starts_with("| ---"));
    lines.map(|line| line.replace('`', "")).collect::<Vec<_>>().join("\n")
}

type Find = fn(&Checked, FileId, u32) -> Option<Targets>;

fn goto(
    view: &View,
    at: &TextDocumentPositionParams,
    capability: Option<GotoCapability>,
    find: Find,
) -> Result<Option<GotoDefinitionResponse>> {
    let Some((program, file, found)) = first(view, at, find)? else { return Ok(None) };
    let links = capability.and_then(|capability| capability.link_support) == Some(true);
    if links {
        let origin = view.range(&file, found.origin);
        let link = |target: &definition::Target| {
            let to = program.file(target.name.file);
            Some(LocationLink {
                origin_selection_range: Some(origin),
                target_uri: convert::uri(&to)?,
                target_range: view.range(&to, target.full),
                target_selection_range: view.range(&to, target.name.span),
            })
        };
        return Ok(Some(GotoDefinitionResponse::Link(found.targets.iter().filter_map(link).collect())));
    }
    let places = found.targets.iter();
    let places = places.filter_map(|target| view.location(&program, target.name.file, target.name.span)).collect();
    Ok(Some(GotoDefinitionResponse::Array(places)))
}

macro_rules! capability {
    ($view:ident, $name:ident) => {
        $view.session.client.text_document.as_ref().and_then(|document| document.$name)
    };
}

/// `textDocument/definition`
pub(super) fn definition(view: &View, params: GotoDefinitionParams) -> Result<Option<GotoDefinitionResponse>> {
    let capability = capability!(view, definition);
    goto(view, &params.text_document_position_params, capability, definition::definition)
}

/// `textDocument/declaration`
pub(super) fn declaration(view: &View, params: GotoDeclarationParams) -> Result<Option<GotoDeclarationResponse>> {
    let capability = capability!(view, declaration);
    goto(view, &params.text_document_position_params, capability, definition::declaration)
}

/// `textDocument/typeDefinition`
pub(super) fn type_definition(
    view: &View,
    params: GotoTypeDefinitionParams,
) -> Result<Option<GotoTypeDefinitionResponse>> {
    let capability = capability!(view, type_definition);
    goto(view, &params.text_document_position_params, capability, definition::type_definition)
}

/// `textDocument/implementation`
pub(super) fn implementation(
    view: &View,
    params: GotoImplementationParams,
) -> Result<Option<GotoImplementationResponse>> {
    let capability = capability!(view, implementation);
    goto(view, &params.text_document_position_params, capability, definition::implementation)
}

/// `textDocument/references`: of all programs that hold the document.
pub(super) fn references(view: &View, params: ReferenceParams) -> Result<Option<Vec<Location>>> {
    let (file, offset) = view.place(&params.text_document_position)?;
    let declaration = params.context.include_declaration;
    let mut found: Option<Vec<Location>> = None;
    for held in holding(view, &file) {
        if view.cancelled.is() {
            break;
        }
        if let Some(places) = references::references(&held.program.checked, held.id, offset, declaration) {
            found.get_or_insert_default().extend(locations(view, &held.program, &places));
        }
    }
    Ok(found.map(distinct))
}

/// Places of a program.
pub(super) fn locations(view: &View, program: &Program, places: &[Place]) -> Vec<Location> {
    places.iter().filter_map(|place| view.location(program, place.file, place.span)).collect()
}

/// Each place once, in order.
pub(super) fn distinct(mut locations: Vec<Location>) -> Vec<Location> {
    let mut seen = BTreeSet::new();
    locations.retain(|one| {
        seen.insert((one.uri.as_str().to_owned(), one.range.start.line, one.range.start.character, one.range.end.line))
    });
    locations
}

/// `textDocument/documentHighlight`
pub(super) fn highlights(view: &View, params: DocumentHighlightParams) -> Result<Option<Vec<DocumentHighlight>>> {
    let found = first(view, &params.text_document_position_params, references::highlights)?;
    Ok(found.map(|(_, file, found)| {
        let one = |(span, how)| DocumentHighlight {
            range: view.range(&file, span),
            kind: Some(match how {
                Use::Read => DocumentHighlightKind::READ,
                Use::Write => DocumentHighlightKind::WRITE,
            }),
        };
        found.into_iter().map(one).collect()
    }))
}
