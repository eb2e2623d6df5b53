//! Canonical form: RFC 8785, as far as whole numbers go.

use oal_ir::canonical::{CanonicalError, MAX_INTEGER, sha256, to_canonical};
use oal_ir::v1::Kind;
use serde_json::{Value, json};

use crate::sample;

fn canonical(value: &Value) -> String {
    String::from_utf8(to_canonical(value).unwrap()).unwrap()
}

#[test]
fn keys_are_sorted_by_utf16_code_units() {
    // RFC 8785, section 3.2.3. U+1F600 is D83D DE00 in UTF-16, before U+FB33, and after it in UTF-8.
    let value = json!({
        "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh", "1": "One",
        "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control", "\u{f6}": "Latin Small Letter O With Diaeresis",
    });
    let expected = [
        r#"{"\r":"Carriage Return","1":"One","#,
        "\"\u{80}\":\"Control\",\"\u{f6}\":\"Latin Small Letter O With Diaeresis\",",
        "\"\u{20ac}\":\"Euro Sign\",\"\u{1f600}\":\"Emoji: Grinning Face\",",
        "\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}",
    ];
    assert_eq!(canonical(&value), expected.concat());
}

#[test]
fn text_is_escaped_only_where_json_demands_it() {
    // RFC 8785, section 3.2.2.2
    let value = json!("\u{20ac}$\u{f}\nA'B\"\\\\\"/\u{8}\t\u{c}\r\u{7f}\u{2028}");
    assert_eq!(canonical(&value), "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\\b\\t\\f\\r\u{7f}\u{2028}\"");
}

#[test]
fn whole_numbers_stay_as_they_are() {
    let max = i64::try_from(MAX_INTEGER).unwrap();
    assert_eq!(canonical(&json!([0, -1, max, -max])), "[0,-1,9007199254740991,-9007199254740991]");
}

#[test]
fn numbers_that_not_every_reader_keeps_are_refused() {
    for (number, text) in [
        (json!(9_007_199_254_740_992_u64), "9007199254740992"),
        (json!(-9_007_199_254_740_992_i64), "-9007199254740992"),
        (json!(u64::MAX), "18446744073709551615"),
        (json!(0.5), "0.5"),
        (json!(1.0), "1.0"),
    ] {
        let error = to_canonical(&json!({ "a": [true, number] })).unwrap_err();
        let CanonicalError::Number { at, number } = &error else { panic!("{error}") };
        assert_eq!((at.as_str(), number.as_str()), ("/a/1", text));
    }
}

#[test]
fn the_digest_is_sha256() {
    assert_eq!(sha256(b"abc"), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

#[test]
fn the_digest_covers_what_is_deployed_and_nothing_else() {
    let shop = sample::shop();
    let mut without_map = shop.clone();
    without_map.source_map = None;
    assert_eq!(without_map.compute_digest().unwrap(), shop.digest, "positions and source files do not count");
    without_map.verify().unwrap();

    let mut other = shop.clone();
    other.environment = "staging".into();
    assert_ne!(other.compute_digest().unwrap(), shop.digest);
    let mut other = shop.clone();
    other.files.values_mut().for_each(|file| file.size += 1);
    assert_ne!(other.compute_digest().unwrap(), shop.digest, "contents of mounted files count");
}

#[test]
fn anybody_can_check_the_digest_by_hand() {
    let document = std::fs::read_to_string(sample::data("shop.json")).unwrap();
    let mut document: Value = serde_json::from_str(&document).unwrap();
    let members = document.as_object_mut().unwrap();
    let digest = members.remove("digest").unwrap();
    members.remove("source_map");
    assert_eq!(sha256(canonical(&document).as_bytes()), digest.as_str().unwrap());
}

#[test]
fn a_number_too_large_is_refused_when_the_document_is_made() {
    let mut components = sample::shop_components();
    let (id, big) = sample::component("volume/big", Kind::Volume, json!({ "size": 1_u64 << 60 }));
    components.insert(id, big);
    let error = oal_ir::Ir::assemble(sample::app(), "prod".into(), components, [].into(), None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`1152921504606846976` at `/components/volume~1big/spec/size` is not a whole number between -(2^53 - 1) and 2^53 - 1"
    );
}
