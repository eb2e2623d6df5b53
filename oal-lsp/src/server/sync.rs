//! Documents that the client opens, changes and closes.

use tower_lsp::ls_types::{DidChangeTextDocumentParams, MessageType, TextDocumentItem, Uri};

use super::Server;
use crate::convert;
use crate::key;
use crate::snapshot::lock;

impl Server {
    pub(super) fn open_document(&self, document: TextDocumentItem) {
        let TextDocumentItem { uri, version, text, .. } = document;
        if key::of_uri(uri.as_str()).starts_with(key::STD) {
            // The built-in library is what it is, whatever an editor shows.
            return;
        }
        lock(&self.inner.workspace).open(uri.as_str().to_owned(), text, version);
        self.inner.analysis.wake();
    }

    pub(super) fn change_document(&self, params: DidChangeTextDocumentParams) {
        let (uri, changes) = (params.text_document.uri, convert::changes(params.content_changes));
        let encoding = self.session().encoding;
        let known = lock(&self.inner.workspace).edit(uri.as_str(), params.text_document.version, changes, encoding);
        if known {
            self.inner.analysis.wake();
        } else {
            self.log(MessageType::WARNING, format!("`{}` is changed without being open", uri.as_str()));
        }
    }

    pub(super) fn close_document(&self, uri: &Uri) {
        if lock(&self.inner.workspace).close(uri.as_str()) {
            self.inner.analysis.wake();
        }
    }
}
