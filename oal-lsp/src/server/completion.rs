//! Completion and signature help.

use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{
    Command, CompletionItem, CompletionItemKind, CompletionList, CompletionOptions, CompletionParams,
    CompletionResponse, CompletionTextEdit, Documentation, InsertTextFormat, MarkupContent, MarkupKind,
    ParameterInformation, ParameterLabel, SignatureHelp, SignatureHelpOptions, SignatureHelpParams,
    SignatureInformation, TextEdit,
};

use super::View;
use super::view::Held;
use crate::file::File;
use crate::ide::completion::{Directory, DirectoryEntry, Docs, Item, Kind, Request, complete, documentation};
use crate::ide::signature::{Parameter, signature};
use crate::key;
use crate::long;
use oal_check::SourceFile;
use oal_syntax::Span;
use std::sync::Arc;

/// What is advertised of completion.
pub(super) fn options() -> CompletionOptions {
    let signs = [".", "\"", "/", "{", "(", " "];
    CompletionOptions {
        resolve_provider: Some(true),
        trigger_characters: Some(signs.map(str::to_owned).to_vec()),
        ..CompletionOptions::default()
    }
}

/// What is advertised of signature help.
pub(super) fn signature_options() -> SignatureHelpOptions {
    SignatureHelpOptions {
        trigger_characters: Some(vec!["(".to_owned(), ",".to_owned()]),
        retrigger_characters: Some(vec![":".to_owned()]),
        ..SignatureHelpOptions::default()
    }
}

/// The project's directories: what is on disk, and what only an editor has.
pub(super) struct Project<'a> {
    pub(super) view: &'a View,
    pub(super) file: &'a File,
}

impl Directory for Project<'_> {
    fn entries(&self, path: &str) -> Vec<DirectoryEntry> {
        let directory = if path.is_empty() { String::new() } else { format!("{path}/") };
        let mut found = crate::disk::entries(&format!("{}{directory}", self.file.base));
        for opened in self.view.snapshot.opened_below(&self.file.base) {
            if let Some(rest) = opened.strip_prefix(&directory) {
                let (name, is_directory) = rest.split_once('/').map_or((rest, false), |(name, _)| (name, true));
                found.push((name.to_owned(), is_directory));
            }
        }
        found.sort();
        found.dedup();
        found.into_iter().map(|(name, is_directory)| DirectoryEntry { name, is_directory }).collect()
    }

    fn source(&self, path: &str) -> Option<Arc<SourceFile>> {
        let key = key::normal(&format!("{}{path}", self.file.base));
        self.view.snapshot.file_in(&key, &self.file.base).source().ok().cloned()
    }
}

/// `textDocument/completion`: from the text as it is and the last check, so that no answer waits for a check.
pub(super) fn complete_at(view: &View, params: CompletionParams) -> Result<Option<CompletionResponse>> {
    let (file, offset) = view.place(&params.text_document_position)?;
    // A blank asks only where a value or a name follows.
    let context = params.context.as_ref().and_then(|context| context.trigger_character.as_deref());
    if context == Some(" ") && !wants_word(file.text(), offset) {
        return Ok(None);
    }
    let directory = Project { view, file: &file };
    let complete_in = |held: &Held| {
        let window = view.around(held, &file, offset);
        let mut found = complete(Request {
            checked: &held.program.checked,
            file: held.id,
            source: window.text,
            parse: &window.parse,
            offset: offset.saturating_sub(window.start),
            directory: &directory,
        });
        for item in &mut found.items {
            item.replace = Span::new(item.replace.start + window.start, item.replace.end + window.start);
        }
        found
    };
    let answer = at_hand(view, &file, complete_in, |found| found.items.is_empty());
    let Some((mut found, is_newest)) = answer else { return Ok(None) };
    found.incomplete |= found.items.is_empty() && !is_newest;
    let capability = view.session.client.text_document.as_ref().and_then(|document| document.completion.as_ref());
    let item = capability.and_then(|completion| completion.completion_item.as_ref());
    let snippets = item.and_then(|item| item.snippet_support) == Some(true);
    let items = found.items.into_iter().map(|item| convert(view, &file, item, snippets)).collect();
    Ok(Some(CompletionResponse::List(CompletionList { is_incomplete: found.incomplete, items })))
}

/// What the last check says; where that is nothing, and the check is of an older text, what one of the text as it is says, if it takes
/// no longer than anyone waits: the question may be about what was just written. Whether the check was of the text as it is.
fn at_hand<T>(
    view: &View,
    file: &File,
    ask: impl Fn(&Held) -> T,
    is_nothing: impl Fn(&T) -> bool,
) -> Option<(T, bool)> {
    let held = view.programs_at_hand(file).into_iter().next()?;
    let answer = ask(&held);
    if !is_nothing(&answer) || held.program.holds_for(&view.snapshot) {
        return Some((answer, true));
    }
    if held.program.len().max(file.text().len()) >= long::LEAST {
        return Some((answer, false));
    }
    let newest = view.programs(file).into_iter().next();
    Some((newest.map_or(answer, |held| ask(&held)), true))
}

