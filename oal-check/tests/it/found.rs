//! Programs that random ones led to, each as small as it gets: none of them has an error.

use oal_check::{Options, Project, Severity, check, lower};

/// Fails where one of these has an error, or cannot be lowered.
fn all_check(programs: &[&str]) {
    for program in programs {
        let text = format!("app found {{}}\n{program}\n");
        let checked = check(&Project::single("app.oal", text.clone()), &Options::default());
        let errors: Vec<_> =
            checked.diagnostics().iter().filter(|found| found.severity == Severity::Error).cloned().collect();
        assert!(errors.is_empty(), "{text}\n{}", oal_check::diagnostic::plain(&errors, &checked));
        for environment in checked.environments() {
            lower(&checked, environment).unwrap_or_else(|error| panic!("{text}\n{error}"));
        }
    }
}

#[test]
fn left_of_a_fallback_may_be_null() {
    all_check(&[
        "let a: String = (if true then \"x\" else null) ?? \"y\"",
        "let a: Int = (match 1 { 1 => null, _ => 2 }) ?? 3",
    ]);
}

#[test]
fn sides_of_a_comparison_may_be_null() {
    all_check(&[
        "let a: Int? = 1\nlet b = a == (if true then null else 1)",
        "assert 1 != (if true then null else 1), \"\"",
    ]);
}

#[test]
fn one_value_does_not_bind_the_one_beside_it() {
    all_check(&[
        "service a { image: \"a:1\", ports: { http: 80 } }\nlet b = if environment == default then a.url else \"none\"",
        "param a: Host = \"x.example.com\"\nlet b = match a { \"y\" => a, _ => \"no host\" }",
        "param a: Host = \"x.example.com\"\nlet b = a == \"\" or \"no host\" in [a] or contains([a], \"no host\")",
        "param a: Host? = null\nlet b = a ?? \"no host\"",
        "param a: Int where 1..5 = 1\nlet b = if true then a else 7",
        "param a: Port = 80\nlet b = [min(a, 70000), if false then a else 70000]",
        "let a: List<Port> = [60000, 60000]\nlet b: Int = sum(a)\nassert b == 120000, \"\"",
    ]);
}

#[test]
fn parts_of_a_float_may_be_whole() {
    all_check(&["let n = 3\nlet a: Float = 1.5 * (if true then n else 2)\nassert a == 4.5, \"\""]);
}

/// What is computed of whole numbers is one, and no whole number becomes a float by itself.
#[test]
fn whole_numbers_divide_to_whole_numbers() {
    let checked = check(&Project::single("app.oal", "app found {}\nlet a: Float = 7 / 2\n"), &Options::default());
    let codes: Vec<_> = checked.diagnostics().iter().map(|found| found.code.id).collect();
    assert!(codes.contains(&"OAL0301"), "{codes:?}");
}

#[test]
fn order_of_entries_says_nothing() {
    all_check(&[
        "let a = [{ x: 1, y: 2 }, { y: 3, x: 4 }]\nassert a[1].x == 4, \"\"",
        "type T = { x: Int, y: Int }\nlet a: List<T> = [{ x: 1, y: 2 }, { y: 2, x: 1 }]\nassert len(unique(a)) == 1, \"\"",
        "assert { \"a-b\": 1, c: 2 } == { c: 2, \"a-b\": 1 }, \"\"",
    ]);
}

#[test]
fn elements_may_be_null() {
    all_check(&["let a: List<Int?> = [1, null, 1]\nassert len(unique(a)) == 2 and flatten([a, a])[1] == null, \"\""]);
}

#[test]
fn secrets_in_lists_are_their_values() {
    all_check(&["secret s {}\njob a { image: \"a:1\", env: { A: join([s, \"x\", s], \"-\"), B: join(list: [s]) } }"]);
}

/// The codes of the errors of a program.
fn codes_of(program: &str) -> Vec<&'static str> {
    let text = format!("app found {{}}\n{program}\n");
    let checked = check(&Project::single("app.oal", text), &Options::default());
    let errors = checked.diagnostics().iter().filter(|found| found.severity == Severity::Error);
    errors.map(|found| found.code.id).collect()
}

#[test]
fn what_is_wrong_is_said_once() {
    for (program, code) in [
        ("let a: Int = 3GiB\nassert a == 4, \"\"", "OAL0301"),
        ("type T = x | y(n: Int)\nlet a: T = 3GiB\nassert a == y(n: 1), \"\"", "OAL0301"),
        ("let a: Int? = [[true]]\nassert a == 4, \"\"", "OAL0301"),
        ("use \"./no.oal\" as no\nassert no.x.y == null, \"\"", "OAL0220"),
        ("use \"./no.oal\" { x }\nassert x.engine == redis and x in [lru, lfu] and x.z == { a: 1 }, \"\"", "OAL0220"),
        ("let a = [1][3]\nassert (if true then a else 1) == 1, \"\"", "OAL0603"),
        ("job a { image: \"no end\n }\nassert a.image == \"x\", \"\"", "OAL0010"),
        ("job a { image: \"${1} no end\n }\nassert a.image == \"x\", \"\"", "OAL0010"),
        ("let a: Host = \"no end\\\"\nassert a == \"x\", \"\"", "OAL0010"),
    ] {
        assert_eq!(codes_of(program), [code], "{program}");
    }
}

