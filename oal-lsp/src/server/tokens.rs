//! Semantic tokens: of a document, of a range of it, and what changed since the last time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{
    SemanticToken, SemanticTokenModifier, SemanticTokenType, SemanticTokens, SemanticTokensDelta,
    SemanticTokensDeltaParams, SemanticTokensEdit, SemanticTokensFullDeltaResult, SemanticTokensLegend,
    SemanticTokensParams, SemanticTokensRangeParams, SemanticTokensRangeResult, SemanticTokensResult,
};

use super::{Server, View};
use crate::file::File;
use crate::ide::semantic_tokens::{TokenType, modifier, tokens};
use crate::key::Key;
use crate::snapshot::lock;
use oal_syntax::Span;

/// The tokens that were sent last, by document, with the names they were sent under.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// Whether some were sent that only the text told, because its check was not done.
    plain: AtomicBool,
    last: Mutex<BTreeMap<Key, Named>>,
}

/// Tokens with the name they were sent under.
type Named = (String, Arc<Vec<SemanticToken>>);

/// Documents whose tokens are kept.
const MOST_KEPT: usize = 32;
/// The check of a longer text is not waited for: colours come from the text first.
const PATIENT: usize = 256 * 1024;

impl Sent {
    /// Whether better ones are due now that a check is done; asked once.
    fn were_plain(&self) -> bool {
        self.plain.swap(false, Ordering::SeqCst)
    }
}

impl Server {
    /// Asks the client to ask for tokens again, where those it has came before their check.
    pub(super) fn refresh_plain_tokens(&self) {
        let session = self.session();
        let tokens = session.client.workspace.as_ref().and_then(|workspace| workspace.semantic_tokens.as_ref());
        if session.tokens.were_plain() && tokens.and_then(|tokens| tokens.refresh_support) == Some(true) {
            let server = self.clone();
            // A client that refuses shows what it has.
            self.inner.runtime.spawn(async move {
                let _ = server.inner.client.semantic_tokens_refresh().await;
            });
        }
    }
}

/// The names of types and modifiers, by number.
pub(super) fn legend() -> SemanticTokensLegend {
    SemanticTokensLegend {
        token_types: TokenType::NAMES.iter().map(|name| SemanticTokenType::new(name)).collect(),
        token_modifiers: modifier::NAMES.iter().map(|name| SemanticTokenModifier::new(name)).collect(),
    }
}

/// `textDocument/semanticTokens/full`
pub(super) fn full(view: &View, params: SemanticTokensParams) -> Result<Option<SemanticTokensResult>> {
    let file = view.file(&params.text_document.uri)?;
    let data = of(view, &file, None);
    let result_id = keep(view, &file, &data);
    Ok(Some(SemanticTokensResult::Tokens(SemanticTokens { result_id: Some(result_id), data: data.to_vec() })))
}

/// `textDocument/semanticTokens/full/delta`
pub(super) fn delta(view: &View, params: SemanticTokensDeltaParams) -> Result<Option<SemanticTokensFullDeltaResult>> {
    let file = view.file(&params.text_document.uri)?;
    let known = lock(&view.session.tokens.last).get(&file.key).cloned();
    let data = of(view, &file, None);
    let result_id = Some(keep(view, &file, &data));
    let Some((_, old)) = known.filter(|(name, _)| *name == params.previous_result_id) else {
        let all = SemanticTokens { result_id, data: data.to_vec() };
        return Ok(Some(SemanticTokensFullDeltaResult::Tokens(all)));
    };
    let edits = edit(&old, &data).into_iter().collect();
    Ok(Some(SemanticTokensFullDeltaResult::TokensDelta(SemanticTokensDelta { result_id, edits })))
}

/// `textDocument/semanticTokens/range`
pub(super) fn range(view: &View, params: SemanticTokensRangeParams) -> Result<Option<SemanticTokensRangeResult>> {
    let file = view.file(&params.text_document.uri)?;
    let span = view.span(&file, params.range);
    let data = of(view, &file, Some(span)).to_vec();
    Ok(Some(SemanticTokensRangeResult::Tokens(SemanticTokens { result_id: None, data })))
}

/// Remembers what is sent, under a name.
fn keep(view: &View, file: &File, data: &Arc<Vec<SemanticToken>>) -> String {
    let mut last = lock(&view.session.tokens.last);
    if last.len() >= MOST_KEPT {
        last.retain(|key, _| view.snapshot.open.contains_key(key));
    }
    let name = format!("{}-{}", view.snapshot.revision, data.len());
    last.insert(Arc::clone(&file.key), (name.clone(), Arc::clone(data)));
    name
}

/// What stands between the tokens that are the same at both ends. Numbers, not tokens, are counted: five for each.
fn edit(old: &[SemanticToken], new: &[SemanticToken]) -> Option<SemanticTokensEdit> {
    let start = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let rest = |tokens: usize| tokens - start;
    let same = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let end = same.min(rest(old.len())).min(rest(new.len()));
    let (gone, came) = (rest(old.len()) - end, new.get(start..new.len() - end).unwrap_or_default());
    let number = |tokens: usize| u32::try_from(tokens * 5).unwrap_or(u32::MAX);
    (gone > 0 || !came.is_empty()).then(|| SemanticTokensEdit {
        start: number(start),
        delete_count: number(gone),
        data: Some(came.to_vec()),
    })
}

fn of(view: &View, file: &File, span: Option<Span>) -> Arc<Vec<SemanticToken>> {
    let known = if file.text().len() <= PATIENT {
        view.snapshot.programs_of(&file.key)
    } else {
        let at_hand = view.snapshot.programs_at_hand(&file.key);
        if at_hand.first().is_some_and(|(program, id)| program.checked.project().text(*id) == file.text()) {
            at_hand
        } else {
            // A check that ends between these two lines is seen by the second, one that ends later by its thread.
            view.session.tokens.plain.store(true, Ordering::SeqCst);
            view.snapshot.programs_at_hand(&file.key)
        }
    };
    let checked = known.first().map(|(program, id)| (&program.checked, *id));
    let mut line = 0;
    let mut start = 0;
    let mut data = Vec::new();
    for token in tokens(file.text(), file.parse(), checked, span) {
        let range = view.range(file, token.span);
        if range.start.line != line {
            start = 0;
        }
        data.push(SemanticToken {
            delta_line: range.start.line - line,
            delta_start: range.start.character - start,
            length: range.end.character.saturating_sub(range.start.character),
            token_type: token.kind as u32,
            token_modifiers_bitset: token.modifiers,
        });
        (line, start) = (range.start.line, range.start.character);
    }
    Arc::new(data)
}
