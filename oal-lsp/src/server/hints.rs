//! Lines above declarations and words between words.

use oal_check::Checked;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{
    CodeLens, CodeLensParams, Command, InlayHint, InlayHintKind, InlayHintLabel, InlayHintParams, InlayHintTooltip,
    MarkupContent, MarkupKind, Position, TextDocumentIdentifier, TextDocumentPositionParams, Uri,
};

use super::View;
use super::navigation::{first, holding, uses};
use crate::ide::code_lens::{self, Offers};
use crate::ide::inlay_hints::{self, Says};

// The commands that lines above declarations run: the client's own, as far as it says that it has them.
const SHOW_IR: &str = "oal.showIr";
const SHOW_GRAPH: &str = "oal.showGraph";
const SHOW_REFERENCES: &str = "oal.showReferences";

/// What is kept with a lens or hint until it is looked at.
#[derive(Debug, Serialize, Deserialize)]
struct About {
    uri: Uri,
    position: Position,
    /// Of a hint, what it says.
    says: Option<Says>,
}

impl About {
    fn read(data: Option<&Value>) -> Option<(TextDocumentPositionParams, Option<Says>)> {
        let about: Self = serde_json::from_value(data?.clone()).ok()?;
        let text_document = TextDocumentIdentifier { uri: about.uri };
        Some((TextDocumentPositionParams { text_document, position: about.position }, about.says))
    }
}

/// `textDocument/codeLens`
pub(super) fn lenses(view: &View, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
    let uri = params.text_document.uri;
    let file = view.file(&uri)?;
    let Some(held) = holding(view, &file).next() else { return Ok(None) };
    let can = |command: &str| view.session.commands.iter().any(|known| known == command);
    let lens = |lens: code_lens::Lens| {
        let range = view.range(&file, lens.span);
        let show = |title: String, command: &str, environment: String| {
            let arguments = Some(vec![json!(uri.as_str()), json!(environment)]);
            can(command).then(|| Command { title, command: command.to_owned(), arguments })
        };
        let counted = || json!(About { uri: uri.clone(), position: range.start, says: None });
        let (command, data) = match lens.offers {
            Offers::Ir(environment) => (show(format!("IR of {environment}"), SHOW_IR, environment), None),
            Offers::Graph(environment) => (show("Graph".to_owned(), SHOW_GRAPH, environment), None),
            Offers::References => (None, can(SHOW_REFERENCES).then(counted)),
        };
        (command.is_some() || data.is_some()).then_some(CodeLens { range, command, data })
    };
    Ok(Some(code_lens::lenses(&held.program.checked, held.id).into_iter().filter_map(lens).collect()))
}

/// `codeLens/resolve`
pub(super) fn resolve_lens(view: &View, mut lens: CodeLens) -> Result<CodeLens> {
    let Some((at, _)) = About::read(lens.data.as_ref()) else { return Ok(lens) };
    let found = uses(view, &at, false)?.unwrap_or_default();
    let title = code_lens::references_words(found.len());
    let arguments = Some(vec![json!(at.text_document.uri.as_str()), json!(at.position), json!(found)]);
    lens.command = Some(Command { title, command: SHOW_REFERENCES.to_owned(), arguments });
    Ok(lens)
}

/// `textDocument/inlayHint`
pub(super) fn inlay(view: &View, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
    let uri = params.text_document.uri;
    let file = view.file(&uri)?;
    let Some(held) = holding(view, &file).next() else { return Ok(None) };
    let range = view.span(&file, params.range);
    let position = |offset| view.range(&file, oal_syntax::Span::empty(offset)).start;
    let one = |hint: inlay_hints::Hint| InlayHint {
        position: position(hint.offset),
        label: InlayHintLabel::String(hint.label.trim_start().to_owned()),
        kind: (hint.says == Says::Type).then_some(InlayHintKind::TYPE),
        text_edits: None,
        tooltip: None,
        padding_left: Some(hint.label.starts_with(' ')),
        padding_right: None,
        data: Some(json!(About { uri: uri.clone(), position: position(hint.about), says: Some(hint.says) })),
    };
    let defaults = view.snapshot.settings_of(&file.key).defaults;
    let found = inlay_hints::hints(&held.program.checked, held.id, range, defaults);
    Ok(Some(found.into_iter().map(one).collect()))
}

/// `inlayHint/resolve`
pub(super) fn resolve_inlay(view: &View, mut hint: InlayHint) -> Result<InlayHint> {
    let Some((at, Some(says))) = About::read(hint.data.as_ref()) else { return Ok(hint) };
    let tooltip = |checked: &Checked, file, about| inlay_hints::tooltip(checked, file, about, says);
    if let Some((_, _, value)) = first(view, &at, tooltip)? {
        let content = MarkupContent { kind: MarkupKind::Markdown, value };
        hint.tooltip = Some(InlayHintTooltip::MarkupContent(content));
    }
    Ok(hint)
}