/// A text grows too large wherever it is written, and is found there whether anybody asks for it or not.
#[test]
fn a_text_that_grows_too_large_is_found_where_it_is_written() {
    let long = "let a = join([\"0123456789abcdef\" for i in 0..1000], \"\")\nlet b = join([a for i in 0..40], \"\")";
    for (program, at) in [
        ("job j { image: \"a:1\", command: [\"${b}${b}\"] }", "\"${b}${b}\""),
        ("job j { image: \"a:1\", env: { A: \"${b}${b}\" } }", "\"${b}${b}\""),
        ("kind k extends job { field f: String = \"${b}${b}\" }\nk j { image: \"a:1\" }", "\"${b}${b}\""),
        (
            "kind k extends job { field f: String }\nk j { image: \"a:1\", f: b }\njob i { image: \"a:1\", labels: { x: \"${j.f}${b}\" } }",
            "\"${j",
        ),
        (
            "database d { engine: postgres, version: 16 }\njob j { image: \"a:1\", env: { A: \"${d.url}${b}${b}\" } }",
            "\"${d.url}",
        ),
        ("param p: String = b\njob j { image: \"a:1\", command: [\"${p}${p}\"] }", "\"${p}${p}\""),
        ("environment dev { j.command: [\"${b}${b}\"] }\njob j { image: \"a:1\" }", "\"${b}${b}\""),
    ] {
        let text = format!("app found {{}}\n{long}\n{program}\n");
        let checked = check(&Project::single("app.oal", text.clone()), &Options::default());
        let found: Vec<_> = checked.diagnostics().iter().filter(|one| one.severity == Severity::Error).collect();
        assert_eq!(found.len(), 1, "{}", oal_check::diagnostic::plain(checked.diagnostics(), &checked));
        assert_eq!(found[0].code.id, "OAL0606");
        assert!(text[found[0].primary.span.range()].starts_with(at), "{found:?}");
    }
}

/// What to write in place of a value that is known too late is said by the docs of the field, in an own kind as in the library.
#[test]
fn docs_say_what_to_write_instead_of_what_is_known_too_late() {
    let text = "app found {}
kind web extends service {
  /// The name in the certificate.
  ///
  /// Known before deployment: order the certificate first, and
  /// write its name here.
  field domain: Host
}
database d { engine: postgres, version: 16 }
web a { image: \"a:1\", ports: { http: 80 }, domain: d.host }
";
    let checked = check(&Project::single("app.oal", text), &Options::default());
    let helps: Vec<_> =
        checked.diagnostics().iter().filter(|one| one.code.id == "OAL0401").map(|one| &one.help).collect();
    assert_eq!(helps.len(), 1);
    assert!(format!("{helps:?}").contains("order the certificate first, and write its name here\""), "{helps:?}");
}

/// A malformed path of a `use` is mended: surely where the file is there.
#[test]
fn a_malformed_path_to_use_is_mended() {
    let fix = |written: &str| -> Option<(String, bool)> {
        let files = [
            ("app.oal", format!("use \"{written}\" {{ web }}\n\napp found {{}}\n")),
            ("lib/web.oal", "kind web extends service {}\n".to_owned()),
        ];
        let files = files.map(|(path, text)| (path.to_owned(), text));
        let checked = check(&crate::generate::project(&files), &Options::default());
        let found = checked.diagnostics().iter().find(|one| one.code.id == "OAL0225").expect(written);
        let fix = found.fixes.first()?;
        Some((fix.edits[0].text.clone(), fix.applicability == oal_check::Applicability::MachineApplicable))
    };
    for written in ["lib/web.oal", "lib/web", "./lib/web", ".\\\\lib\\\\web.oal", "./lib//web.oal", "lib\\\\web"] {
        assert_eq!(fix(written), Some(("\"./lib/web.oal\"".to_owned(), true)), "{written}");
    }
    assert_eq!(fix("lib/wep"), Some(("\"./lib/wep.oal\"".to_owned(), false)));
    for written in ["", "/etc/web.oal", "https://example.com/web.oal", "C:/web.oal", "~/web.oal", "./web.yaml"] {
        assert_eq!(fix(written), None, "{written}");
    }
}
