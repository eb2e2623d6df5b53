//! Image references, taken apart and put together.

use oal_check::text::image::{ImageRef, parse};
use proptest::prelude::*;

#[test]
fn references_are_taken_apart() {
    let digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let text = format!("ghcr.io:443/acme/api:2.4.1@{digest}");
    let image = parse(&text).unwrap();
    let expected =
        ImageRef { registry: Some("ghcr.io:443"), repository: "acme/api", tag: Some("2.4.1"), digest: Some(digest) };
    assert_eq!(image, expected);
    assert!(image.is_pinned() && !image.is_floating());
    assert_eq!(image.short_name(), "api");
}

#[test]
fn what_moves_is_known() {
    for text in ["nginx", "nginx:latest", "localhost:5000/x/y"] {
        assert!(parse(text).unwrap().is_floating(), "{text}");
    }
    for text in ["nginx:1", "nginx:latest@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"] {
        assert!(!parse(text).unwrap().is_floating(), "{text}");
    }
}

#[test]
fn the_first_part_is_a_registry_only_where_it_must_be() {
    let registry = |text: &'static str| parse(text).unwrap().registry;
    assert_eq!(registry("library/nginx"), None);
    assert_eq!(registry("localhost/nginx"), Some("localhost"));
    assert_eq!(registry("acme.io/nginx"), Some("acme.io"));
    assert_eq!(registry("acme:5000/nginx"), Some("acme:5000"));
    assert_eq!(registry("localhost:5000"), None); // a repository with a tag, as everywhere
    assert_eq!(parse("nginx").unwrap().registry_host(), "docker.io");
}

fn reference() -> impl Strategy<Value = String> {
    let component = "[a-z0-9]{1,4}((\\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}";
    let registry = "(([a-z][a-z0-9]{0,3}\\.){1,2}(com|io)(:[1-9][0-9]{0,3})?|localhost(:5000)?|\\[::1\\]:443)/";
    let tag = ":[A-Za-z0-9_][A-Za-z0-9_.-]{0,9}";
    let digest = "@sha256:[0-9a-f]{64}";
    (
        prop::option::of(registry),
        prop::collection::vec(component, 1..4),
        prop::option::of(tag),
        prop::option::of(digest),
    )
        .prop_map(|(registry, path, tag, digest)| {
            [registry.unwrap_or_default(), path.join("/"), tag.unwrap_or_default(), digest.unwrap_or_default()].concat()
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_accepted_reference_prints_as_it_was(text in reference()) {
        // a first part with a dot may come out as a registry that is no host, such as `1.2`
        if let Ok(image) = parse(&text) {
            prop_assert_eq!(image.to_string(), text);
        } else {
            prop_assert!(text.split('/').next().unwrap().contains('.'), "{}", text);
        }
    }

    #[test]
    fn any_accepted_text_prints_as_it_was(text in "[a-z0-9.:/@_\\-]{1,24}") {
        if let Ok(image) = parse(&text) {
            prop_assert_eq!(image.to_string(), text);
        }
    }
}
