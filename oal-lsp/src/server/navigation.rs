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
    Range, ReferenceParams, TextDocumentPositionParams,
};

use super::everywhere::{everywhere, places};
use super::view::{Held, View};
use crate::convert;
use crate::file::File;
use crate::ide::definition::{self, Targets};
use crate::ide::hover;
use crate::ide::references::{self, Use};
use crate::key;
use crate::program::Program;

/// The programs that a document is judged by, as far as they are asked for. A file of the built-in library is in all of them.
pub(super) fn holding<'a>(view: &'a View, file: &'a File) -> impl Iterator<Item = Held> + 'a {
    let is_std = file.key.starts_with(key::STD);
    let own = if is_std { Vec::new() } else { view.programs(file) };
    let all = is_std.then(|| view.all_programs()).into_iter().flatten();
    own.into_iter().chain(all.filter_map(|program| program.id(&file.key).map(|id| Held { program, id })))
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
    let mut answers = holding(view, &file).filter_map(|held| {
        let found = answer(&held.program.checked, held.id, offset)?;
        Some((held.program, found))
    });
    let found = answers.next();
    drop(answers);
    Ok(found.map(|(program, found)| (program, file, found)))
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
    let origin = view.range(&file, found.origin);
    Ok(Some(response(view, capability, origin, vec![(program, found)])))
}

/// What programs have found, each place once.
fn response(
    view: &View,
    capability: Option<GotoCapability>,
    origin: Range,
    found: Vec<(Arc<Program>, Targets)>,
) -> GotoDefinitionResponse {
    let mut seen = BTreeSet::new();
    let all = found.iter().flat_map(|(program, found)| found.targets.iter().map(move |target| (program, target)));
    let once =
        all.filter(|(program, target)| seen.insert((program.file(target.name.file).key.clone(), target.name.span)));
    if capability.and_then(|capability| capability.link_support) == Some(true) {
        let link = |(program, target): (&Arc<Program>, &definition::Target)| {
            let to = program.file(target.name.file);
            Some(LocationLink {
                origin_selection_range: Some(origin),
                target_uri: convert::uri(&to)?,
                target_range: view.range(&to, target.full),
                target_selection_range: view.range(&to, target.name.span),
            })
        };
        return GotoDefinitionResponse::Link(once.filter_map(link).collect());
    }
    let place = |(program, target): (&Arc<Program>, &definition::Target)| {
        view.location(program, target.name.file, target.name.span)
    };
    GotoDefinitionResponse::Array(once.filter_map(place).collect())
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
    let (file, offset) = view.place(&params.text_document_position_params)?;
    let (mut all, mut origin) = (Vec::new(), None);
    everywhere(view, &file, offset, |program, id, at| {
        if let Some(found) = definition::implementation(&program.checked, id, at) {
            origin.get_or_insert(found.origin);
            all.push((Arc::clone(program), found));
        }
        Ok(places(&program.checked, id, at))
    })?;
    Ok(origin.map(|origin| response(view, capability, view.range(&file, origin), all)))
}

/// `textDocument/references`: of all programs in which the name stands.
pub(super) fn references(view: &View, params: ReferenceParams) -> Result<Option<Vec<Location>>> {
    uses(view, &params.text_document_position, params.context.include_declaration)
}

/// Where a name stands, in all programs; its declaration only where wanted.
pub(super) fn uses(view: &View, at: &TextDocumentPositionParams, declaration: bool) -> Result<Option<Vec<Location>>> {
    let (file, offset) = view.place(at)?;
    let mut found: Option<Vec<Location>> = None;
    everywhere(view, &file, offset, |program, id, at| {
        if let Some(places) = references::references(&program.checked, id, at, declaration) {
            found.get_or_insert_default().extend(locations(view, program, &places));
        }
        Ok(places(&program.checked, id, at))
    })?;
    Ok(found.map(distinct))
}

/// Places of a program.
fn locations(view: &View, program: &Program, places: &[Place]) -> Vec<Location> {
    places.iter().filter_map(|place| view.location(program, place.file, place.span)).collect()
}

/// Each place once, in order.
fn distinct(mut locations: Vec<Location>) -> Vec<Location> {
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
