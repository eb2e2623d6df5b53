//! The grammar of OAL for [tree-sitter](https://tree-sitter.github.io), as editors use it: it colours, folds and indents programs
//! that are half written. What a program means, and what is wrong with it, say `oal-syntax` and `oal-check`.

use tree_sitter_language::LanguageFn;

#[expect(unsafe_code, reason = "the parser is generated as C")]
mod c {
    unsafe extern "C" {
        pub(super) fn tree_sitter_oal() -> *const ();
    }
}

/// The grammar.
#[expect(
    unsafe_code,
    reason = "the function is the one that tree-sitter generated for this crate, which is what `from_raw` asks for"
)]
pub const LANGUAGE: LanguageFn = unsafe { LanguageFn::from_raw(c::tree_sitter_oal) };

/// The names and shapes of the nodes, as JSON.
pub const NODE_TYPES: &str = include_str!("../../src/node-types.json");

/// What to colour.
pub const HIGHLIGHTS_QUERY: &str = include_str!("../../queries/highlights.scm");

/// What to fold.
pub const FOLDS_QUERY: &str = include_str!("../../queries/folds.scm");

/// What to indent.
pub const INDENTS_QUERY: &str = include_str!("../../queries/indents.scm");

/// Which names are known where.
pub const LOCALS_QUERY: &str = include_str!("../../queries/locals.scm");

/// Where text of another language stands.
pub const INJECTIONS_QUERY: &str = include_str!("../../queries/injections.scm");
