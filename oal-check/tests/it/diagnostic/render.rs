//! The forms for people: drawn, plain, short.

use oal_check::diagnostic::{Counts, Style, codes, plain, render, short, sort_and_fold};
use oal_check::diagnostic::{Diagnostic, Fix, Severity};
use oal_syntax::{FileId, Span};
use proptest::prelude::*;

use super::samples::{APP, Files, LIB, findings, shop};
use crate::golden;

fn both(files: &Files, diagnostics: &[Diagnostic]) -> String {
    let mut text = String::new();
    for (name, source) in &files.0 {
        text.push_str(&format!("# {name}\n{source}\n"));
    }
    text + &render(diagnostics, files, Style::default())
}

#[test]
fn findings_of_a_program_in_two_files() {
    let files = shop();
    let found = findings(&files);
    golden::data("diagnostic/human.txt", &both(&files, &found));
    golden::data("diagnostic/plain.txt", &plain(&found, &files));
    golden::data("diagnostic/short.txt", &short(&found, &files));
    golden::data("diagnostic/ascii.txt", &render(&found, &files, Style { ascii: true, ..Style::default() }));
    let color = render(&found, &files, Style { color: true, ..Style::default() });
    golden::data("diagnostic/color.txt", &color.replace('\u{1b}', "␛"));
}

#[test]
fn colour_carries_no_meaning() {
    let files = shop();
    let found = findings(&files);
    let color = render(&found, &files, Style { color: true, ..Style::default() });
    let mut bare = String::new();
    for part in color.split('\u{1b}') {
        bare.push_str(part.strip_prefix('[').and_then(|part| part.split_once('m')).map_or(part, |(_, rest)| rest));
    }
    assert_eq!(bare, render(&found, &files, Style::default()));
}

#[test]
fn awkward_sources_are_drawn() {
    let mut text = String::new();
    let mut show = |what: &str, source: &str, span: Span| {
        let files = Files::one(source);
        let found = [Diagnostic::new(&codes::UNKNOWN_NAME, APP, span, "a title").label("here")];
        text.push_str(&format!("# {what}\n{}", render(&found, &files, Style { width: 60, ..Style::default() })));
    };
    show("empty file", "", Span::empty(0));
    show("end of a file without a last line feed", "app x {", Span::empty(7));
    show("end of a file with a last line feed", "app x {}\n", Span::empty(9));
    show("past the end", "app x {}\n", Span::new(90, 99));
    show("empty span inside a line", "app x {}\n", Span::empty(4));
    show("line end of CRLF", "app x {\r\n  owner: 1\r\n}\r\n", Span::new(18, 18));
    show("span over the CR and LF", "app x {\r\n  owner: 1\r\n}\r\n", Span::new(18, 21));
    show("tabs", "app x {\n\towner:\t1\n}\n", Span::new(16, 17));
    show("wide characters", "let 名前 = \"東京\" + x\n", Span::new(24, 25));
    show("a combining character", "let x = \"e\u{301}\" + y\n", Span::new(16, 17));
    show("inside a character", "let é = 1\n", Span::new(5, 6));
    show("an escape sequence", "let x = \"\u{1b}[2Jgone\" + y\n", Span::new(19, 20));
    show("a NUL and a bell", "let \0x = \u{7}y\n", Span::new(10, 11));
    show("direction override", "let x = \"\u{202e}drowssap\" + y\n", Span::new(23, 24));
    show("byte order mark", "\u{feff}app x {}\n", Span::new(3, 6));
    show("a span of many lines", "app x {\n  a: 1\n  b: 2\n  c: 3\n}\n", Span::new(6, 30));
    show("a lone carriage return", "let a = 1\rlet b = c\n", Span::new(18, 19));
    show("line separator", "let a = \"\u{2028}\" + c\n", Span::new(16, 17));
    let long = format!("let x = \"{}\" + y + \"{}\"\n", "a".repeat(500_000), "é".repeat(250_000));
    show("a line of a megabyte", &long, Span::new(500_013, 500_014));
    show("the start of that line", &long, Span::new(4, 5));
    show("the end of that line", &long, Span::empty(u32::try_from(long.len() - 1).unwrap()));
    show("all of that line", &long, Span::new(0, u32::try_from(long.len()).unwrap()));
    golden::data("diagnostic/awkward.txt", &text);
}

