//! Which patterns occur in which texts, in linear time.

use oal_check::text::regex::{Pattern, matches};

#[test]
fn a_pattern_occurs_in_a_text() {
    let table = [
        ("[a-z]+", "abc", true),
        ("[a-z]+", "1abc1", true),
        ("^[a-z]+$", "abc", true),
        ("^[a-z]+$", "abc1", false),
        ("a|ab", "ab", true),
        ("(?i)abc", "ABC", true),
        (".", "é", true),
        (".", "\n", false),
        ("a*", "", true),
        ("^a$", "a\n", false),
        ("[^/]+(/[^/]+)*", "a/b/c", true),
        ("^\\d{2,3}$", "1234", false),
        ("^a|b$", "ax", true),
    ];
    for (pattern, text, expected) in table {
        assert_eq!(matches(pattern, text), Ok(expected), "{pattern} {text}");
    }
    assert!(matches("(", "").is_err());
}

#[test]
fn no_pattern_takes_exponential_time() {
    let text = "a".repeat(20_000) + "!";
    for pattern in ["^(a+)+$", "^(a|a)*$", "(a*)*b", "^(?:a?){100}a{100}$"] {
        assert!(!Pattern::new(pattern).unwrap().occurs_in(&text), "{pattern}");
    }
}
