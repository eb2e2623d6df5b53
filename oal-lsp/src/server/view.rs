//! What a request sees: the documents as they were when it arrived, and what its client can do.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use oal_syntax::{FileId, Span};
use serde::Serialize;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{ClientCapabilities, Location, Position, Range, TextDocumentPositionParams, Uri};

use crate::convert;
use crate::convert::diagnostics::Shows;
use crate::file::File;
use crate::key::{self, Key};
use crate::lanes::Cancelled;
use crate::lines::Encoding;
use crate::program::Program;
use crate::snapshot::Snapshot;
use crate::transport::Reply;
use crate::window::{self, Window};

/// What was agreed at the start.
#[derive(Debug, Default)]
pub(crate) struct Session {
    /// In which units columns are counted.
    pub(crate) encoding: Encoding,
    /// What the client can do.
    pub(crate) client: ClientCapabilities,
    /// The commands of ours that it can run.
    pub(crate) commands: Vec<String>,
    /// The semantic tokens that it has.
    pub(crate) tokens: super::tokens::Sent,
    /// What the client was told of documents that it did not ask for: names of lists of diagnostics.
    pub(crate) related: Mutex<BTreeMap<Key, String>>,
    /// The last good answers to previews.
    pub(crate) previews: super::custom::Previews,
}

impl Session {
    /// Whether the client asks for diagnostics; then none are sent unasked.
    pub(crate) fn pulls(&self) -> bool {
        self.client.text_document.as_ref().is_some_and(|document| document.diagnostic.is_some())
    }

    /// What the client can show of a diagnostic.
    pub(crate) fn shows(&self) -> Shows {
        let Some(document) = &self.client.text_document else { return Shows::default() };
        let Some(publish) = &document.publish_diagnostics else {
            return Shows { data: self.pulls(), ..Shows::default() };
        };
        let has_tag = |tag| publish.tag_support.as_ref().is_some_and(|tags| tags.value_set.contains(&tag));
        Shows {
            related: publish.related_information == Some(true),
            unnecessary: has_tag(tower_lsp::ls_types::DiagnosticTag::UNNECESSARY),
            deprecated: has_tag(tower_lsp::ls_types::DiagnosticTag::DEPRECATED),
            code_page: publish.code_description_support == Some(true),
            data: publish.data_support == Some(true),
        }
    }
}

/// What a request sees.
pub(crate) struct View {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) session: Arc<Session>,
    pub(crate) cancelled: Cancelled,
    /// Where a long answer goes.
    pub(crate) reply: Reply,
    /// Who is asked: to show how far long work is.
    pub(super) server: super::Server,
}

/// A document in a program.
pub(crate) struct Held {
    pub(crate) program: Arc<Program>,
    /// Its number in `program.checked`.
    pub(crate) id: FileId,
}

impl View {
    /// The document of a URI.
    ///
    /// # Errors
    /// None is known by it.
    pub(crate) fn file(&self, uri: &Uri) -> Result<Arc<File>> {
        let unknown = || Error::invalid_params(format!("no document `{}` is open or on disk", uri.as_str()));
        self.snapshot.file(&key::of_uri(uri.as_str())).ok_or_else(unknown)
    }

    /// The document and the offset that a request is about.
    ///
    /// # Errors
    /// The document is unknown.
    pub(crate) fn place(&self, at: &TextDocumentPositionParams) -> Result<(Arc<File>, u32)> {
        let file = self.file(&at.text_document.uri)?;
        let offset = self.offset(&file, at.position);
        Ok((file, offset))
    }

    /// The programs that hold a document, checked as they were when the request arrived. The first is the one to ask where one
    /// is enough.
    pub(crate) fn programs(&self, file: &File) -> Vec<Held> {
        held(self.snapshot.programs_of(&file.key))
    }

    /// The same as they were last checked, at once if that was ever done: for what must not wait.
    pub(crate) fn programs_at_hand(&self, file: &File) -> Vec<Held> {
        let known = self.snapshot.programs_at_hand(&file.key);
        if known.is_empty() { self.programs(file) } else { held(known) }
    }

    /// The part of a document around an offset, as it is now, for what looks at the cursor alone.
    pub(crate) fn around<'a>(&self, held: &Held, file: &'a File, offset: u32) -> Window<'a> {
        window::around(held.program.checked.project().file(held.id), file.text(), offset)
    }

    /// All programs.
    pub(crate) fn all_programs(&self) -> impl Iterator<Item = Arc<Program>> + '_ {
        self.started_at(self.snapshot.roots())
    }

    /// All programs, and all files without an `app` that no other uses, each with what it uses: every file is in one of these.
    pub(crate) fn whole_workspace(&self) -> impl Iterator<Item = Arc<Program>> + '_ {
        self.started_at(self.snapshot.starts())
    }

    fn started_at(&self, starts: Vec<Key>) -> impl Iterator<Item = Arc<Program>> + '_ {
        starts.into_iter().take_while(|_| !self.cancelled.is()).filter_map(|start| self.snapshot.program(&start))
    }

    /// What holds a document, with an `app` or without.
    pub(crate) fn holders(&self, key: &Key) -> Vec<Held> {
        if key.starts_with(key::STD) {
            let hold = |program: Arc<Program>| program.id(key).map(|id| Held { program, id });
            return self.whole_workspace().filter_map(hold).collect();
        }
        held(self.snapshot.holders_of(key))
    }

    /// The offset of a position.
    pub(crate) fn offset(&self, file: &File, position: Position) -> u32 {
        convert::offset(file, position, self.session.encoding)
    }

    /// The bytes of a range.
    pub(crate) fn span(&self, file: &File, range: Range) -> Span {
        convert::span(file, range, self.session.encoding)
    }

    /// The range of some bytes.
    pub(crate) fn range(&self, file: &File, span: Span) -> Range {
        convert::range(file, span, self.session.encoding)
    }

    /// Answers with something long, as JSON; it comes back where that cannot be.
    pub(crate) fn put<T: Serialize>(&self, long: T) -> Option<T> {
        match serde_json::to_vec(&long) {
            Ok(json) => self.reply.put(json),
            Err(_) => return Some(long),
        }
        None
    }

    /// A place in a program.
    pub(crate) fn location(&self, program: &Program, id: FileId, span: Span) -> Option<Location> {
        convert::location(program, id, span, self.session.encoding)
    }
}

fn held(programs: Vec<(Arc<Program>, FileId)>) -> Vec<Held> {
    programs.into_iter().map(|(program, id)| Held { program, id }).collect()
}
