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
use crate::key::{self, Key};

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
        ActionKind::QuickFix | ActionKind::Remove => CodeActionKind::QUICKFIX,
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

/// An action, in all programs that hold the document.
struct Offer {
    action: Action,
    edits: Edits,
    /// The findings that it answers: where each is, and its code.
    about: Vec<(Range, &'static str)>,
    /// Whether no two programs want to change the same.
    agreed: bool,
}

/// All actions for a range. `asked` is whether a person asked for them. What one program finds, its fix may mend; whatever writes the
/// same otherwise has to be right in all.
fn found(view: &View, file: &File, range: Range, only: Option<&[CodeActionKind]>, asked: bool) -> Vec<Offer> {
    let judges = view.programs(file);
    let Some((first, others)) = judges.split_first() else { return Vec::new() };
    let mut all = offers(view, file, first, range, only, asked);
    let span = view.span(file, range);
    for held in others {
        // Most of the time there is nothing to ask them: a cursor that moves in a file of many programs waits for none.
        let mut found = held.program.checked.diagnostics().iter().map(|found| &found.primary);
        let finds = found.any(|at| at.file == held.id && at.span.start <= span.end && span.start <= at.span.end);
        if !finds && !all.iter().any(|offer| concerns_all(offer, file)) {
            continue;
        }
        let mut own = offers(view, file, held, range, only, asked);
        all.retain_mut(|offer| join(offer, &mut own) || !concerns_all(offer, file));
        all.extend(own.into_iter().filter(|offer| offer.action.kind == ActionKind::QuickFix));
    }
    if all.iter().any(|offer| offer.action.kind == ActionKind::Inline) {
        // What is taken away may be used where no program reaches.
        let roots: Vec<Option<Key>> = judges.iter().map(|held| held.program.root().cloned()).collect();
        let others = view.holders(&file.key).into_iter().filter(|held| !roots.contains(&held.program.root().cloned()));
        for held in others {
            let mut own = offers(view, file, &held, range, Some(&[kind(ActionKind::Inline)]), asked);
            all.retain_mut(|offer| offer.action.kind != ActionKind::Inline || join(offer, &mut own));
        }
    }
    all.retain(|offer| offer.agreed);
    all
}

/// Whether what an action writes otherwise may stand in other files.
fn concerns_all(offer: &Offer, file: &File) -> bool {
    match offer.action.kind {
        ActionKind::Inline | ActionKind::Remove => true,
        ActionKind::Extract | ActionKind::Rewrite => !offer.edits.are_in(file),
        ActionKind::QuickFix | ActionKind::FixAll | ActionKind::OrganiseImports => false,
    }
}

/// Takes the same action of another program, if that has it.
fn join(offer: &mut Offer, own: &mut Vec<Offer>) -> bool {
    let is_same = |one: &Offer| {
        (one.action.kind, &one.action.title, &one.about) == (offer.action.kind, &offer.action.title, &offer.about)
    };
    let Some(at) = own.iter().position(is_same) else { return false };
    let others = own.remove(at).edits;
    if offer.edits != others {
        offer.edits.join(others);
        offer.agreed &= offer.edits.are_apart();
    }
    true
}

/// The actions that a program has.
fn offers(
    view: &View,
    file: &File,
    held: &Held,
    range: Range,
    only: Option<&[CodeActionKind]>,
    asked: bool,
) -> Vec<Offer> {
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
    let offer = |mut action: Action| {
        let answered = action.findings.iter().filter_map(|index| checked.diagnostics().get(*index));
        let about = answered.map(|found| (view.range(file, found.primary.span), found.code.id)).collect();
        let mut edits = Edits::default();
        edits.add(&held.program, std::mem::take(&mut action.edits));
        Offer { action, edits, about, agreed: true }
    };
    all.into_iter().map(offer).collect()
}

/// What tells an action from others of its title: the findings that it answers, and how many of these come before it.
fn names(offers: &[Offer]) -> Vec<Value> {
    let name = |(at, offer): (usize, &Offer)| {
        let same = |one: &&Offer| one.action.title == offer.action.title && one.about == offer.about;
        let before = offers.iter().take(at).filter(same).count();
        json!([offer.about, before])
    };
    offers.iter().enumerate().map(name).collect()
}

/// `textDocument/codeAction`
pub(super) fn at(view: &View, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
    let file = view.file(&params.text_document.uri)?;
    let only = params.context.only.as_deref();
    let asked = params.context.trigger_kind != Some(CodeActionTriggerKind::AUTOMATIC);
    let offers = found(view, &file, params.range, only, asked);
    let lazily = resolves(&view.session);
    let names = names(&offers);
    let convert = |(offer, name): (Offer, Value)| {
        let diagnostics = diagnostics(&offer, &params.context.diagnostics);
        let uri = &params.text_document.uri;
        CodeActionOrCommand::CodeAction(CodeAction {
            title: offer.action.title,
            kind: Some(kind(offer.action.kind)),
            diagnostics: (!diagnostics.is_empty()).then_some(diagnostics),
            edit: (!lazily).then(|| offer.edits.finish(view)),
            is_preferred: offer.action.preferred.then_some(true),
            data: lazily.then(|| json!({ "uri": uri, "range": params.range, "name": name })),
            ..CodeAction::default()
        })
    };
    Ok(Some(offers.into_iter().zip(names).map(convert).collect()))
}

/// Those of the client's diagnostics that an action answers.
fn diagnostics(offer: &Offer, sent: &[Diagnostic]) -> Vec<Diagnostic> {
    let is_one = |sent: &&Diagnostic| {
        let code = match &sent.code {
            Some(NumberOrString::String(code)) => code.as_str(),
            _ => "",
        };
        offer.about.contains(&(sent.range, code))
    };
    sent.iter().filter(is_one).cloned().collect()
}

/// `codeAction/resolve`: the edits. Where the document has changed so that the action is no longer offered, there are none.
pub(super) fn resolve(view: &View, mut action: CodeAction) -> Result<CodeAction> {
    let place = |data: &Value| {
        let uri = data.get("uri")?.as_str()?.to_owned();
        let range: Range = serde_json::from_value(data.get("range")?.clone()).ok()?;
        Some((uri, range, data.get("name")?.clone()))
    };
    let Some((uri, range, name)) = action.data.as_ref().and_then(place) else { return Ok(action) };
    let Some(file) = view.snapshot.file(&key::of_uri(&uri)) else { return Ok(action) };
    let only = action.kind.clone().map(|kind| vec![kind]);
    let offers = found(view, &file, range, only.as_deref(), true);
    let names = names(&offers);
    let same = offers.into_iter().zip(names).find(|(offer, own)| offer.action.title == action.title && *own == name);
    action.edit = same.map(|(offer, _)| offer.edits.finish(view));
    Ok(action)
}
