//! The methods of the protocol, each one line: what a method does is in the file of its area below.

mod actions;
mod analysis;
mod capabilities;
mod completion;
mod custom;
mod diagnostics;
mod everywhere;
mod folding;
mod hierarchy;
mod hints;
mod lifecycle;
mod navigation;
mod progress;
mod rename;
mod symbols;
mod sync;
mod tokens;
mod view;
mod watch;
mod writing;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock};

use serde::Serialize;
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::ls_types::request::{
    GotoDeclarationParams, GotoDeclarationResponse, GotoImplementationParams, GotoImplementationResponse,
    GotoTypeDefinitionParams, GotoTypeDefinitionResponse,
};
use tower_lsp::ls_types::*;
use tower_lsp::{Client, LanguageServer};

use crate::key::Key;
use crate::lanes::{Lane, Lanes, Lost};
use crate::snapshot::{Snapshot, lock};
use crate::transport::{Outbox, Replay, Reply};
use crate::workspace::Workspace;

pub(crate) use capabilities::adjust;
pub(crate) use view::{Session, View};

/// The server; clones are the same one.
#[derive(Clone)]
pub(crate) struct Server {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    outbox: Outbox,
    lanes: Lanes,
    replay: Option<Arc<Replay>>,
    workspace: Mutex<Workspace>,
    session: OnceLock<Arc<Session>>,
    analysis: analysis::Signal,
    runtime: tokio::runtime::Handle,
    trace: Mutex<TraceValue>,
    shown: progress::Shown,
    /// Folders that a person has said to look no further into.
    left: Mutex<BTreeSet<Key>>,
}

impl Server {
    pub(crate) fn new(client: Client, outbox: Outbox, lanes: Lanes, replay: Option<Arc<Replay>>) -> Self {
        let (workspace, session, analysis, trace, shown, left) = Default::default();
        let runtime = tokio::runtime::Handle::current();
        let inner = Inner { client, outbox, lanes, replay, workspace, session, analysis, runtime, trace, shown, left };
        Self { inner: Arc::new(inner) }
    }

    /// Answers a request on a thread of a lane, from the documents as they are now. Call it before any other `await`.
    async fn ask<P: Send + 'static, T: Send + 'static>(
        &self,
        lane: Lane,
        method: &'static str,
        params: P,
        answer: fn(&View, P) -> Result<T>,
    ) -> Result<T> {
        let snapshot = lock(&self.inner.workspace).snapshot();
        self.answer(lane, method, params, answer, move |_| snapshot).await
    }

    /// The same with a long answer: it is written as JSON where it is made.
    async fn ask_much<P: Send + 'static, T: Serialize + Send + 'static>(
        &self,
        lane: Lane,
        method: &'static str,
        params: P,
        answer: fn(&View, P) -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        let snapshot = lock(&self.inner.workspace).snapshot();
        let write = move |view: &View, params| Ok(answer(view, params)?.and_then(|found| view.put(found)));
        self.answer(lane, method, params, write, move |_| snapshot).await
    }

    /// Answers a request on the whole workspace, from the documents as they are when its turn comes: after the folders have
    /// been looked at.
    async fn ask_workspace<P: Send + 'static, T: Send + 'static>(
        &self,
        method: &'static str,
        params: P,
        answer: fn(&View, P) -> Result<T>,
    ) -> Result<T> {
        self.answer(Lane::Background, method, params, answer, |server| lock(&server.inner.workspace).snapshot()).await
    }

    async fn answer<P: Send + 'static, T: Send + 'static>(
        &self,
        lane: Lane,
        method: &'static str,
        params: P,
        answer: impl FnOnce(&View, P) -> Result<T> + Send + 'static,
        snapshot: impl FnOnce(&Self) -> Arc<Snapshot> + Send + 'static,
    ) -> Result<T> {
        let (server, session, reply) = (self.clone(), self.session(), Reply::current());
        let work = move |cancelled: &crate::lanes::Cancelled| {
            drill(method);
            let snapshot = snapshot(&server);
            answer(&View { snapshot, session, cancelled: cancelled.clone(), reply, server }, params)
        };
        match self.inner.lanes.run(lane, work).await {
            Ok(answer) => answer,
            Err(Lost::Panicked) => {
                let kept = self.inner.replay.as_ref().map(|replay| replay.keep().display().to_string());
                let kept = kept.map_or_else(String::new, |path| format!("; what led to it is in {path}"));
                self.log(MessageType::ERROR, format!("`{method}` failed; the server goes on{kept}"));
                let message = format!("`{method}` failed on this version of the document; the server goes on");
                Err(Error { code: ErrorCode::InternalError, message: message.into(), data: None })
            }
            Err(Lost::Ended) => Err(Error::internal_error()),
        }
    }

    fn session(&self) -> Arc<Session> {
        Arc::clone(self.inner.session.get_or_init(Arc::default))
    }

    /// Puts a line into the client's log.
    fn log(&self, typ: MessageType, message: String) {
        self.inner.outbox.notify("window/logMessage", LogMessageParams { typ, message });
    }
}

