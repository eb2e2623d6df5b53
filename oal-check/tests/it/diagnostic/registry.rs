//! Laws of the code table.

use std::collections::BTreeSet;

use oal_check::diagnostic::Severity;
use oal_check::diagnostic::codes;

#[test]
fn numbers_and_slugs_are_unique_and_in_order() {
    assert!(codes::ALL.windows(2).all(|pair| pair[0].number < pair[1].number));
    let slugs: BTreeSet<_> = codes::ALL.iter().map(|code| code.slug).collect();
    assert_eq!(slugs.len(), codes::ALL.len());
    let summaries: BTreeSet<_> = codes::ALL.iter().map(|code| code.summary).collect();
    assert_eq!(summaries.len(), codes::ALL.len());
}

#[test]
fn there_are_many_codes_and_no_catch_all() {
    assert!(codes::ALL.len() >= 110);
    for word in ["other", "misc", "generic", "general", "syntax_error", "error", "invalid"] {
        assert!(codes::lookup(word).is_none(), "{word}");
    }
}

#[test]
fn ids_and_numbers_agree() {
    for code in codes::ALL {
        assert_eq!(code.id, format!("OAL{:04}", code.number));
        assert!((1..1000).contains(&code.number));
    }
}

#[test]
fn lints_are_the_nine_hundreds() {
    for code in codes::ALL {
        assert_eq!(code.lint.is_some(), code.number >= 900, "{}", code.id);
        assert_eq!(code.severity == Severity::Error, code.number < 900, "{}", code.id);
        assert_eq!(code.stage() == "lints", code.lint.is_some(), "{}", code.id);
        assert!(code.lint.is_none_or(|lint| lint == code.slug));
    }
}

#[test]
fn slugs_and_summaries_follow_the_house() {
    for code in codes::ALL {
        assert!(code.slug.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit()), "{}", code.slug);
        assert!(!code.summary.ends_with('.'), "{}", code.summary);
        assert!(!code.summary.starts_with(char::is_uppercase), "{}", code.summary);
        assert!(code.summary.len() <= 80, "{}", code.summary);
    }
}

#[test]
fn every_code_is_found_by_all_its_names() {
    for code in codes::ALL {
        for name in [
            code.id.to_owned(),
            code.id.to_lowercase(),
            code.number.to_string(),
            format!("{:04}", code.number),
            code.slug.to_owned(),
            code.slug.replace('_', "-"),
        ] {
            assert_eq!(codes::lookup(&name).map(|found| found.id), Some(code.id), "{name}");
        }
    }
    for code in codes::ALL.iter().filter_map(|code| code.lint) {
        assert_eq!(codes::lint(code).map(|found| found.slug), Some(code));
    }
    for nonsense in ["", "OAL", "0", "99999", "OAL0000", "unknown", "oal unknown_field", "２０３"] {
        assert!(codes::lookup(nonsense).is_none(), "{nonsense}");
    }
    assert!(codes::lint("unknown_field").is_none());
    assert_eq!(codes::lints().count(), codes::ALL.iter().filter(|code| code.number >= 900).count());
}
