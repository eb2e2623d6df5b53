//! Code actions: found at once, their edits worked out again when one is chosen, where the client asks for them then.

use serde_json::{Value, json};
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{
    CodeAction, CodeActionKind, CodeActionOptions, CodeActionOrCommand, CodeActionParams, CodeActionProviderCapability,
    CodeActionResponse, CodeActionTriggerKind, Diagnostic, NumberOrString, Range,
};

use super::completion::Project;
use super::rename::Edits;
use super::view::Held;
use super::{Session, View};
use crate::file::File;
use crate::ide::actions::{Action, ActionKind, actions, fix_all, moves, organise, uses};
use crate::key;

/// What is advertised.
pub(super) fn provider(session: &Session) -> CodeActionProviderCapability {
    let literals = capability(session).is_some_and(|actions| actions.code_action_literal_support.is_some());
    if !literals {
        return CodeActionProviderCapability::Simple(true);
    }
    let kinds = [
        ActionKind::QuickFix,
        ActionKind::FixAll,
        ActionKind::OrganiseImports,
        ActionKind::Extract,
        ActionKind::Inline,
        ActionKind::Rewrite,
    ];
    CodeActionProviderCapability::Options(CodeActionOptions {
        code_action_kinds: Some(kinds.map(kind).to_vec()),
        resolve_provider: Some(resolves(session)),
        ..CodeActionOptions::default()
    })
}

fn capability(session: &Session) -> Option<&tower_lsp::ls_types::CodeActionClientCapabilities> {
    session.client.text_document.as_ref()?.code_action.as_ref()
}

/// Whether the client asks for the edits of the action that was chosen.
fn resolves(session: &Session) -> bool {
    let actions = capability(session);
    let lazily = actions.and_then(|actions| actions.resolve_support.as_ref());
    lazily.is_some_and(|support| support.properties.iter().any(|property| property == "edit"))
        && actions.and_then(|actions| actions.data_support) == Some(true)
}

fn kind(kind: ActionKind) -> CodeActionKind {
    match kind {
        ActionKind::QuickFix => CodeActionKind::QUICKFIX,
        ActionKind::FixAll => CodeActionKind::SOURCE_FIX_ALL,
        ActionKind::OrganiseImports => CodeActionKind::SOURCE_ORGANIZE_IMPORTS,
        ActionKind::Extract => CodeActionKind::REFACTOR_EXTRACT,
        ActionKind::Inline => CodeActionKind::REFACTOR_INLINE,
        ActionKind::Rewrite => CodeActionKind::REFACTOR_REWRITE,
    }
}

/// Whether a kind is one of those asked for, or below one.
fn wanted(kind: &CodeActionKind, only: Option<&[CodeActionKind]>) -> bool {
    only.is_none_or(|only| {
        only.iter().any(|asked| {
            let (kind, asked) = (kind.as_str(), asked.as_str());
            asked.is_empty() || kind == asked || kind.strip_prefix(asked).is_some_and(|rest| rest.starts_with('.'))
        })
    })
}

/// All actions for a range, in the first program that holds the document. `asked` is whether a person asked for them.
fn found(
    view: &View,
    file: &File,
    range: Range,
    only: Option<&[CodeActionKind]>,
    asked: bool,
) -> Option<(Held, Vec<Action>)> {
    let held = view.programs(file).into_iter().next()?;
    let span = view.span(file, range);
    let checked = &held.program.checked;
    let mut all = Vec::new();
    let here = [ActionKind::QuickFix, ActionKind::Extract, ActionKind::Inline, ActionKind::Rewrite];
    if here.into_iter().any(|one| wanted(&kind(one), only)) {
        all.extend(actions(checked, held.id, span));
        all.extend(uses(checked, held.id, span, &Project { view, file }));
    }
    // Each is proved by a check: not while the cursor only passes by.
    if asked && wanted(&kind(ActionKind::Rewrite), only) {
        all.extend(moves(checked, &held.program.options, held.id, span));
    }
    if wanted(&kind(ActionKind::FixAll), only) {
        all.extend(fix_all(checked, held.id));
    }
    if wanted(&kind(ActionKind::OrganiseImports), only) {
        all.extend(organise(checked, held.id));
    }
    all.retain(|action| wanted(&kind(action.kind), only));
    Some((held, all))
}

/// `textDocument/codeAction`
pub(super) fn at(view: &View, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
    let file = view.file(&params.text_document.uri)?;
    let only = params.context.only.as_deref();
    let asked = params.context.trigger_kind != Some(CodeActionTriggerKind::AUTOMATIC);
    let Some((held, all)) = found(view, &file, params.range, only, asked) else { return Ok(None) };
    let lazily = resolves(&view.session);
    let convert = |action: Action| {
        let diagnostics = diagnostics(view, &file, &held, &action, &params.context.diagnostics);
        let data = lazily.then(|| json!({ "uri": params.text_document.uri, "range": params.range }));
        let kind = kind(action.kind);
        let mut edits = Edits::default();
        if !lazily {
            edits.add(&held.program, action.edits);
        }
        CodeActionOrCommand::CodeAction(CodeAction {
            title: action.title,
            kind: Some(kind),
            diagnostics: (!diagnostics.is_empty()).then_some(diagnostics),
            edit: (!lazily).then(|| edits.finish(view)),
            is_preferred: action.preferred.then_some(true),
            data,
            ..CodeAction::default()
        })
    };
    Ok(Some(all.into_iter().map(convert).collect()))
}

/// Those of the client's diagnostics that an action answers.
fn diagnostics(view: &View, file: &File, held: &Held, action: &Action, sent: &[Diagnostic]) -> Vec<Diagnostic> {
    let all = held.program.checked.diagnostics();
    let answered = action.findings.iter().filter_map(|index| all.get(*index));
    let places: Vec<(Range, &str)> =
        answered.map(|found| (view.range(file, found.primary.span), found.code.id)).collect();
    let is_one = |sent: &&Diagnostic| {
        let code = match &sent.code {
            Some(NumberOrString::String(code)) => code.as_str(),
            _ => "",
        };
        places.contains(&(sent.range, code))
    };
    sent.iter().filter(is_one).cloned().collect()
}

/// `codeAction/resolve`: the edits. Where the document has changed so that the action is no longer offered, there are none.
pub(super) fn resolve(view: &View, mut action: CodeAction) -> Result<CodeAction> {
    let place = |data: &Value| {
        let uri = data.get("uri")?.as_str()?.to_owned();
        let range: Range = serde_json::from_value(data.get("range")?.clone()).ok()?;
        Some((uri, range))
    };
    let Some((uri, range)) = action.data.as_ref().and_then(place) else { return Ok(action) };
    let Some(file) = view.snapshot.file(&key::of_uri(&uri)) else { return Ok(action) };
    let only = action.kind.clone().map(|kind| vec![kind]);
    if let Some((held, all)) = found(view, &file, range, only.as_deref(), true)
        && let Some(same) = all.into_iter().find(|one| one.title == action.title)
    {
        let mut edits = Edits::default();
        edits.add(&held.program, same.edits);
        action.edit = Some(edits.finish(view));
    }
    Ok(action)
}
