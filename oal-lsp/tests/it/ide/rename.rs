//! Renaming and its refusals.

use super::navigation::marked;
use super::{line_ends, options};
use oal_check::{Edit, Options, Project, check};
use oal_lsp::ide::{after, rename};
use oal_syntax::FileId;

/// The files after a rename, or why not; the same with CR LF.
fn renamed(root: &str, library: &str, new: &str) -> Result<Vec<String>, String> {
    let mut results = Vec::new();
    for (root, library) in line_ends(root).into_iter().zip(line_ends(library)) {
        let one = marked(&root, &library);
        let result = rename::rename(&one.checked, &options(), one.file, one.at, new).map(|edits: Vec<Edit>| {
            one.checked
                .project()
                .files()
                .map(|(id, source)| {
                    let own = edits.iter().filter(|edit| edit.file == id).cloned().collect();
                    after::apply(&source.text, own).replace("\r\n", "\n")
                })
                .collect::<Vec<_>>()
        });
        results.push(result);
    }
    assert_eq!(results[0], results[1], "with CR LF");
    results.swap_remove(0)
}

const LIBRARY: &str = "kind web extends service {\n  field domain: Host\n  ports: { http: 3000 }\n  route site { host: domain, to: http }\n}\nlet port = 80\n";

#[test]
fn every_mention_changes() {
    let root = "use \"./lib/web.oal\" { web, port }\napp a {}\nenvironment dev {}\nenvironment prod { co│pies: 4 }\nparam copies: Int = 1\nservice b { image: \"x:1\", replicas: copies, env: { N: \"ü ${copies}\" } }\nweb c { image: \"x:1\", domain: \"a.example.com\" }\n";
    let after = renamed(root, LIBRARY, "replica_count").unwrap();
    assert_eq!(after[0], root.replace('│', "").replace("copies", "replica_count"));
    assert_eq!(after[1], LIBRARY);
}

#[test]
fn imports_follow_and_aliases_stay() {
    let root = "use \"./lib/web.oal\" { w│eb, port as p }\napp a {}\nweb c { image: \"x:1\", domain: \"a.example.com\", ports: { http: p } }\n";
    let after = renamed(root, LIBRARY, "site").unwrap();
    assert_eq!(after[0], root.replace('│', "").replace("{ web,", "{ site,").replace("\nweb c", "\nsite c"));
    assert_eq!(after[1], LIBRARY.replace("kind web", "kind site"));
    // From the alias only this file changes, from the name both.
    let root = root.replace('│', "").replace("as p ", "as │p ");
    let after = renamed(&root, LIBRARY, "q").unwrap();
    assert_eq!(after[0], root.replace('│', "").replace("as p ", "as q ").replace("http: p", "http: q"));
    assert_eq!(after[1], LIBRARY);
    let root = root.replace('│', "").replace("port as", "po│rt as");
    let after = renamed(&root, LIBRARY, "number").unwrap();
    assert_eq!(after[0], root.replace('│', "").replace("port as", "number as"));
    assert_eq!(after[1], LIBRARY.replace("let port", "let number"));
    // An alias that says nothing any more goes.
    let after = renamed(&root, LIBRARY, "p").unwrap();
    assert_eq!(after[0], root.replace('│', "").replace("port as p", "p"));
}

#[test]
fn parts_are_renamed() {
    let root = "app a {}\nenvironment dev {}\nenvironment prod {\n  b.env.LEVEL: \"x\"\n  b.ports.http: 81\n}\ntype Mode = fast | slow(by: Duration)\nlet mode: Mode = slow(by: 1s)\nlet t = match mode { fast => 0s, slow(x) => x }\nservice b { image: \"x:1\", ports: { http: 80 }, publish: { http: 8080 }, env: { LEVEL: \"y\" } }\nservice c { image: \"x:1\", env: { L: b.env.LEVEL, T: \"${t}\", M: \"${b.env[\"LEVEL\"]}\" } }\n";
    let marked = |at: &str, to: &str| root.replacen(at, to, 1);
    let after = |root: &str, new| renamed(root, "", new).unwrap().swap_remove(0);
    assert_eq!(after(&marked("env: { LEVEL", "env: { │LEVEL"), "LOG"), root.replace("LEVEL", "LOG"));
    assert_eq!(after(&marked("ports: { http", "ports: { │http"), "web"), root.replace("http", "web"));
    assert_eq!(after(&marked("=> 0s, slow", "=> 0s, │slow"), "late"), root.replace("slow", "late"));
    assert_eq!(after(&marked("slow(by: D", "slow(│by: D"), "wait"), root.replace("by:", "wait:"));
    assert_eq!(after(&marked("slow(x)", "slow(│x)"), "d"), root.replace("slow(x) => x", "slow(d) => d"));
    assert_eq!(after(&marked("environment dev", "environment │dev"), "test"), root.replace("dev", "test"));
    assert_eq!(after(&marked("type Mode", "type │Mode"), "Speed"), root.replace("Mode", "Speed"));
    assert_eq!(after(&marked("app a", "app │a"), "z"), root.replace("app a", "app z"));
}

