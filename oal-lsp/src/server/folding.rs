//! Folding.

use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{FoldingRange, FoldingRangeKind, FoldingRangeParams};

use super::View;
use crate::ide::folding::{FoldKind, folds};

/// `textDocument/foldingRange`
pub(super) fn ranges(view: &View, params: FoldingRangeParams) -> Result<Option<Vec<FoldingRange>>> {
    let file = view.file(&params.text_document.uri)?;
    let capability = view.session.client.text_document.as_ref().and_then(|document| document.folding_range.as_ref());
    let lines_only = capability.and_then(|folding| folding.line_folding_only) == Some(true);
    let most = capability.and_then(|folding| folding.range_limit).map_or(usize::MAX, |most| most as usize);
    let folds = folds(file.text(), file.parse());
    let ranges = folds.into_iter().take(most).map(|fold| {
        let range = view.range(&file, fold.span);
        FoldingRange {
            start_line: range.start.line,
            start_character: (!lines_only).then_some(range.start.character),
            end_line: range.end.line,
            end_character: (!lines_only).then_some(range.end.character),
            kind: match fold.kind {
                FoldKind::Region => None,
                FoldKind::Comment => Some(FoldingRangeKind::Comment),
                FoldKind::Imports => Some(FoldingRangeKind::Imports),
            },
            collapsed_text: None,
        }
    });
    Ok(Some(ranges.collect()))
}
