//! The lexer on whole programs; single tokens are in `tests/data/syntax/tokens.md`.

use crate::{programs, props};

#[test]
fn lex_total_on_programs() {
    for (_, source) in programs::all() {
        props::lex_total(&source);
    }
}
