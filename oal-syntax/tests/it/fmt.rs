//! The formatter: what it makes of each construct (cases in `tests/data/fmt/*.md`), and its laws on all of them, on random
//! programs, and with a comment at every place where one can stand.

#[path = "../support/fmt_laws.rs"]
mod fmt_laws;
#[path = "../support/gen.rs"]
mod r#gen;

use fmt_laws::{fmt_laws, fmt_quick_laws, formatted};
use oal_syntax::fmt::{Refused, format};
use oal_syntax::lexer::tokens;
use oal_syntax::parse;
use oal_syntax::token::TokenKind;
use std::path::{Path, PathBuf};

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/fmt")
}

/// A case: a heading, prose, a program, and what becomes of it (`oal formatted`); a program that is formatted already has
/// only the latter.
struct Case {
    name: String,
    source: String,
    expected: String,
}

/// The cases of a file, and the file as it would be were each expectation what the formatter makes now.
fn cases(text: &str) -> (Vec<Case>, String) {
    let (mut cases, mut now) = (Vec::new(), String::new());
    let (mut name, mut source) = (String::new(), None);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        now.push_str(line);
        now.push('\n');
        if let Some(title) = line.strip_prefix("## ") {
            title.clone_into(&mut name);
        }
        let Some(label) = line.strip_prefix("````").filter(|label| !label.is_empty()) else { continue };
        let mut block = String::new();
        for line in lines.by_ref().take_while(|line| *line != "````") {
            block.push_str(line);
            block.push('\n');
        }
        if label == "oal" {
            now.push_str(&block);
            source = Some(block);
        } else {
            let source = source.take().unwrap_or_else(|| block.clone());
            let parsed = parse(&source);
            match format(&source, &parsed) {
                Ok(new) => now.push_str(&new),
                Err(refused) => panic!("{name}: {refused:?}: {:?}", parsed.errors),
            }
            cases.push(Case { name: name.clone(), source, expected: block });
        }
        now.push_str("````\n");
    }
    (cases, now)
}

fn all_cases(update: bool) -> Vec<Case> {
    let mut files: Vec<_> = std::fs::read_dir(data()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let (cases, now) = cases(&text);
        if update && std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, now).unwrap();
        }
        all.extend(cases);
    }
    all
}

#[test]
fn cases_come_out_as_shown() {
    for Case { name, source, expected } in all_cases(true) {
        let new = formatted(&source).unwrap_or_else(|| panic!("{name}: {:?}", parse(&source).errors));
        assert!(new == expected, "{name}:\n---- expected\n{expected}---- found\n{new}");
        assert!(
            source.contains("// wide") || new.lines().all(|line| line.chars().count() <= 100),
            "{name}: wide\n{new}"
        );
    }
}

#[test]
fn cases_keep_the_laws() {
    for case in all_cases(false) {
        fmt_laws(&case.source);
        fmt_laws(&case.expected);
        fmt_laws(&case.source.replace('\n', "\r\n"));
    }
}

/// One comment at each place alone, and comments at all places at once.
#[test]
fn comments_survive_at_every_place() {
    const REMARKS: [&str; 3] = [" // c\n", "\n// c\n", "\n\n/// c\n"];
    let mut turn = 0;
    for Case { source, expected, .. } in all_cases(false) {
        for at in boundaries(&source) {
            turn += 1;
            fmt_quick_laws(&format!("{}{}{}", &source[..at], REMARKS[turn % REMARKS.len()], &source[at..]));
        }
        for source in [&source, &expected] {
            for remark in REMARKS {
                let mut everywhere = String::new();
                let mut last = 0;
                for at in boundaries(source) {
                    everywhere.push_str(&source[last..at]);
                    everywhere.push_str(remark);
                    last = at;
                }
                everywhere.push_str(&source[last..]);
                fmt_laws(&everywhere);
            }
        }
    }
}

/// Where a comment can stand: before and after each token that is in no hole of a text.
fn boundaries(source: &str) -> Vec<usize> {
    let mut places = Vec::new();
    let mut holes = 0;
    for token in tokens(source).tokens {
        if holes == 0 {
            places.push(token.span.start as usize);
        }
        match token.kind {
            TokenKind::TextStart => holes += 1,
            TokenKind::TextEnd => holes -= 1,
            _ => {}
        }
        if holes == 0 {
            let end = token.span.end as usize;
            let colon = source[end..].find(':').filter(|_| token.kind == TokenKind::Key);
            places.push(colon.map_or(end, |colon| end + colon + 1));
        }
    }
    places.dedup();
    places
}

/// How many random programs a law is tried on.
const TRIES: u64 = 150;

