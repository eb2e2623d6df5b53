//! Node ids: one text for each component, and back.

use oal_ir::v1::{NodeId, NodeIdProblem};
use proptest::prelude::*;

#[test]
fn ids_are_taken_apart() {
    let id: NodeId = r#"web/storefront[a.b]/route/site["x/y\n\"]"]"#.parse().unwrap();
    let segments: Vec<_> = id.segments().map(|s| (s.kind, s.name, s.key.map(|key| key.into_owned()))).collect();
    assert_eq!(
        segments,
        [("web", "storefront", Some("a.b".to_owned())), ("route", "site", Some("x/y\n\"]".to_owned()))]
    );
    assert_eq!(id.parent().unwrap().as_str(), "web/storefront[a.b]");
    assert_eq!(id.parent().unwrap().parent(), None);
    assert_eq!((id.kind(), id.name(), id.key().as_deref()), ("route", "site", Some("x/y\n\"]")));
}

#[test]
fn within_means_declared_inside() {
    let id = |text: &str| text.parse::<NodeId>().unwrap();
    assert!(id("web/a/route/b").is_within(&id("web/a")));
    assert!(id("web/a").is_within(&id("web/a")));
    assert!(!id("web/ab").is_within(&id("web/a")));
    assert!(!id("web/a[eu]").is_within(&id("web/a")));
}

#[test]
fn what_is_no_id_says_where() {
    for (text, offset, problem) in [
        ("", 0, NodeIdProblem::NoWord),
        ("service", 7, NodeIdProblem::NoName),
        ("service/", 8, NodeIdProblem::NoWord),
        ("Service/api", 0, NodeIdProblem::NoWord),
        ("service/1a", 8, NodeIdProblem::NoWord),
        ("service/api/", 12, NodeIdProblem::NoWord),
        ("service/api/route", 17, NodeIdProblem::NoName),
        ("service/api-x", 11, NodeIdProblem::Trailing),
        ("service/api[", 12, NodeIdProblem::BadKey),
        ("service/api[]", 12, NodeIdProblem::BadKey),
        ("service/api[a b]", 12, NodeIdProblem::BadKey),
        ("service/api[\"a b]", 12, NodeIdProblem::BadKey),
        ("service/api[\"eu\"]", 12, NodeIdProblem::OtherQuoting),
        ("service/api[\"\\u00e9\"]", 12, NodeIdProblem::OtherQuoting),
        ("service/api[\"\\/\"]", 12, NodeIdProblem::OtherQuoting),
        ("service/api[a][b]", 14, NodeIdProblem::Trailing),
        ("service/äpi", 8, NodeIdProblem::NoWord),
    ] {
        let error = text.parse::<NodeId>().unwrap_err();
        assert_eq!((error.offset, error.problem), (offset, problem), "{text}");
    }
}

#[test]
fn names_that_are_no_words_are_refused() {
    assert!(NodeId::new("service", "a/b", None).is_err());
    assert!(NodeId::new("lib.web", "a", None).is_err());
    assert!(NodeId::new("", "a", None).is_err());
}

proptest! {
    #[test]
    fn any_loop_value_comes_back(key in ".*", inner in proptest::option::of(".*")) {
        let outer = NodeId::new("web", "a", Some(&key)).unwrap();
        let id = outer.child("route", "b", inner.as_deref()).unwrap();
        let parsed: NodeId = id.as_str().parse().unwrap();
        prop_assert_eq!(&parsed, &id);
        prop_assert_eq!(parsed.key().map(|key| key.into_owned()), inner);
        prop_assert_eq!(parsed.parent().unwrap().key().unwrap().into_owned(), key);
        prop_assert_eq!(parsed.parent().unwrap(), outer);
    }

    #[test]
    fn any_text_is_an_id_or_refused(text in r#"[a-z_/\[\]"\\. 0-9A-Zé]{0,24}"#) {
        if let Ok(id) = text.parse::<NodeId>() {
            prop_assert_eq!(id.as_str(), &text);
            let last = id.segments().last().unwrap();
            let (kind, name, key) = (last.kind, last.name, last.key.as_deref());
            let again = match id.parent() {
                Some(parent) => parent.child(kind, name, key),
                None => NodeId::new(kind, name, key),
            };
            prop_assert_eq!(again.unwrap(), id);
        }
    }
}
