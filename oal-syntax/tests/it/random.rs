//! Laws on random texts: bytes, signs of the language in any order, programs with parts exchanged.

use crate::{programs, props};
use oal_syntax::lexer::tokens;
use proptest::prelude::*;

/// Words and signs that mean something somewhere, and some that mean nothing.
const WORDS: &[&str] = &[
    "use",
    "app",
    "as",
    "environment",
    "unset",
    "param",
    "let",
    "type",
    "assert",
    "kind",
    "extern",
    "extends",
    "field",
    "output",
    "allow",
    "if",
    "then",
    "else",
    "match",
    "for",
    "in",
    "where",
    "matches",
    "and",
    "or",
    "not",
    "true",
    "null",
    "service",
    "api",
    "a",
    "Type",
    "ENV",
    "a.b",
    "a:",
    "a.b:",
    "\"k\":",
    "a[\"b\"].c:",
    "1",
    "2.5",
    "3s",
    "512Mi",
    "0644",
    "\"x\"",
    "\"",
    "\"a ${",
    "} b\"",
    "\"\"\"",
    "\n\"\"\"\n",
    "r\"",
    "${",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    "?.",
    "?",
    "??",
    "..",
    "..=",
    "=",
    "=>",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "%",
    "|",
    "\n",
    "\n  ",
    "\n    ",
    " ",
    "\t",
    "\r\n",
    "//x\n",
    "/// d\n",
    "#",
    ";",
    "@",
    "'",
    "$",
    "&&",
    "!",
    "а",
    "\u{feff}",
    "\0",
    "\\",
    "/*",
    "*/",
    "<<:",
    "&x",
    "- ",
    ":",
];

fn soup() -> impl Strategy<Value = String> {
    proptest::collection::vec((0..WORDS.len(), any::<bool>()), 0..120).prop_map(|words| {
        words.into_iter().map(|(at, space)| format!("{}{}", WORDS[at], if space { " " } else { "" })).collect()
    })
}

/// A few hundred of each, or with `THOROUGH=1` many thousands.
fn config() -> ProptestConfig {
    let cases = if std::env::var_os("THOROUGH").is_some() { 40_000 } else { 300 };
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_text(source in "\\PC*") {
        props::lex_total(&source);
        props::parse_no_panic(&source);
    }

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let source = String::from_utf8_lossy(&bytes);
        props::lex_total(&source);
        props::parse_no_panic(&source);
    }

    #[test]
    fn any_words(source in soup()) {
        props::lex_total(&source);
        props::parse_no_panic(&source);
    }

    /// A stretch of one program in the place of a stretch of another.
    #[test]
    fn grafts(from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(), cuts in any::<[prop::sample::Index; 4]>()) {
        let all = programs::all();
        let (from, to) = (&all[from.index(all.len())].1, &all[to.index(all.len())].1);
        let cut = |text: &str, at: prop::sample::Index| {
            let tokens = tokens(text).tokens;
            tokens.get(at.index(tokens.len().max(1))).map_or(0, |token| token.span.start as usize)
        };
        let (a, b) = (cut(from, cuts[0]), cut(from, cuts[1]));
        let (c, d) = (cut(to, cuts[2]), cut(to, cuts[3]));
        let source = format!("{}{}{}", &to[..c.min(d)], &from[a.min(b)..a.max(b)], &to[c.max(d)..]);
        props::lex_total(&source);
        props::parse_no_panic(&source);
    }
}