#[test]
fn fields_and_nested_components_are_renamed() {
    let root = "use \"./lib/web.oal\" { web }\napp a {}\nenvironment prod { c.site.path: \"/x\" }\nweb c { image: \"x:1\", do│main: \"a.example.com\" }\n";
    let after = renamed(root, LIBRARY, "name_of").unwrap();
    assert_eq!(after[0], root.replace('│', "").replace("domain", "name_of"));
    assert_eq!(after[1], LIBRARY.replace("domain", "name_of"));
    let root = root.replace('│', "").replace("c.site", "c.│site");
    let after = renamed(&root, LIBRARY, "way").unwrap();
    assert_eq!(after[0], root.replace('│', "").replace("c.site", "c.way"));
    assert_eq!(after[1], LIBRARY.replace("route site", "route way"));
}

#[test]
fn used_files_are_named_anew() {
    let root = "use \"./lib/web.oal\" as l│ib\napp a {}\nlet p: lib.Number = lib.port\nlib.web c { image: \"x:1\", domain: \"a.example.com\", labels: { p: \"${lib.port + p}\" } }\n";
    let library = format!("{LIBRARY}type Number = Int where 1..\n");
    let after = renamed(root, &library, "other").unwrap();
    assert_eq!(after[0], root.replace('│', "").replace("as lib", "as other").replace("lib.", "other."));
    // Through the name of the file, too.
    let root = root.replace('│', "").replace("= lib.port", "= lib.po│rt");
    let after = renamed(&root, &library, "number").unwrap();
    assert_eq!(after[0], root.replace('│', "").replace("lib.port", "lib.number"));
    assert_eq!(after[1], library.replace("let port", "let number"));
    let root = root.replace('│', "").replace("lib.Number", "lib.│Number");
    let after = renamed(&root, &library, "Count").unwrap();
    assert_eq!(after[0], root.replace('│', "").replace("lib.Number", "lib.Count"));
    assert_eq!(after[1], library.replace("Number", "Count"));
}

#[test]
fn variables_are_renamed_where_they_are_in_scope() {
    let root = "app a {}\nenvironment prod { w[\"eu\"].replicas: 2 }\nlet x = 1\nlet ys = [x + 1 for x in [x, 2] if x > 1]\nlet zs = {\"k${x}\" => x for x in ys}\nservice w for x in [\"eu\", \"us\"] {\n  image: \"x:1\"\n  env: { X: x, Y: \"\"\"\n    one ${x}\n    ${[x for x in ys][0]}\n    \"\"\", Z: \"${zs[\"k2\"]}\" }\n}\n";
    let after = |at: &str, to: &str, new| renamed(&root.replacen(at, to, 1), "", new).unwrap().swap_remove(0);
    assert_eq!(after("let x", "let │x", "v"), root.replace("let x", "let v").replace("in [x, 2]", "in [v, 2]"));
    let list = root.replace("[x + 1 for x in [x, 2] if x > 1]", "[v + 1 for v in [x, 2] if v > 1]");
    assert_eq!(after("[x + 1", "[│x + 1", "v"), list);
    assert_eq!(after("if x >", "if │x >", "v"), list);
    let component = root.replace("w for x", "w for v").replace("X: x", "X: v").replace("one ${x}", "one ${v}");
    assert_eq!(after("one ${x}", "one ${│x}", "v"), component);
    assert_eq!(
        after("{ w[", "{ │w[", "worker"),
        root.replace(" w[", " worker[").replace("service w", "service worker")
    );
}

