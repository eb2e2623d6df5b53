//! Cases in Markdown, `tests/data/syntax/*.md`: a program in an `oal` block, then what becomes of it in blocks named after what they
//! show: `tokens`, `tree`, `findings`. `UPDATE=1 cargo test` rewrites the latter; read the difference.

use crate::{outline, props};
use oal_syntax::lexer::tokens;
use oal_syntax::source::{Columns, LineIndex};
use std::path::Path;

#[test]
fn cases_are_as_shown() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/syntax");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut wrong = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let now = rewritten(&text);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, now).unwrap();
        } else if now != text {
            let at = now.lines().zip(text.lines()).take_while(|(new, old)| new == old).count();
            let part = |text: &str| text.lines().skip(at).take(8).collect::<Vec<_>>().join("\n");
            wrong.push(format!("{}:{}\n--- there\n{}\n--- here\n{}", file.display(), at + 1, part(&text), part(&now)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The file as it would be were each answer what it is now.
fn rewritten(text: &str) -> String {
    let (mut now, mut source) = (String::new(), String::new());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        now += line;
        now.push('\n');
        let Some(label) = line.strip_prefix("````").filter(|label| !label.is_empty()) else { continue };
        let block: String = lines.by_ref().take_while(|line| *line != "````").map(|line| format!("{line}\n")).collect();
        if label == "oal" {
            now += &block;
            source = visible(&block);
            props::lex_total(&source);
            props::parse_no_panic(&source);
        } else {
            now += &answer(label, &source);
        }
        now += "````\n";
    }
    now
}

/// On one line.
fn shown(text: &str) -> String {
    let seen = |sign: char| if sign.is_control() { sign.escape_default().to_string() } else { sign.to_string() };
    text.chars().map(seen).collect()
}

/// Signs that cannot be seen are written `<U+200B>`.
fn visible(block: &str) -> String {
    let mut text = String::new();
    let mut rest = block;
    while let Some((before, after)) = rest.split_once("<U+") {
        let (code, after) = after.split_once('>').unwrap();
        text += before;
        text.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
        rest = after;
    }
    text + rest
}

fn answer(label: &str, source: &str) -> String {
    match label {
        "tokens" => {
            let lexed = tokens(source);
            let token =
                |token: &oal_syntax::token::Token| format!("{:?} {}\n", token.kind, shown(token.span.text(source)));
            let comment =
                |comment: &oal_syntax::Comment| format!("// {:?} {}\n", comment.kind, shown(comment.span.text(source)));
            lexed.tokens.iter().map(token).chain(lexed.comments.iter().map(comment)).collect()
        }
        "tree" => outline::outline(&oal_syntax::parse(source), source),
        "findings" => findings(source),
        _ => panic!("no answer is called {label}"),
    }
}

/// One line for each finding: line and column, kind, the text it is about, and the other end.
fn findings(source: &str) -> String {
    let lines = LineIndex::new(source);
    let place = |at: u32| {
        let place = lines.position(source, at, Columns::Chars);
        format!("{}:{}", place.line + 1, place.column + 1)
    };
    let finding = |error: &oal_syntax::SyntaxError| {
        let text = shown(error.span.text(source));
        let other = error
            .related
            .map_or(String::new(), |other| format!(", see {} `{}`", place(other.start), shown(other.text(source))));
        format!("{} {:?} `{text}`{other}\n", place(error.span.start), error.kind)
    };
    oal_syntax::parse(source).errors.iter().map(finding).collect()
}