/// Whether a word is due behind the blank that was just typed.
fn wants_word(text: &str, offset: u32) -> bool {
    let before = text.get(..offset as usize).unwrap_or_default().trim_end();
    let signs = [':', '=', ',', '{', '(', '[', '<', '>', '+', '-', '*', '/'];
    let words = ["if", "then", "else", "in", "and", "or", "not", "match", "extends", "use", "unset", "for"];
    let last = before.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
    before.ends_with(signs) || words.contains(&last)
}

fn convert(view: &View, file: &File, item: Item, snippets: bool) -> CompletionItem {
    let more = item.more && !item.label.is_empty();
    let snippet = item.snippet.filter(|_| snippets);
    let format = snippet.is_some().then_some(InsertTextFormat::SNIPPET);
    let edit = TextEdit::new(view.range(file, item.replace), snippet.unwrap_or(item.text));
    let data = item.docs.map(|docs| serde_json::json!({ "uri": file.uri, "docs": docs.to_text() }));
    CompletionItem {
        kind: Some(kind(item.kind)),
        detail: item.detail,
        sort_text: Some(format!("{}{:04}", item.sort.0, item.sort.1)),
        filter_text: Some(item.label.clone()),
        label: item.label,
        insert_text_format: format,
        text_edit: Some(CompletionTextEdit::Edit(edit)),
        // Editors other than Visual Studio Code do not know the command and leave it.
        command: more.then(|| Command::new("Suggest".to_owned(), "editor.action.triggerSuggest".to_owned(), None)),
        data,
        ..CompletionItem::default()
    }
}

/// How the protocol's list of kinds calls ours.
const fn kind(kind: Kind) -> CompletionItemKind {
    match kind {
        Kind::Keyword => CompletionItemKind::KEYWORD,
        Kind::Kind => CompletionItemKind::CLASS,
        Kind::Type => CompletionItemKind::STRUCT,
        Kind::Field => CompletionItemKind::FIELD,
        Kind::Output => CompletionItemKind::PROPERTY,
        Kind::Component | Kind::Param => CompletionItemKind::VARIABLE,
        Kind::Let => CompletionItemKind::CONSTANT,
        Kind::Variant => CompletionItemKind::ENUM_MEMBER,
        Kind::Function => CompletionItemKind::FUNCTION,
        Kind::Namespace => CompletionItemKind::MODULE,
        Kind::File => CompletionItemKind::FILE,
        Kind::Directory => CompletionItemKind::FOLDER,
        Kind::Unit => CompletionItemKind::UNIT,
        Kind::Port => CompletionItemKind::EVENT,
        Kind::Value | Kind::Lint => CompletionItemKind::VALUE,
        Kind::Scaffold => CompletionItemKind::SNIPPET,
    }
}

/// `completionItem/resolve`: the documentation.
pub(super) fn resolve(view: &View, mut item: CompletionItem) -> Result<CompletionItem> {
    let text = |name: &str| item.data.as_ref()?.get(name)?.as_str().map(str::to_owned);
    let (Some(uri), Some(docs)) = (text("uri"), text("docs").and_then(|docs| Docs::from_text(&docs))) else {
        return Ok(item);
    };
    let Some(file) = view.snapshot.file(&key::of_uri(&uri)) else { return Ok(item) };
    let programs = view.programs_at_hand(&file);
    let found = programs.first().and_then(|held| documentation(&held.program.checked, &docs));
    item.documentation = found.map(markdown);
    Ok(item)
}

fn markdown(value: String) -> Documentation {
    Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value })
}

/// `textDocument/signatureHelp`
pub(super) fn signature_at(view: &View, params: SignatureHelpParams) -> Result<Option<SignatureHelp>> {
    let (file, offset) = view.place(&params.text_document_position_params)?;
    let signature_in = |held: &Held| {
        let window = view.around(held, &file, offset);
        let at = offset.saturating_sub(window.start);
        signature(&held.program.checked, held.id, window.text, &window.parse, at)
    };
    let answer = at_hand(view, &file, signature_in, Option::is_none);
    let Some((Some(found), _)) = answer else { return Ok(None) };
    // Offsets in labels are counted in UTF-16 (LSP 3.17, `ParameterInformation`).
    let units = |end: u32| {
        let before = Span::new(0, end).text(&found.label);
        u32::try_from(before.encode_utf16().count()).unwrap_or(u32::MAX)
    };
    let parameter = |parameter: &Parameter| ParameterInformation {
        label: ParameterLabel::LabelOffsets([units(parameter.span.start), units(parameter.span.end)]),
        documentation: parameter.docs.clone().map(markdown),
    };
    let active = found.active.and_then(|active| u32::try_from(active).ok());
    let information = SignatureInformation {
        parameters: Some(found.parameters.iter().map(parameter).collect()),
        documentation: found.docs.clone().map(markdown),
        active_parameter: active,
        label: found.label.clone(),
    };
    Ok(Some(SignatureHelp { signatures: vec![information], active_signature: Some(0), active_parameter: active }))
}