#[test]
fn nothing_of_a_user_reaches_the_terminal_raw() {
    let evil = "\u{1b}[31mred\u{7}\u{202e}\u{0}\r\u{85}\u{9b}";
    let files = Files(vec![("\u{1b}]0;owned\u{7}.oal", format!("let {evil} = 1\n"))]);
    let found = [Diagnostic::new(&codes::UNKNOWN_NAME, APP, Span::new(4, 9), evil)
        .label(evil)
        .secondary(APP, Span::new(0, 1), evil)
        .help(evil)
        .note(evil)
        .fix(Fix::sure(evil, APP, Span::new(0, 3), evil))
        .environment(evil)];
    for text in [render(&found, &files, Style::default()), plain(&found, &files), short(&found, &files)] {
        assert!(!text.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'), "{text:?}");
    }
    assert_eq!(short(&found, &files).lines().count(), 1);
}

#[test]
fn a_finding_is_short() {
    let source: String = (0..40).map(|line| format!("line_{line}: 1\n\n\n\n")).collect();
    let files = Files(vec![("app.oal", source.clone()), ("lib/web.oal", source)]);
    let mut found = Diagnostic::new(&codes::START_CYCLE, APP, files.find(0, "line_3", 0), "`a` waits for itself")
        .label("starts here");
    for hop in 4..30 {
        let file = if hop % 2 == 0 { APP } else { LIB };
        found = found.secondary(file, files.find(file.0, &format!("line_{hop}"), 0), format!("hop {hop}"));
    }
    found = found.help("let one of them start without the other").environments((0..30).map(|env| format!("env_{env}")));
    let text = render(&[found], &files, Style::default());
    assert!(text.lines().count() <= 14, "{text}");
    golden::data("diagnostic/long.txt", &text);
}

#[test]
fn two_labels_on_one_line_and_one_file_twice() {
    let files =
        Files::one("environment prod {\n  replicas: 1\n  replicas: 2\n}\n\n\nservice a { ports: { x: 80, y: 80 } }\n");
    let found = [
        Diagnostic::new(&codes::SET_TWICE, APP, files.find(0, "replicas", 1), "`prod` sets `replicas` twice")
            .label("second")
            .secondary(APP, files.find(0, "replicas", 0), "first"),
        Diagnostic::new(&codes::PORT_NUMBER_CLASH, APP, files.find(0, "80", 1), "two ports of `service a` are 80")
            .label("`y` is 80")
            .secondary(APP, files.find(0, "80", 0), "and so is `x`"),
    ];
    golden::data("diagnostic/labels.txt", &both(&files, &found));
}

#[test]
fn the_same_finding_of_several_environments_is_one() {
    let make = |env: &str| {
        Diagnostic::new(&codes::DIVISION_BY_ZERO, APP, Span::new(5, 6), "a division by zero").environment(env)
    };
    let mut found = vec![make("dev"), make("staging"), make("dev"), make("prod").help("another one")];
    sort_and_fold(&mut found, |file| file.0 as usize);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].environments, ["dev", "staging"]);
    assert_eq!(found[1].environments, ["prod"]);
}

#[test]
fn a_finding_of_the_text_itself_absorbs_those_of_environments() {
    let make = || Diagnostic::new(&codes::UNKNOWN_NAME, APP, Span::new(5, 6), "no `x`");
    let mut found = vec![make().environment("dev"), make(), make().environment("prod")];
    sort_and_fold(&mut found, |file| file.0 as usize);
    assert_eq!(found, [make()]);
}

#[test]
fn findings_stand_in_order_of_file_and_place() {
    let make = |file, at| Diagnostic::new(&codes::UNKNOWN_NAME, FileId(file), Span::new(at, at + 1), "no `x`");
    let mut found = vec![make(1, 9), make(0, 2), make(2, 1), make(0, 1), make(1, 3), make(0, 1)];
    sort_and_fold(&mut found, |file| [1, 0, 2][file.0 as usize]);
    let places: Vec<_> = found.iter().map(|d| (d.primary.file.0, d.primary.span.start)).collect();
    assert_eq!(places, [(1, 3), (1, 9), (0, 1), (0, 2), (2, 1)]);
}

#[test]
fn counts_read_well() {
    let files = shop();
    assert_eq!(Counts::of(&findings(&files)).to_string(), "5 errors, 1 warning, 1 note");
    assert_eq!(Counts::default().to_string(), "no findings");
    let raised = findings(&files).pop().unwrap().severity(Severity::Error);
    assert_eq!(Counts::of(&[raised]).to_string(), "1 error");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any text, any spans, any width: something readable comes out, and every line of it is bounded.
    #[test]
    fn any_span_of_any_text_is_drawn(
        source in "(?s)(.|[\\n\\r\\t\u{0}\u{1b}é名\u{301}\u{feff}]){0,400}",
        spans in prop::collection::vec((0u32..500, 0u32..500), 1..6),
        width in 0usize..200,
        ascii: bool,
    ) {
        let files = Files(vec![("app.oal", source.clone()), ("b.oal", source)]);
        let mut found = Diagnostic::new(&codes::UNKNOWN_NAME, APP, Span::new(spans[0].0, spans[0].1), "title").label("first");
        for (index, (a, b)) in spans.iter().enumerate() {
            let file = FileId(u32::try_from(index % 3).unwrap());
            found = found.secondary(file, Span::new(*a, *b), "other");
            found = found.fix(Fix::maybe("change", file, Span::new(*a, *b), "x\ny"));
        }
        let text = render(std::slice::from_ref(&found), &files, Style { color: false, ascii, width });
        prop_assert!(text.starts_with("error[OAL0204]: title\n"), "{text}");
        prop_assert!(text.contains("first") && text.contains("app.oal:"), "{text}");
        prop_assert!(text.lines().count() <= 22, "{text}");
        prop_assert!(text.lines().all(|line| line.chars().count() <= width.max(30) * 9 + 40));
        prop_assert!(!text.contains(|c: char| c.is_control() && c != '\n'));
        prop_assert!(plain(std::slice::from_ref(&found), &files).contains("line "));
        prop_assert_eq!(short(&[found], &files).lines().count(), 1);
    }
}
