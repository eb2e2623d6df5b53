//! Renaming names and files.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use oal_check::program::Place;
use oal_check::{Edit, query};
use oal_syntax::Span;
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::ls_types::{
    DocumentChanges, OneOf, OptionalVersionedTextDocumentIdentifier, PrepareRenameResponse, RenameFilesParams,
    RenameParams, TextDocumentEdit, TextDocumentPositionParams, TextEdit, WorkspaceEdit,
};

use super::everywhere::everywhere;
use super::navigation::holding;
use super::view::View;
use crate::convert;
use crate::file::File;
use crate::ide::{rename, will_rename};
use crate::key::{self, Key};
use crate::program::Program;

/// A refusal: said to the user as it is.
fn refused(why: String) -> Error {
    // LSP 3.17, `RequestFailed`.
    Error { code: ErrorCode::ServerError(-32803), message: why.into(), data: None }
}

/// `textDocument/prepareRename`
pub(super) fn prepare(view: &View, params: TextDocumentPositionParams) -> Result<Option<PrepareRenameResponse>> {
    let (file, offset) = view.place(&params)?;
    let Some(held) = holding(view, &file).next() else { return Ok(None) };
    let found = rename::prepare(&held.program.checked, held.id, offset).map_err(refused)?;
    Ok(Some(PrepareRenameResponse::RangeWithPlaceholder {
        range: view.range(&file, found.span),
        placeholder: found.name,
    }))
}

/// The edits of one file, each once.
type Own = BTreeSet<(Span, String)>;

/// Edits of files, whatever program said so.
#[derive(Default)]
pub(super) struct Edits {
    files: BTreeMap<Key, (Arc<File>, Own)>,
}

impl PartialEq for Edits {
    fn eq(&self, other: &Self) -> bool {
        let own =
            |edits: &Self| edits.files.iter().map(|(key, (_, own))| (Arc::clone(key), own.clone())).collect::<Vec<_>>();
        own(self) == own(other)
    }
}

impl Edits {
    /// Adds the edits that a program makes of its files. What it has several times is made once.
    pub(super) fn add(&mut self, program: &Program, edits: Vec<Edit>) {
        for edit in edits {
            let file = program.file(edit.file);
            let entry = self.files.entry(Arc::clone(&file.key)).or_insert_with(|| (file, Own::new()));
            entry.1.insert((edit.span, edit.text));
        }
    }

    /// Adds those of others.
    pub(super) fn join(&mut self, others: Self) {
        for (key, (file, edits)) in others.files {
            self.files.entry(key).or_insert_with(|| (file, Own::new())).1.extend(edits);
        }
    }

    /// Whether no two of them change the same.
    pub(super) fn are_apart(&self) -> bool {
        let apart = |(one, other): (&(Span, String), &(Span, String))| one.0 != other.0 && one.0.end <= other.0.start;
        self.files.values().all(|(_, edits)| edits.iter().zip(edits.iter().skip(1)).all(apart))
    }

    /// Whether all are in this file.
    pub(super) fn are_in(&self, file: &File) -> bool {
        self.files.keys().all(|key| *key == file.key)
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// As the client takes them: with versions, if it knows such.
    pub(super) fn finish(self, view: &View) -> WorkspaceEdit {
        let edits = view.session.client.workspace.as_ref().and_then(|workspace| workspace.workspace_edit.as_ref());
        let versioned = edits.and_then(|edits| edits.document_changes) == Some(true);
        let files = self.files.into_values().filter_map(|(file, edits)| {
            let one = |(span, text): (Span, String)| TextEdit::new(view.range(&file, span), text);
            Some((convert::uri(&file)?, file.version(), edits.into_iter().map(one).collect::<Vec<_>>()))
        });
        if versioned {
            let one = |(uri, version, edits): (_, _, Vec<TextEdit>)| TextDocumentEdit {
                text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
                edits: edits.into_iter().map(OneOf::Left).collect(),
            };
            let changes = DocumentChanges::Edits(files.map(one).collect());
            return WorkspaceEdit { document_changes: Some(changes), ..WorkspaceEdit::default() };
        }
        let changes = files.map(|(uri, _, edits)| (uri, edits)).collect();
        WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }
    }
}

/// `textDocument/rename`: in all programs in which the name stands; one that refuses refuses all.
pub(super) fn rename(view: &View, params: RenameParams) -> Result<Option<WorkspaceEdit>> {
    let (file, offset) = view.place(&params.text_document_position)?;
    let (mut edits, mut refusal) = (Edits::default(), None);
    everywhere(view, &file, offset, |program, id, offset| {
        let checked = &program.checked;
        let symbol = query::symbol_at(checked, id, offset);
        match rename::rename(checked, &program.options, id, offset, &params.new_name) {
            Ok(found) => {
                let places = found.iter().map(|edit| Place { file: edit.file, span: edit.span }).collect();
                edits.add(program, found);
                Ok(Some(places))
            }
            // It means nothing in this one, which may be a library: an environment is the program's.
            Err(why) if symbol.and_then(|(symbol, _)| query::declaration(checked, &symbol)).is_none() => {
                refusal.get_or_insert(why);
                Ok(None)
            }
            Err(why) => Err(refused(why)),
        }
    })?;
    if let (true, Some(why)) = (edits.is_empty(), refusal) {
        return Err(refused(why));
    }
    Ok(Some(edits.finish(view)))
}

/// `workspace/willRenameFiles`: the paths of `use`, in all programs.
pub(super) fn files(view: &View, params: RenameFilesParams) -> Result<Option<WorkspaceEdit>> {
    let moves: Vec<(Key, Key)> =
        params.files.iter().map(|file| (key::of_uri(&file.old_uri), key::of_uri(&file.new_uri))).collect();
    let mut edits = Edits::default();
    for program in view.whole_workspace() {
        let Some(base) = program.files().first().map(|file| Arc::clone(&file.base)) else { continue };
        // What leaves the project cannot be used any more, which the check will say.
        let inside: Vec<will_rename::Move> = moves
            .iter()
            .filter_map(|(from, to)| {
                let (from, to) = (from.strip_prefix(&*base)?, to.strip_prefix(&*base)?);
                Some(will_rename::Move { from: from.to_owned(), to: to.to_owned() })
            })
            .collect();
        edits.add(&program, will_rename::edits(&program.checked, &inside));
    }
    Ok(Some(edits.finish(view)))
}
