//! The lexer: every byte has its place, and what belongs together is one token.

use crate::{programs, props};
use oal_syntax::lexer::tokens;

/// The tokens of a text, one line each: kind and text, then comments and findings.
#[expect(dead_code, reason = "cases follow")]
fn listing(source: &str) -> String {
    let lexed = tokens(source);
    let mut lines: Vec<String> =
        lexed.tokens.iter().map(|token| format!("{:?} {:?}", token.kind, token.span.text(source))).collect();
    lines.extend(lexed.comments.iter().map(|c| format!("// {:?} {:?}", c.kind, c.span.text(source))));
    lines.extend(lexed.errors.iter().map(|e| format!("! {:?} {:?}", e.kind, e.span.text(source))));
    lines.join("\n")
}

#[test]
fn lex_total_on_programs() {
    for (_, source) in programs::all() {
        props::lex_total(&source);
    }
}