/// One of two of a name gets another: what was wrong is right then.
#[test]
fn a_second_declaration_can_be_renamed() {
    let root = "app a {}\nlet one = 1\nlet on│e = 2\nservice b { image: \"x:1\", replicas: one }\n";
    let after = renamed(root, "", "two").unwrap();
    assert_eq!(after[0], root.replace("on│e", "two"));
    // A name that is not declared is not brought into it.
    let root = "app a {}\nlet o│ne = 1\nservice b { image: \"x:1\", replicas: two, labels: { a: \"${one}\" } }\n";
    let error = renamed(root, "", "two").unwrap_err();
    assert!(error.contains("means something else at app.oal:3"), "{error}");
}

#[test]
fn every_word_can_name_a_field() {
    let root = "app a {}\ntype Rec = { a│b: Int }\nlet r: Rec = { ab: 1 }\nlet n = r.ab\nservice b { image: \"x:1\", replicas: n }\n";
    assert_eq!(renamed(root, "", "match").unwrap()[0], root.replace('│', "").replace("ab", "match"));
}

#[test]
fn what_would_break_is_refused() {
    let refused = |root: &str, new: &str, words: &str| {
        let error = renamed(root, "", new).unwrap_err();
        assert!(error.contains(words), "{error}");
    };
    let root = "app a {}\nlet one = 1\nlet two = 2\nlet xs = [one + two for tw in [1, 2] if tw > 1]\nservice b { image: \"x:1\", replicas: two, env: { L: \"x\" } }\nservice c { image: \"x:1\", env: { L: b.env.L, X: \"${xs[0]}\" } }\n";
    let at = |word: &str| root.replacen(word, &word.replacen(' ', " │", 1), 1);
    refused(&at("let one"), "two", "already declared at app.oal:3");
    refused(&at("let one"), "tw", "means something else at app.oal:4");
    refused(&at("let one"), "if", "a word of the language");
    refused(&at("let one"), "One", "starts with a small letter");
    refused(&at("let one"), "a-b", "letters, digits");
    refused(&at("let one"), "", "empty");
    refused(&at("service b"), "service", "built-in kind");
    refused(&at(" replicas:").replace("│ replicas", "│replicas"), "copies", "built-in library");
    refused(&root.replace("service b", "│service b"), "thing", "built-in library");
    refused(&root.replace("{ L: \"x\"", "{ │L: \"x\""), "a b", "behind a dot");
    refused(&root.replace("app a {}", "app a {}│"), "x", "no name here");
}

/// A lint about the new name is shown where it stands; it is no reason against the name.
#[test]
fn a_lint_does_not_refuse() {
    let root = "let release = \"17.2\"\n\napp shop { description: rel│ease }\n\ndatabase orders { engine: postgres, version: 16 }\n";
    let after = renamed(root, "", "postgres").unwrap();
    assert_eq!(after[0], root.replace('│', "").replace("release", "postgres"));
    let checked = check(&Project::single("app.oal", &*after[0]), &options());
    assert!(checked.diagnostics().iter().any(|found| found.code.id == "OAL0940"), "{:?}", checked.diagnostics());
}

/// What the session sets holds for the program with the new name, too.
#[test]
fn settings_are_those_of_the_session() {
    let root = "app a {}\nenvironment dev {}\nenvironment prod {}\nparam copies: Int where 2..\nparam which: String = \"small\"\nlet sizes = { small: 1, large: 2 }\nservice b { image: \"x:1\", replicas: copies * sizes[which] }\n";
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let all = Options { params: vec![set("copies", "5"), set("which", "\"large\"")], ..options() };
    let prod = Options { environments: vec!["prod".to_owned()], ..all.clone() };
    let renamed = |options: &Options, word: &str, new: &str| {
        let at = u32::try_from(root.find(word).unwrap() + word.len()).unwrap();
        let checked = check(&Project::single("app.oal", root), options);
        assert!(!checked.has_errors(), "{:?}", checked.diagnostics());
        let edits = rename::rename(&checked, options, FileId(0), at, new)?;
        Ok::<_, String>(after::apply(root, edits))
    };
    // The value that is set goes with the param, and the environment that is looked at stays so.
    assert_eq!(renamed(&all, "copies", "count").unwrap(), root.replace("copies", "count"));
    assert_eq!(renamed(&prod, "prod", "live").unwrap(), root.replace("prod", "live"));
    // Of two keys the one that is read by the value that is set.
    assert_eq!(renamed(&all, "{ small", "tiny").unwrap(), root.replace("{ small", "{ tiny"));
    let refusal = renamed(&all, ", large", "huge").unwrap_err();
    assert!(refusal.contains("large"), "{refusal}");
}

