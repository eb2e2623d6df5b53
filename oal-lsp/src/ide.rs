//! Answers to an editor's questions, in plain data: files are numbers of the checked program, places are spans of bytes. No
//! protocol, no positions of lines and columns, no IO.

pub mod actions;
pub mod completion;
pub mod document_links;
pub mod folding;
pub mod format;
pub mod on_type;
pub mod selection;
pub mod semantic_tokens;
