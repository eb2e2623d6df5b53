//! Answers to an editor's questions, in plain data: files are numbers of the checked program, places are spans of bytes. No
//! protocol, no positions of lines and columns, no IO.

pub mod actions;
pub mod after;
pub mod code_lens;
pub mod completion;
pub mod definition;
pub mod describe;
pub mod document_links;
pub mod document_symbols;
pub mod folding;
pub mod format;
pub mod graph;
pub mod hierarchy;
pub mod hover;
pub mod inlay_hints;
pub mod linked_editing;
pub mod on_type;
pub mod references;
pub mod rename;
pub mod selection;
pub mod semantic_tokens;
pub mod signature;
pub mod will_rename;
pub mod workspace_symbols;

/// An offset or a length in a text, as spans hold it: no text is read that is longer than they can tell.
pub(crate) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
