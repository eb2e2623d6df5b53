//! What lies beside the grammar is in step with it: the EBNF for reading, the colours for editors.

use crate::programs::root;
use oal_syntax::token::KEYWORDS;
use std::collections::BTreeSet;
use std::fmt::Write as _;

fn grammar() -> String {
    std::fs::read_to_string(root().join("grammar/oal.lalrpop")).unwrap()
}

#[test]
fn one_entry() {
    assert_eq!(grammar().lines().filter(|line| line.starts_with("pub ")).count(), 1);
}

#[test]
fn ebnf_is_fresh() {
    let path = root().join("grammar/oal.ebnf");
    let now = ebnf(&grammar());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == now, "grammar/oal.ebnf is not that of grammar/oal.lalrpop; `UPDATE=1 cargo test` rewrites it");
}

/// The words in the patterns of the editor's colours are the keywords, all of them and no others.
#[test]
fn colours_know_the_keywords() {
    let colours = std::fs::read_to_string(root().join("grammar/oal.tmLanguage.json")).unwrap();
    let coloured: BTreeSet<&str> = colours
        .split("\"match\": \"\\\\b(?:")
        .skip(1)
        .filter_map(|rest| rest.split_once(")\\\\b\""))
        .flat_map(|(words, _)| words.split('|'))
        .collect();
    let keywords: BTreeSet<&str> = KEYWORDS.iter().map(|keyword| keyword.spelling()).collect();
    assert_eq!(coloured, keywords);
}

/// So are the words in the set-ups of editors: between which marks they stand, on lines that say what.
#[test]
fn editors_know_the_keywords() {
    let keywords: BTreeSet<&str> = KEYWORDS.iter().map(|keyword| keyword.spelling()).collect();
    let groups =
        ["oalDeclaration", "oalControl", "oalOperator", "oalBoolean", "oalNull"].map(|name| format!("match {name} "));
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    let constants = ["defconst oal-declarations", "defconst oal-controls", "defconst oal-constants"];
    for (file, starts, open, close) in [
        ("neovim/syntax/oal.vim", groups.as_slice(), "\"\\<", "\\>\""),
        ("emacs/oal-mode.el", constants.as_slice(), "'(", ")"),
        ("kakoune/oal.kak", &["regex \\b(use|", "regex \\b(true|"], "\\b(", ")\\b"),
    ] {
        let text = std::fs::read_to_string(root().join("oal-lsp/editors").join(file)).unwrap();
        let known: BTreeSet<&str> = starts
            .iter()
            .flat_map(|start| text.split(start).skip(1).map(move |rest| (start, rest)))
            .map(
                |(start, rest)| {
                    if start.ends_with('|') { &text[text.len() - rest.len() - start.len()..] } else { rest }
                },
            )
            .filter_map(|rest| rest.split_once(open)?.1.split_once(close))
            .flat_map(|(words, _)| words.split(|sign: char| !sign.is_ascii_lowercase()))
            .filter(|word| !word.is_empty())
            .collect();
        assert_eq!(known, keywords, "{file}");
    }
}

#[test]
fn keywords_are_those_of_the_table() {
    for keyword in KEYWORDS {
        let lexed = oal_syntax::lexer::tokens(keyword.spelling()).tokens;
        assert_eq!(lexed.first().map(|token| token.kind), Some(*keyword));
        assert!(keyword.is_keyword());
    }
}

/// How names, numbers and texts are put together: not part of the grammar, but of reading it.
const LEXICAL: &str = r#"
(* Tokens. White space and comments may stand between any two. *)

name       = ( "a"…"z" | "_" ) { "a"…"z" | "0"…"9" | "_" } ;                 (* and no keyword *)
Name       = "A"…"Z" { "A"…"Z" | "a"…"z" | "0"…"9" | "_" } ;
path       = word "." word { "." word } ;                                     (* ends in lower case; nothing between *)
Path       = word "." word { "." word } ;                                     (* ends in upper case *)
Key        = ( word | text ) ":" ;
PathKey    = word ( "." word | "[" text "]" ) { "." word | "[" text "]" } ":" ;
int        = digit { digit | "_" } ;
number     = int [ "." int ] [ unit ] ;
unit       = "ms" | "s" | "min" | "h" | "d" | "B" | "KB" | "MB" | "GB" | "TB" | "KiB" | "MiB" | "GiB" | "TiB" | "m" | "%" ;
text       = '"' { character | escape } '"' | '"""' newline { character | escape | newline } '"""' | 'r"' { character } '"' ;
textStart  = '"' { character | escape } "${" | '"""' newline { character | escape | newline } "${" ;
textMiddle = "}" { character | escape } "${" ;
textEnd    = "}" { character | escape } ( '"' | '"""' ) ;
escape     = "\n" | "\t" | "\r" | '\"' | "\\" | "\$" | "\u{" hex { hex } "}" ;
comment    = "//" { character } newline ;                                     (* "///" documents what follows, "//!" the file *)
word       = ( "A"…"Z" | "a"…"z" | "_" ) { "A"…"Z" | "a"…"z" | "0"…"9" | "_" } ;
"#;

