//! What literals and keys mean.

use oal_syntax::Span;
use oal_syntax::key;
use oal_syntax::literal::{Layout, Number, NumberError, Pieces, number, text};

#[test]
fn numbers() {
    for (written, value) in [
        ("0", Number::Int(0)),
        ("1_000", Number::Int(1000)),
        ("9223372036854775807", Number::Int(i64::MAX)),
        ("0.5", Number::Float(0.5)),
        ("1_000.25", Number::Float(1000.25)),
        ("250ms", Number::Duration(250)),
        ("1.5h", Number::Duration(5_400_000)),
        ("10min", Number::Duration(600_000)),
        ("7d", Number::Duration(604_800_000)),
        ("0.001s", Number::Duration(1)),
        ("20GiB", Number::Size(20 << 30)),
        ("0.5GiB", Number::Size(1 << 29)),
        ("1.5KB", Number::Size(1500)),
        ("3TB", Number::Size(3_000_000_000_000)),
        ("500m", Number::Cpu(500)),
        ("99.9%", Number::Percent(99.9)),
        ("5%", Number::Percent(5.0)),
    ] {
        assert_eq!(number(written), Ok(value), "{written}");
    }
}

#[test]
fn numbers_that_are_none() {
    let unknown = |from, to, suggestion| NumberError::UnknownUnit { unit: Span::new(from, to), suggestion };
    for (written, error) in [
        ("9223372036854775808", NumberError::TooLarge),
        ("99999999999999999999999999999999999999999999", NumberError::TooLarge),
        ("9000000000TiB", NumberError::TooLarge),
        ("0.5ms", NumberError::TooPrecise),
        ("1.0001KiB", NumberError::TooPrecise),
        ("0.5m", NumberError::TooPrecise),
        ("0.00000000000000000000000000000000000000000001s", NumberError::TooPrecise),
        ("1__0", NumberError::Underscore),
        ("1_", NumberError::Underscore),
        ("1_.5", NumberError::Underscore),
        ("1_GiB", NumberError::Underscore),
        ("007", NumberError::LeadingZero),
        ("00", NumberError::LeadingZero),
        ("1.2.3", NumberError::Points),
        ("512Mi", unknown(3, 5, Some("MiB"))),
        ("1g", unknown(1, 2, Some("GB"))),
        ("5sec", unknown(1, 4, Some("s"))),
        ("1e5", unknown(1, 3, None)),
        ("5Kb", unknown(1, 3, Some("KB"))),
    ] {
        assert_eq!(number(written), Err(error), "{written}");
    }
}

/// Every byte of what a text says is found again in its source.
#[track_caller]
fn says(source: &str, said: &str) {
    assert_eq!(text(source), said);
    let pieces = Pieces::text(source);
    assert_eq!(pieces.decode(), said);
    for (at, letter) in said.char_indices() {
        let place = pieces.source_offset(at);
        let there = &source[place..];
        assert!(there.starts_with(letter) || there.starts_with('\\'), "{letter:?} of {said:?} is at {there:?}");
    }
    assert!(pieces.source_offset(said.len()) <= source.len());
}

#[test]
fn texts() {
    says(r#""""#, "");
    says(r#""plain""#, "plain");
    says(r#""a \"b\" \\ \n \t \$ \u{41}\u{1F600} ä""#, "a \"b\" \\ \n \t $ A😀 ä");
    says(r#"r"a\d${b}""#, r"a\d${b}");
    says("\"\"\"\n  one\n    two\n\n  three\n  \"\"\"", "one\n  two\n\nthree");
    says("\"\"\"\r\n  one\r\n  two\r\n  \"\"\"", "one\ntwo");
    says("\"\"\"\n\tone\n\t\"\"\"", "one");
    says("\"\"\"\none\n\"\"\"", "one");
    says("\"\"\"\n  \"\"\"", "");
    says("\"\"\"\n\n  \"\"\"", "");
    says("\"\"\"\n  a \\\"\"\" \\u{41}\n  \"\"\"", "a \"\"\" A");
    // Texts with findings still say something.
    says("\"open", "open");
    assert_eq!(text("\"\\q\""), "q");
    assert_eq!(text("\"\\u{110000}x\""), "x");
    assert_eq!(text("\""), "");
    assert_eq!(text("\"\"\""), "");
    assert_eq!(text("r\""), "");
}

#[test]
fn pieces_of_a_template() {
    let template = "\"\"\"\n  a ${x}\n    b \\t ${y} c\n  \"\"\"";
    let layout = Layout::of(template);
    let piece = |written: &str| {
        let at = u32::try_from(template.find(written).unwrap()).unwrap();
        let span = Span::new(at, at + u32::try_from(written.len()).unwrap());
        Pieces::piece(template, span, layout).decode().into_owned()
    };
    assert_eq!(piece("\n  a "), "a ");
    assert_eq!(piece("\n    b \\t "), "\n  b \t ");
    assert_eq!(piece(" c\n  "), " c");
}

#[test]
fn keys() {
    let said = |key: &str| key::segments(key).map(|step| step.text.into_owned()).collect::<Vec<_>>();
    assert_eq!(said("a"), ["a"]);
    assert_eq!(said("a.b_c.D"), ["a", "b_c", "D"]);
    assert_eq!(said(r#"a.b["c.d"].e"#), ["a", "b", "c.d", "e"]);
    assert_eq!(said(r#"a["x \"y\" \n"]["z"]"#), ["a", "x \"y\" \n", "z"]);
    assert_eq!(said(r#""quoted: text""#), ["quoted: text"]);
    assert_eq!(said(r#"r"raw\d""#), ["raw\\d"]);
    assert_eq!(said(""), [] as [&str; 0]);
    let key = r#"a["b"].c"#;
    let places: Vec<_> = key::segments(key).map(|step| (step.span.text(key), step.quoted)).collect();
    assert_eq!(places, [("a", false), ("\"b\"", true), ("c", false)]);
    assert_eq!(key::text("name"), "name");
    assert_eq!(key::text("\"a b\""), "a b");
}