/// A key that is written as a text is one: the group that a component joins, the instance that an environment names.
#[test]
fn keys_are_renamed_where_they_are_texts() {
    let root = "app a { networks: { front: {}, back: { internal: true } } }\nenvironment prod { b.networks.front.aliases: [\"x\"] }\nservice b { image: \"x:1\", networks: { front: {}, back: {} } }\ncache c { networks: { back: {} } }\n";
    let after = |root: &str, at: &str, to: &str, new: &str| renamed(&root.replacen(at, to, 1), "", new);
    assert_eq!(
        after(root, "{ front: {}, back: {} }", "{ │front: {}, back: {} }", "edge").unwrap()[0],
        root.replace("front", "edge")
    );
    assert_eq!(
        after(root, "{ front: {}, back: { i", "{ │front: {}, back: { i", "edge").unwrap()[0],
        root.replace("front", "edge")
    );
    assert_eq!(
        after(root, "c { networks: { back", "c { networks: { │back", "inner").unwrap()[0],
        root.replace("back", "inner")
    );

    let inline = "app a {}\nenvironment prod { w[\"eu\"].replicas: 2 }\nservice w for x in [\"eu\", \"us\"] { image: \"x:1\", ports: { http: 80 }, env: { X: x } }\nservice c { image: \"x:1\", env: { U: w[\"eu\"].url } }\n";
    let named =
        inline.replace("[\"eu\", \"us\"]", "regions").replace("service c", "let regions = [\"eu\", \"us\"]\nservice c");
    let mapped = inline
        .replace("for x in [\"eu\", \"us\"]", "for x, n in regions")
        .replace("X: x", "X: \"${x}${n}\"")
        .replace("service c", "let regions = { eu: 1, us: 2 }\nservice c");
    for root in [inline, &named, &mapped] {
        let expected = root.replace("\"eu\"", "\"europe\"").replace("{ eu:", "{ europe:");
        let declared = if root == mapped { ("{ eu", "{ │eu") } else { ("[\"eu\", ", "[\"│eu\", ") };
        for (at, to) in [declared, ("w[\"eu\"].r", "w[\"│eu\"].r"), ("w[\"eu\"].u", "w[\"e│u\"].u")] {
            assert_eq!(after(root, at, to, "europe").unwrap()[0], expected, "{to}");
        }
        // What else a text means only the reader knows.
        let compared = root.replace("env: { X", "replicas: if x == \"eu\" then 2 else 1, env: { X");
        let refusal = after(&compared, "w[\"eu\"].u", "w[\"│eu\"].u", "europe").unwrap_err();
        assert!(refusal.contains("the text \"eu\" at app.oal:3 may mean it, too"), "{refusal}");
        let refusal = after(root, "w[\"eu\"].u", "w[\"│eu\"].u", "us").unwrap_err();
        assert!(!refusal.contains("no name here"), "{refusal}");
    }
}

#[test]
fn a_refusal_says_what_is_in_the_way() {
    let root = "app a {}\ndatabase ord│ers { engine: postgres, version: 16 }\nservice api { image: \"x:1\", ports: { http: 80 }, env: { A: orders.url } }\nroute r { host: \"a.example\", to: api.http }\n";
    assert_eq!(renamed(root, "", "api").unwrap_err(), "`api` is already declared at app.oal:3");
    let why = renamed(&root.replace("ord│ers", "orders").replace("orders.url", "orders.u│rl"), "", "b").unwrap_err();
    assert_eq!(why, "`url` is an output of the built-in library, which nobody can change");
}