/// Rules that only recovery uses, and what they stand for.
const INTERNAL: [&str; 9] = [
    "startFile",
    "startExpr",
    "startType",
    "startEntries",
    "startArms",
    "readyExpr",
    "readyType",
    "readyEntries",
    "error",
];

/// The grammar for reading: without actions, without what only recovery needs, with `{ … }` instead of left recursion.
fn ebnf(grammar: &str) -> String {
    let mut out = String::from(
        "(* Made from oal.lalrpop by `UPDATE=1 cargo test -p oal-syntax --test it grammar`. The grammar takes more than the language:\n   \
         spec/ says what is right. *)\n\nFile = Items ;\n",
    );
    let (_, rules) = grammar.split_once("// Declarations.").unwrap();
    let rules: String = rules.lines().filter(|line| !line.starts_with("//")).map(|line| format!("{line}\n")).collect();
    let mut rest = rules.as_str();
    while let Some(at) = rest.find(": ") {
        let name = rest[..at].rsplit(['\n', ' ']).next().unwrap().to_owned();
        let body = &rest[at..];
        let end = body.find("};").unwrap();
        let open = body.find('{').unwrap();
        let alternatives = alternatives(&body[open + 1..end]);
        write_rule(&mut out, &name, &alternatives);
        rest = &body[end + 2..];
    }
    out + LEXICAL
}

/// The alternatives of a rule as lists of symbols.
fn alternatives(body: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let (mut symbols, mut in_action, mut depth) = (Vec::<String>::new(), false, 0usize);
    let mut chars = body.chars().peekable();
    let mut done = |symbols: &mut Vec<String>| {
        let alternative: Vec<String> = std::mem::take(symbols);
        if !alternative.iter().any(|symbol| INTERNAL.contains(&symbol.as_str())) && !found.contains(&alternative) {
            found.push(alternative);
        }
    };
    while let Some(sign) = chars.next() {
        match sign {
            '"' => {
                let text: String = chars.by_ref().take_while(|sign| *sign != '"').collect();
                if !in_action {
                    symbols.push(format!("\"{text}\""));
                }
            }
            '/' if chars.peek() == Some(&'/') => while chars.next_if(|sign| *sign != '\n').is_some() {},
            '=' if chars.peek() == Some(&'>') && !in_action => in_action = true,
            '(' | '{' if in_action => depth += 1,
            ')' | '}' if in_action => depth -= 1,
            ',' if depth == 0 => {
                done(&mut symbols);
                in_action = false;
            }
            _ if in_action => {}
            sign if sign.is_alphabetic() => {
                let mut word = String::from(sign);
                while let Some(next) = chars.next_if(|next| next.is_alphanumeric() || *next == '_') {
                    word.push(next);
                }
                // What stands before a colon is a binding.
                if chars.peek() == Some(&':') {
                    chars.next();
                } else {
                    symbols.push(word);
                }
            }
            _ => {}
        }
    }
    if !symbols.is_empty() {
        done(&mut symbols);
    }
    found
}

fn write_rule(out: &mut String, name: &str, alternatives: &[Vec<String>]) {
    let (again, base): (Vec<_>, Vec<_>) =
        alternatives.iter().partition(|alternative| alternative.first().is_some_and(|first| first == name));
    let joined = |parts: &[String]| parts.join(" ");
    let bases: Vec<String> = base.iter().filter(|parts| !parts.is_empty()).map(|parts| joined(parts)).collect();
    let optional = base.iter().any(|parts| parts.is_empty());
    let agains: Vec<String> = again.iter().map(|parts| joined(&parts[1..])).collect();
    let mut lines = Vec::new();
    if agains.is_empty() {
        lines.extend(bases.iter().cloned());
        if optional {
            lines.push("(* nothing *)".to_owned());
        }
    } else {
        let start = if bases.len() > 1 { format!("( {} ) ", bases.join(" | ")) } else { bases.concat() };
        let start = if start.is_empty() || start.ends_with(' ') { start } else { format!("{start} ") };
        let start = if optional && !start.is_empty() { format!("[ {}] ", start) } else { start };
        lines.push(format!("{start}{{ {} }}", agains.join(" | ")));
    }
    let separator = format!("\n{}| ", " ".repeat(name.len() + 1));
    let one_line = format!("{name} = {} ;", lines.join(" | "));
    if one_line.len() <= 120 {
        writeln!(out, "{one_line}").unwrap();
    } else if lines.len() == 1 {
        let inner = lines[0].replace(" | ", &format!("\n{} | ", " ".repeat(name.len() + 2)));
        writeln!(out, "{name} = {inner} ;").unwrap();
    } else {
        writeln!(out, "{name} = {} ;", lines.join(&separator)).unwrap();
    }
}