#[test]
fn random_programs_keep_the_laws() {
    for seed in 0..TRIES {
        for len in [30, 300, 2000] {
            fmt_laws(&r#gen::program(&r#gen::bytes(seed, len)));
        }
    }
}

/// What is on one line is joined and broken again to the same.
#[test]
fn layout_of_what_has_no_brackets_does_not_matter() {
    for seed in 0..TRIES {
        let tokens = r#gen::tokens(&mut r#gen::Choices::new(&r#gen::bytes(seed, 1000)));
        let flat = tokens.join(" ");
        fmt_laws(&flat);
        fmt_laws(&tokens.join("\n"));
    }
}

#[test]
fn broken_programs_are_refused() {
    let source = "app shop { owner: }\nservice api { image \"x\" }\n";
    let parsed = parse(source);
    let Err(Refused::Syntax(spans)) = format(source, &parsed) else { panic!("formatted") };
    assert_eq!(spans.len(), parsed.errors.len());
    assert!(!spans.is_empty());
}

/// The files that users see first are as the formatter writes them.
#[test]
fn examples_and_prelude_are_formatted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders = vec![root.join("examples"), root.join("oal-check/std")];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "oal") {
                let source = std::fs::read_to_string(&path).unwrap();
                fmt_laws(&source);
                let new = formatted(&source).unwrap();
                if std::env::var_os("UPDATE").is_some() {
                    std::fs::write(&path, new).unwrap();
                } else {
                    assert!(new == source, "{} is not formatted, `UPDATE=1 cargo test` does it", path.display());
                }
                count += 1;
            }
        }
    }
    assert!(count > 20);
}

/// Every well formed program of the specification and the error pages keeps the laws.
#[test]
fn programs_in_the_documents_keep_the_laws() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut count = 0;
    for folder in ["grammar/spec", "oal-check/docs/errors"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap_or_default();
            for block in text.split("\n```oal").skip(1) {
                let block = block.split_once('\n').unwrap().1.split("\n```").next().unwrap();
                if formatted(block).is_some() {
                    fmt_laws(block);
                    count += 1;
                }
            }
        }
    }
    assert!(count > 100, "{count}");
}

/// A tree of another text must not become a loss.
#[test]
fn a_foreign_tree_is_refused() {
    let parsed = parse("app shop { owner: \"a\" }\n");
    assert!(format("app shop { title: \"a\" }\n", &parsed).is_ok());
    assert!(matches!(format("app shop { owner: \"a\", b: 1 }\n", &parsed), Err(Refused::Changed { .. })));
    assert!(matches!(format("", &parsed), Err(Refused::Changed { .. })));
}

#[test]
fn nothing_stays_nothing() {
    for source in ["", "\n", "  \r\n\t\n", "\u{feff}"] {
        assert_eq!(formatted(source).as_deref(), Some(""));
    }
    assert_eq!(formatted("\n\n// why").as_deref(), Some("// why\n"));
}

/// What the parser takes, however odd: cases with tokens left out, doubled and swapped.
#[test]
fn changed_programs_keep_the_laws_or_are_refused() {
    let mut kept = 0;
    for (seed, case) in all_cases(false).iter().cycle().take(TRIES as usize * 4).enumerate() {
        let bytes = r#gen::bytes(seed as u64, 64);
        let mut choices = r#gen::Choices::new(&bytes);
        let read = tokens(&case.source).tokens;
        let mut pieces: Vec<&str> = Vec::new();
        let mut last = 0;
        for token in &read {
            pieces.push(&case.source[last..token.span.end as usize]);
            last = token.span.end as usize;
        }
        for _ in 0..=choices.below(3) {
            let at = (choices.below(256) * 256 + choices.below(256)) % pieces.len();
            let other = (at + choices.below(8)) % pieces.len();
            match choices.below(3) {
                0 => drop(pieces.remove(at)),
                1 => pieces.insert(at, pieces[other]),
                _ => pieces.swap(at, other),
            }
        }
        let source = format!("{}{}", pieces.concat(), &case.source[last..]);
        if formatted(&source).is_some() {
            fmt_laws(&source);
            kept += 1;
        }
    }
    assert!(kept > 20, "{kept}");
}

/// Nested so deep that any attempt repeated on each level would be seen: each must end within a line.
#[test]
fn deep_and_long_texts_take_linear_time() {
    let deep = format!("let x = {}1{}\n", "[".repeat(100), "]".repeat(100));
    fmt_laws(&deep);
    let long = format!("let x = [{}]\n", vec!["(((((((((((1 + a.b)))))))))))"; 20_000].join(","));
    assert!(formatted(&long).unwrap().lines().count() >= 20_000);
    let chain = format!("let x = {}\n", vec!["a"; 50_000].join(" + "));
    assert!(formatted(&chain).unwrap().lines().count() >= 50_000);
}
