//! What the server says it can do: all that it answers, and nothing else. Whoever adds a request adds it here.

use serde_json::Value;
use tower_lsp::ls_types::{
    CallHierarchyServerCapability, CodeLensOptions, DeclarationCapability, DiagnosticOptions,
    DiagnosticServerCapabilities, DocumentLinkOptions, DocumentOnTypeFormattingOptions, FileOperationFilter,
    FileOperationPattern, FileOperationPatternKind, FileOperationRegistrationOptions, FoldingRangeProviderCapability,
    HoverProviderCapability, ImplementationProviderCapability, InitializeResult, InlayHintOptions,
    InlayHintServerCapabilities, LinkedEditingRangeServerCapabilities, OneOf, RenameOptions,
    SelectionRangeProviderCapability, SemanticTokensFullOptions, SemanticTokensOptions,
    SemanticTokensServerCapabilities, ServerCapabilities, ServerInfo, TextDocumentSyncCapability, TextDocumentSyncKind,
    TextDocumentSyncOptions, TypeDefinitionProviderCapability, WorkDoneProgressOptions,
    WorkspaceFileOperationsServerCapabilities, WorkspaceFoldersServerCapabilities, WorkspaceServerCapabilities,
};

use super::Session;
use crate::convert;

/// The commands of ours that a client can run, which it says by `experimental: { commands: { commands: ["oal.showIr", …] } }`. Lines
/// above declarations run such; where a client knows none there are no lines.
pub(super) fn commands(experimental: Option<&Value>) -> Vec<String> {
    let known = experimental.and_then(|experimental| experimental.pointer("/commands/commands")?.as_array());
    known.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The answer to `initialize`.
pub(super) fn answer(session: &Session) -> InitializeResult {
    InitializeResult {
        capabilities: capabilities(session),
        server_info: Some(ServerInfo { name: "oal-lsp".to_owned(), version: Some(crate::VERSION.to_owned()) }),
        offset_encoding: None,
    }
}

fn capabilities(session: &Session) -> ServerCapabilities {
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::INCREMENTAL),
        ..TextDocumentSyncOptions::default()
    };
    let folders =
        WorkspaceFoldersServerCapabilities { supported: Some(true), change_notifications: Some(OneOf::Left(true)) };
    let diagnostics = DiagnosticOptions {
        identifier: Some("oal".to_owned()),
        inter_file_dependencies: true,
        workspace_diagnostics: true,
        ..DiagnosticOptions::default()
    };
    ServerCapabilities {
        position_encoding: Some(convert::encoding_kind(session.encoding)),
        text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
        diagnostic_provider: Some(DiagnosticServerCapabilities::Options(diagnostics)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        declaration_provider: Some(DeclarationCapability::Simple(true)),
        type_definition_provider: Some(TypeDefinitionProviderCapability::Simple(true)),
        implementation_provider: Some(ImplementationProviderCapability::Simple(true)),
        references_provider: Some(OneOf::Left(true)),
        document_highlight_provider: Some(OneOf::Left(true)),
        document_symbol_provider: Some(OneOf::Left(true)),
        workspace_symbol_provider: Some(OneOf::Left(true)),
        rename_provider: Some(rename(session)),
        call_hierarchy_provider: Some(CallHierarchyServerCapability::Simple(true)),
        code_lens_provider: Some(CodeLensOptions { resolve_provider: Some(true) }),
        inlay_hint_provider: Some(OneOf::Right(InlayHintServerCapabilities::Options(InlayHintOptions {
            resolve_provider: Some(true),
            ..InlayHintOptions::default()
        }))),
        completion_provider: Some(super::completion::options()),
        signature_help_provider: Some(super::completion::signature_options()),
        code_action_provider: Some(super::actions::provider(session)),
        document_formatting_provider: Some(OneOf::Left(true)),
        document_range_formatting_provider: Some(OneOf::Left(true)),
        document_on_type_formatting_provider: Some(DocumentOnTypeFormattingOptions {
            first_trigger_character: "}".to_owned(),
            more_trigger_character: Some(vec!["\n".to_owned()]),
        }),
        linked_editing_range_provider: Some(LinkedEditingRangeServerCapabilities::Simple(true)),
        semantic_tokens_provider: Some(SemanticTokensServerCapabilities::SemanticTokensOptions(semantic_tokens())),
        selection_range_provider: Some(SelectionRangeProviderCapability::Simple(true)),
        document_link_provider: Some(DocumentLinkOptions {
            resolve_provider: Some(false),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        }),
        folding_range_provider: Some(FoldingRangeProviderCapability::Simple(true)),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(folders),
            file_operations: Some(file_operations()),
        }),
        ..ServerCapabilities::default()
    }
}

fn semantic_tokens() -> SemanticTokensOptions {
    SemanticTokensOptions {
        legend: super::tokens::legend(),
        range: Some(true),
        full: Some(SemanticTokensFullOptions::Delta { delta: Some(true) }),
        ..SemanticTokensOptions::default()
    }
}

/// A client that cannot ask first is told that there is renaming, and no more.
fn rename(session: &Session) -> OneOf<bool, RenameOptions> {
    let capability = session.client.text_document.as_ref().and_then(|document| document.rename.as_ref());
    if capability.and_then(|rename| rename.prepare_support) == Some(true) {
        return OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        });
    }
    OneOf::Left(true)
}

/// Files and directories whose moving concerns `use`, and whose coming and going does.
fn file_operations() -> WorkspaceFileOperationsServerCapabilities {
    let filter = |glob: &str, kind| FileOperationFilter {
        scheme: Some("file".to_owned()),
        pattern: FileOperationPattern { glob: glob.to_owned(), matches: Some(kind), options: None },
    };
    let filters =
        vec![filter("**/*.oal", FileOperationPatternKind::File), filter("**", FileOperationPatternKind::Folder)];
    let concerned = Some(FileOperationRegistrationOptions { filters });
    WorkspaceFileOperationsServerCapabilities {
        did_create: concerned.clone(),
        did_rename: concerned.clone(),
        did_delete: concerned.clone(),
        will_rename: concerned,
        ..WorkspaceFileOperationsServerCapabilities::default()
    }
}

/// Adds to the answer what the types of the library have no field for.
pub(crate) fn adjust(answer: &mut Value) {
    if let Some(capabilities) = answer.get_mut("capabilities").and_then(Value::as_object_mut) {
        capabilities.insert("typeHierarchyProvider".to_owned(), Value::Bool(true));
    }
}