/// Fails or dawdles where a test says so: `OAL_LSP_DRILL=panic:METHOD`, `OAL_LSP_DRILL=sleep:METHOD:MILLISECONDS`.
#[cfg(debug_assertions)]
#[expect(clippy::panic, reason = "this is what it is for")]
fn drill(method: &str) {
    let Some(drills) = std::env::var_os("OAL_LSP_DRILL") else { return };
    for drill in drills.to_string_lossy().split(',') {
        match drill.split(':').collect::<Vec<_>>().as_slice() {
            ["panic", name] if *name == method || *name == "all" => panic!("the drill"),
            ["sleep", name, time] if *name == method => {
                std::thread::sleep(std::time::Duration::from_millis(time.parse().unwrap_or(0)));
            }
            _ => {}
        }
    }
}

#[cfg(not(debug_assertions))]
fn drill(_: &str) {}

impl LanguageServer for Server {
    // The session.
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        self.start_session(params)
    }
    async fn initialized(&self, _: InitializedParams) {
        self.begin();
    }
    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }
    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        self.change_settings(params.settings);
    }
    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        self.change_folders(params.event);
    }
    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        self.files_changed(params.changes.iter().map(|change| change.uri.as_str()));
    }
    async fn did_create_files(&self, params: CreateFilesParams) {
        self.files_changed(params.files.iter().map(|file| file.uri.as_str()));
    }
    async fn did_rename_files(&self, params: RenameFilesParams) {
        self.files_changed(params.files.iter().flat_map(|file| [file.old_uri.as_str(), file.new_uri.as_str()]));
    }
    async fn did_delete_files(&self, params: DeleteFilesParams) {
        self.files_changed(params.files.iter().map(|file| file.uri.as_str()));
    }

    // Documents.
    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        self.open_document(params.text_document);
    }
    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        self.change_document(params);
    }
    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        self.close_document(&params.text_document.uri);
    }

    // Diagnostics.
    async fn diagnostic(&self, params: DocumentDiagnosticParams) -> Result<DocumentDiagnosticReportResult> {
        self.ask(Lane::Display, "textDocument/diagnostic", params, diagnostics::document).await
    }
    async fn workspace_diagnostic(&self, params: WorkspaceDiagnosticParams) -> Result<WorkspaceDiagnosticReportResult> {
        self.ask_workspace("workspace/diagnostic", params, diagnostics::workspace).await
    }

    // What the text alone tells.
    async fn folding_range(&self, params: FoldingRangeParams) -> Result<Option<Vec<FoldingRange>>> {
        self.ask_much(Lane::Display, "textDocument/foldingRange", params, folding::ranges).await
    }

    // From names to words, declarations and uses.
    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        self.ask(Lane::Interactive, "textDocument/hover", params, navigation::hover).await
    }
    async fn goto_definition(&self, params: GotoDefinitionParams) -> Result<Option<GotoDefinitionResponse>> {
        self.ask(Lane::Interactive, "textDocument/definition", params, navigation::definition).await
    }
    async fn goto_declaration(&self, params: GotoDeclarationParams) -> Result<Option<GotoDeclarationResponse>> {
        self.ask(Lane::Interactive, "textDocument/declaration", params, navigation::declaration).await
    }
    async fn goto_type_definition(
        &self,
        params: GotoTypeDefinitionParams,
    ) -> Result<Option<GotoTypeDefinitionResponse>> {
        self.ask(Lane::Interactive, "textDocument/typeDefinition", params, navigation::type_definition).await
    }
    async fn goto_implementation(
        &self,
        params: GotoImplementationParams,
    ) -> Result<Option<GotoImplementationResponse>> {
        self.ask(Lane::Background, "textDocument/implementation", params, navigation::implementation).await
    }
    async fn references(&self, params: ReferenceParams) -> Result<Option<Vec<Location>>> {
        self.ask_much(Lane::Background, "textDocument/references", params, navigation::references).await
    }
    async fn document_highlight(&self, params: DocumentHighlightParams) -> Result<Option<Vec<DocumentHighlight>>> {
        self.ask(Lane::Interactive, "textDocument/documentHighlight", params, navigation::highlights).await
    }

    // Renaming.
    async fn prepare_rename(&self, params: TextDocumentPositionParams) -> Result<Option<PrepareRenameResponse>> {
        self.ask(Lane::Interactive, "textDocument/prepareRename", params, rename::prepare).await
    }
    async fn rename(&self, params: RenameParams) -> Result<Option<WorkspaceEdit>> {
        self.ask(Lane::Background, "textDocument/rename", params, rename::rename).await
    }
    async fn will_rename_files(&self, params: RenameFilesParams) -> Result<Option<WorkspaceEdit>> {
        self.ask_workspace("workspace/willRenameFiles", params, rename::files).await
    }

    // Outlines and hierarchies.
    async fn document_symbol(&self, params: DocumentSymbolParams) -> Result<Option<DocumentSymbolResponse>> {
        self.ask(Lane::Display, "textDocument/documentSymbol", params, symbols::document).await
    }
    async fn symbol(&self, params: WorkspaceSymbolParams) -> Result<Option<WorkspaceSymbolResponse>> {
        self.ask_workspace("workspace/symbol", params, symbols::workspace).await
    }
    async fn prepare_type_hierarchy(
        &self,
        params: TypeHierarchyPrepareParams,
    ) -> Result<Option<Vec<TypeHierarchyItem>>> {
        self.ask(Lane::Interactive, "textDocument/prepareTypeHierarchy", params, hierarchy::prepare_types).await
    }
    async fn supertypes(&self, params: TypeHierarchySupertypesParams) -> Result<Option<Vec<TypeHierarchyItem>>> {
        self.ask(Lane::Background, "typeHierarchy/supertypes", params, hierarchy::supertypes).await
    }
    async fn subtypes(&self, params: TypeHierarchySubtypesParams) -> Result<Option<Vec<TypeHierarchyItem>>> {
        self.ask(Lane::Background, "typeHierarchy/subtypes", params, hierarchy::subtypes).await
    }
    async fn prepare_call_hierarchy(
        &self,
        params: CallHierarchyPrepareParams,
    ) -> Result<Option<Vec<CallHierarchyItem>>> {
        self.ask(Lane::Interactive, "textDocument/prepareCallHierarchy", params, hierarchy::prepare_calls).await
    }
    async fn incoming_calls(
        &self,
        params: CallHierarchyIncomingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyIncomingCall>>> {
        self.ask(Lane::Background, "callHierarchy/incomingCalls", params, hierarchy::incoming).await
    }
    async fn outgoing_calls(
        &self,
        params: CallHierarchyOutgoingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyOutgoingCall>>> {
        self.ask(Lane::Background, "callHierarchy/outgoingCalls", params, hierarchy::outgoing).await
    }

    // Lines above declarations and words between words.
    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        self.ask_much(Lane::Display, "textDocument/codeLens", params, hints::lenses).await
    }
    async fn code_lens_resolve(&self, params: CodeLens) -> Result<CodeLens> {
        self.ask(Lane::Background, "codeLens/resolve", params, hints::resolve_lens).await
    }
    async fn inlay_hint(&self, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
        self.ask_much(Lane::Display, "textDocument/inlayHint", params, hints::inlay).await
    }
    async fn inlay_hint_resolve(&self, params: InlayHint) -> Result<InlayHint> {
        self.ask(Lane::Interactive, "inlayHint/resolve", params, hints::resolve_inlay).await
    }

    // While writing.
    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        self.ask_much(Lane::Interactive, "textDocument/completion", params, completion::complete_at).await
    }
    async fn completion_resolve(&self, params: CompletionItem) -> Result<CompletionItem> {
        self.ask(Lane::Interactive, "completionItem/resolve", params, completion::resolve).await
    }
    async fn signature_help(&self, params: SignatureHelpParams) -> Result<Option<SignatureHelp>> {
        self.ask(Lane::Interactive, "textDocument/signatureHelp", params, completion::signature_at).await
    }
    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        self.ask(Lane::Interactive, "textDocument/codeAction", params, actions::at).await
    }
    async fn code_action_resolve(&self, params: CodeAction) -> Result<CodeAction> {
        self.ask(Lane::Interactive, "codeAction/resolve", params, actions::resolve).await
    }
    async fn formatting(&self, params: DocumentFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        self.ask(Lane::Interactive, "textDocument/formatting", params, writing::document).await
    }
    async fn range_formatting(&self, params: DocumentRangeFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        self.ask(Lane::Interactive, "textDocument/rangeFormatting", params, writing::range).await
    }
    async fn on_type_formatting(&self, params: DocumentOnTypeFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        self.ask(Lane::Interactive, "textDocument/onTypeFormatting", params, writing::on_type).await
    }
    async fn linked_editing_range(&self, params: LinkedEditingRangeParams) -> Result<Option<LinkedEditingRanges>> {
        self.ask(Lane::Interactive, "textDocument/linkedEditingRange", params, writing::linked).await
    }

    // Colours, selections and links.
    async fn semantic_tokens_full(&self, params: SemanticTokensParams) -> Result<Option<SemanticTokensResult>> {
        self.ask_much(Lane::Display, "textDocument/semanticTokens/full", params, tokens::full).await
    }
    async fn semantic_tokens_full_delta(
        &self,
        params: SemanticTokensDeltaParams,
    ) -> Result<Option<SemanticTokensFullDeltaResult>> {
        self.ask_much(Lane::Display, "textDocument/semanticTokens/full/delta", params, tokens::delta).await
    }
    async fn semantic_tokens_range(
        &self,
        params: SemanticTokensRangeParams,
    ) -> Result<Option<SemanticTokensRangeResult>> {
        self.ask_much(Lane::Display, "textDocument/semanticTokens/range", params, tokens::range).await
    }
    async fn selection_range(&self, params: SelectionRangeParams) -> Result<Option<Vec<SelectionRange>>> {
        self.ask(Lane::Interactive, "textDocument/selectionRange", params, writing::selections).await
    }
    async fn document_link(&self, params: DocumentLinkParams) -> Result<Option<Vec<DocumentLink>>> {
        self.ask(Lane::Display, "textDocument/documentLink", params, writing::links).await
    }
}
