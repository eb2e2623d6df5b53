//! A law: whatever checks clean is lowered, to a valid document. The programs are the examples with some of their lines changed.
//! `CASES=10000 cargo test` tries more of them.

use crate::examples::{EXAMPLES, SCHEMA};
use oal_check::{InMemory, Options, Project, check, lower};
use proptest::prelude::*;
use proptest::sample::Index;

/// Words and values that a changed program gets.
const OTHERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "3",
    "80",
    "65535",
    "9_007_199_254_740_993",
    "100MiB",
    "8_191TiB",
    "0B",
    "500m",
    "2.5",
    "30s",
    "0s",
    "99.99%",
    "true",
    "null",
    "\"\"",
    "\"x\"",
    "\"./x\"",
    "\"/x\"",
    "[]",
    "{}",
    "[\"a\"]",
    "{ a: 1 }",
    "off",
    "none",
    "always",
    "http",
    "tcp()",
    "environment",
    "prod",
    "if environment == prod then 1 else 2",
    "\"${environment}\"",
    "[x for x in [\"a\", \"b\"]]",
    "api.url",
    "api",
    "api.http",
    "web",
    "[api]",
    "orders.host",
    "\"${orders.url}\"",
    "key",
];

/// A program with so many of its words, values and lines changed.
fn changed(text: &str, changes: &[(Index, Index, u8)]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    for (line, other, how) in changes {
        let at = line.index(lines.len());
        let from = other.index(lines.len());
        match how % 6 {
            0 => drop(lines.remove(at)),
            1 => lines.swap(at, from),
            2 => lines.insert(at, lines[from].clone()),
            3 => {
                let new = OTHERS[other.index(OTHERS.len())];
                if let Some((key, _)) = lines[at].clone().rsplit_once(": ") {
                    lines[at] = format!("{key}: {new}");
                }
            }
            4 => {
                let value = lines[from].rsplit_once(": ").map(|(_, value)| value.to_owned());
                if let (Some((key, _)), Some(value)) = (lines[at].clone().rsplit_once(": "), value) {
                    lines[at] = format!("{key}: {value}");
                }
            }
            _ => {
                let old = lines[at].split(|c: char| !c.is_alphanumeric() && c != '_').find(|word| word.len() > 1);
                if let Some(old) = old.map(str::to_owned) {
                    lines[at] = lines[at].replacen(&old, words[other.index(words.len())], 1);
                }
            }
        }
        if lines.is_empty() {
            break;
        }
    }
    lines.join("\n") + "\n"
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(250),
        failure_persistence: None,
        ..Default::default()
    })]

    /// Whatever is written: a program without errors has a valid document in each environment.
    #[test]
    fn what_checks_clean_is_lowered(
        example in any::<Index>(),
        file in any::<Index>(),
        changes in prop::collection::vec(any::<(Index, Index, u8)>(), 1..4),
    ) {
        let all = &*EXAMPLES;
        let (_, files, root) = &all[example.index(all.len())];
        let mut files = files.clone();
        let at = file.index(files.len());
        files[at].1 = changed(&files[at].1, &changes);
        let mut loader: InMemory = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let checked = check(&Project::load(root, &mut loader), &Options::default());
        if !checked.has_errors() {
            for environment in checked.environments() {
                let ir = lower(&checked, environment).map_err(|error| error.to_string());
                let ir = ir.unwrap_or_else(|error| panic!("{error}\n{}", files[at].1));
                let json = serde_json::to_value(&ir).unwrap();
                prop_assert!(SCHEMA.is_valid(&json), "{}", files[at].1);
                prop_assert_eq!(ir.verify(), Ok(()), "{}", &files[at].1);
            }
        }
    }
}
