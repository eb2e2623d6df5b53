//! Words between the words.

use super::navigation::marked;
use oal_lsp::ide::inlay_hints::{self, Says};
use oal_syntax::Span;

/// The text with its hints in `«…»`.
fn hinted(text: &str, library: &str) -> String {
    hinted_with(text, library, false)
}

fn hinted_with(text: &str, library: &str, defaults: bool) -> String {
    let one = marked(&format!("│{text}"), library);
    let all = Span::new(0, u32::try_from(text.len()).unwrap());
    let hints = inlay_hints::hints(&one.checked, one.file, all, defaults);
    let mut out = String::new();
    let mut at = 0;
    for hint in &hints {
        out.push_str(&text[at..hint.offset as usize]);
        out.push_str(&format!("«{}»", hint.label));
        at = hint.offset as usize;
        assert!(inlay_hints::tooltip(&one.checked, one.file, hint.about, hint.says).is_some(), "{hint:?}");
    }
    out + &text[at..]
}

#[test]
fn levels_types_and_values_are_hinted() {
    let text = "app a {}\nenvironment dev {}\nenvironment prod {\n  copies: 4\n  b.replicas: 5\n}\nparam copies: Int = 1\n\
                let names = [\"x\", \"y\"]\nlet n: Int = if environment == dev then 1 else 2\nsecret key { generate: 32 }\n\
                service b {\n  image: \"x:1\"\n  ports: { http: 80 }\n  replicas: 1\n  env: { KEY: key, N: \"${n}\" }\n}\n\
                service c {\n  image: \"x:1\"\n  env: { B: b.url }\n  replicas: copies\n}\n";
    let expected = "app a {}\nenvironment dev {}\nenvironment prod {\n  copies: 4\n  b.replicas: 5\n}\n\
                param copies: Int = 1« prod: 4»\nlet names«: List<String>» = [\"x\", \"y\"]\n\
                let n: Int = if environment == dev then 1 else 2« dev: 1; prod: 2»\nsecret key { generate: 32 }\n\
                service b {\n  image: \"x:1\"\n  ports: { http: 80 }\n  replicas: 1« prod: 5»\n  \
                env: { KEY: key« secret», N: \"${n}\"« dev: \"1\"; prod: \"2\"» }\n}\nservice c {\n  image: \"x:1\"\n  \
                env: { B: b.url« deploy» }\n  replicas: copies« dev: 1; prod: 4»\n}\n";
    assert_eq!(hinted(text, ""), expected);
    let crlf = |text: &str| text.replace('\n', "\r\n");
    assert_eq!(hinted(&crlf(text), ""), crlf(expected));
}

#[test]
fn what_a_kind_gives_is_hinted() {
    let library = "kind web extends service {\n  field domain: Host\n  ports: { http: 3000 }\n  replicas: 2\n}\n";
    let text = "use \"./lib/web.oal\" { web }\napp a {}\nweb b {\n  image: \"x:1\"\n  domain: \"x.example.com\"\n  replicas: 1\n}\n";
    assert!(hinted(text, library).contains("web b {« ports from web»\n"), "{}", hinted(text, library));
}

#[test]
fn defaults_of_built_in_kinds_are_hinted() {
    let library = "kind web extends service {\n  field domain: Host\n  ports: { http: 3000 }\n  replicas: 2\n}\n";
    let head = "use \"./lib/web.oal\" { web }\napp a {}\nenvironment dev {}\nenvironment prod { s.replicas: 3 }\n";
    let rest = [
        "service s {« restart: always by default»\n  image: \"x:1\"\n}\n",
        "web b {« ports, replicas from web»« restart: always by default»\n  image: \"x:1\"\n  domain: \"x.example.com\"\n}\n",
        "service all { image: \"x:1\", replicas: 2, restart: never }\n",
        "job j for k in [\"a\", \"b\"] {« timeout: 1h by default» image: \"x:${k}\", retries: 1 }\n",
        "database d {« storage: 10GiB by default» engine: postgres, version: 16 }\n",
        "cache c {« engine: redis, version: 7, memory: 256MiB by default»}\n",
        "volume v {« access: one_writer by default» size: 1GiB }\n",
    ];
    let expected = format!("{head}{}", rest.concat());
    let mut text = expected.clone();
    while let Some((start, end)) = text.find('«').zip(text.find('»')) {
        text.replace_range(start..end + '»'.len_utf8(), "");
    }
    assert_eq!(hinted_with(&text, library, true), expected);
    // All of them where one asks.
    let one = marked(&format!("│{text}"), library);
    let about = u32::try_from(text.find("c {}").unwrap()).unwrap();
    let all = inlay_hints::tooltip(&one.checked, one.file, about, Says::Default).unwrap();
    for line in ["What `cache` gives", "eviction: lru\n", "port: 6379\n", "publish_address: \"127.0.0.1\"\n"] {
        assert!(all.contains(line), "{all}");
    }
    assert!(!all.contains("networks") && !all.contains("null"), "{all}");
}
