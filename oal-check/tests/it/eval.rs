//! What expressions are worth, and that working them out always ends. Most of it is shown in `grammar/spec/06-expressions.md`; here
//! are the corners.

use oal_check::{Checked, Options, Project, builtins};
use proptest::prelude::*;

fn check(text: &str) -> Checked {
    oal_check::check(&Project::single("app.oal", format!("app a {{ edition: 1 }}\n{text}")), &Options::default())
}

/// The value of the `let` called `it`.
fn value(text: &str) -> String {
    let checked = check(text);
    let codes = codes(&checked);
    checked.value("it", "default").map_or_else(|| format!("{codes:?}"), |value| value.source())
}

/// Codes of all errors.
fn codes(checked: &Checked) -> Vec<&'static str> {
    let errors = checked.diagnostics().iter().filter(|d| d.severity == oal_check::Severity::Error);
    errors.map(|d| d.code.id).collect()
}

#[test]
fn every_function_gives_what_its_example_says() {
    for builtin in builtins::ALL {
        // The examples are conditions; one that is no comparison is true as it stands.
        let text = format!("let it = {}", builtin.example);
        assert_eq!(value(&text), "true", "{}", builtin.example);
    }
}

#[test]
fn functions_have_each_name_once() {
    for (at, builtin) in builtins::ALL.iter().enumerate() {
        assert_eq!(builtins::find(builtin.name).map(|(found, _)| found as usize), Some(at));
        assert!(builtin.required <= builtin.params.len());
    }
    let join = builtins::find("join").unwrap().1;
    assert_eq!(join.signature(), "join(list, separator?)");
    assert_eq!(builtins::find("max").unwrap().1.signature(), "max(values…)");
}

#[test]
fn integers_are_checked_at_their_ends() {
    assert_eq!(value("let it = 9223372036854775807 - 1 + 1"), "9223372036854775807");
    assert_eq!(value("let it = -9223372036854775807 - 1"), "-9223372036854775808");
    assert_eq!(value("let m = -9223372036854775807 - 1\nlet it = m % -1"), "0");
    for text in
        ["-9223372036854775807 - 2", "9223372036854775807 * 2", "1000000000000 * 1TiB", "1e0 + 9223372036854775807"]
    {
        let found = codes(&check(&format!("let it = {text}")));
        assert_eq!(found.len(), 1, "{text}: {found:?}");
    }
    assert_eq!(codes(&check("let m = -9223372036854775807 - 1\nlet it = m / -1")), ["OAL0602"]);
    assert_eq!(codes(&check("let m = -9223372036854775807 - 1\nlet it = -m")), ["OAL0602"]);
}

#[test]
fn quantities_round_toward_zero() {
    assert_eq!(value("let it = 1s * 0.0019"), "1ms");
    assert_eq!(value("let it = 10B / 3"), "3B");
    assert_eq!(value("let it = 99% * 10B"), "9B");
    assert_eq!(value("let it = 0.3 * 10000m"), "3000m");
    assert_eq!(value("let it = 100% / 40%"), "2");
}

#[test]
fn a_sum_of_nothing_is_nothing_of_anything() {
    assert_eq!(value("let xs: List<Duration> = []\nlet it: Duration = sum(xs) + 5s"), "5s");
    assert_eq!(value("let xs: List<Size> = []\nlet it: Size = sum(xs)"), "0B");
    assert_eq!(value("let xs: List<Cpu> = []\nlet it = sum(xs) < 500m"), "true");
}

#[test]
fn templates_keep_what_they_hold() {
    assert_eq!(value("let n = 3\nlet it = \"\"\"\n  a ${n}\n    b\\n${n + 1}\n  \"\"\""), r#""a 3\n  b\n4""#);
    assert_eq!(value("let it = \"${\"${\"x\"}\"}\""), "\"x\"");
    assert_eq!(
        value("let it = \"${0s} ${0B} ${1500ms} ${1000B} ${1024B} ${90min}\""),
        "\"0s 0B 1500ms 1KB 1KiB 90min\""
    );
}

#[test]
fn comprehensions_nest_and_see_outer_names() {
    assert_eq!(value("let it = [[a * b for b in 1..=a if b != 2] for a in 1..=3]"), "[[1], [2], [3, 9]]");
    assert_eq!(value("let it = { \"${i}${x}\" => i for i, x in [\"a\", \"b\"] }"), "{ \"0a\": 0, \"1b\": 1 }");
    assert_eq!(value("let xs = { a: 1, b: 2 }\nlet it = [x for x in xs]"), "[1, 2]");
    assert_eq!(value("let it = [x for x in 5..3]"), "[]");
}

#[test]
fn a_match_binds_in_order_and_skips() {
    let text = "type T = pair(a: Int, b: Int = 7)\nlet t: T = pair(a: 1)\nlet it = [match t { pair(_, b) => b + x } for x in [10]]";
    assert_eq!(value(text), "[17]");
}

#[test]
fn one_mistake_is_said_once() {
    assert_eq!(codes(&check("let x = 1 / 0\nlet y = x + 1\nlet z = [x, y]\nassert z == [], \"no\"")), ["OAL0601"]);
    let text =
        "let xs = [1]\nlet a = xs[3]\njob j { image: \"b:1\", retries: a }\njob k { image: \"b:1\", retries: a }";
    assert_eq!(codes(&check(text)), ["OAL0603"]);
}

#[test]
fn near_misses_are_named() {
    let checked = check("let m: Map<String, Int> = { https: 1 }\nlet it = m[\"htps\"]");
    let found = checked.diagnostics().iter().find(|d| d.code.id == "OAL0604").unwrap();
    assert_eq!(found.help.as_deref(), Some("did you mean `https`?"));
}

#[test]
fn growth_ends_in_a_finding() {
    let doubled = |first: &str, next: &dyn Fn(usize) -> String| {
        let lets: String = (1..60).map(|n| format!("let x{n} = {}\n", next(n - 1))).collect();
        codes(&check(&format!("let x0 = {first}\n{lets}")))
    };
    assert_eq!(doubled("\"abc\"", &|n| format!("\"${{x{n}}}${{x{n}}}\"")), ["OAL0606"]);
    assert!(!doubled("[1]", &|n| format!("flatten([x{n}, x{n}])")).is_empty());
    assert_eq!(doubled("[[[[[[[[1]]]]]]]]", &|n| format!("[[x{n}]]")), ["OAL0606"]);
    let nest = "let it = [[[[a + b + c + d for a in 1..=999] for b in 1..=999] for c in 1..=999] for d in 1..=999]";
    assert_eq!(codes(&check(nest)), ["OAL0605"]);
    assert_eq!(
        codes(&check(
            "let it = replace(join([\"aaaa\" for x in 1..=1000]), \"a\", join([\"bbbb\" for x in 1..=9000]))"
        )),
        ["OAL0606"]
    );
}

#[test]
fn deep_values_need_no_deep_stack() {
    let count = 3000;
    let up: String =
        (1..count).map(|n| format!("job j{n} {{ image: \"b:1\", keep: j{}.keep + 1 }}\n", n - 1)).collect();
    let first = "job j0 { image: \"b:1\", keep: 1 }\n";
    for text in [format!("{first}{up}"), format!("{}{first}", up.lines().rev().collect::<Vec<_>>().join("\n") + "\n")] {
        assert_eq!(value(&format!("{text}let it = j{}.keep", count - 1)), count.to_string());
    }
    // Each value deep in itself, and the last one asked for first.
    let parens: String =
        (1..500).rev().map(|n| format!("let d{n} = {}d{} + 1{}\n", "(".repeat(100), n - 1, ")".repeat(100))).collect();
    assert_eq!(value(&format!("let it = d499\n{parens}let d0 = 1")), "500");
    let circle = format!("{up}job j0 {{ image: \"b:1\", keep: j{}.keep }}\n", count - 1);
    assert_eq!(codes(&check(&circle)), ["OAL0611"]);
}

/// Expressions over a few names of each type, right and wrong ones.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(|n| n.unsigned_abs().min(i64::MAX as u64).to_string()),
        (0..20_i64).prop_map(|n| n.to_string()),
        prop_oneof![
            Just("30s"),
            Just("1GiB"),
            Just("500m"),
            Just("5%"),
            Just("0.5"),
            Just("null"),
            Just("true"),
            Just("\"text\"")
        ]
        .prop_map(str::to_owned),
        prop_oneof![
            Just("n"),
            Just("zero"),
            Just("xs"),
            Just("m"),
            Just("r"),
            Just("t"),
            Just("v"),
            Just("o"),
            Just("environment"),
            Just("j.keep"),
            Just("w[\"a\"].keep"),
            Just("w"),
            Just("dev")
        ]
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(6, 48, 4, |inner| {
        let operator = prop_oneof![
            Just("+"),
            Just("-"),
            Just("*"),
            Just("/"),
            Just("%"),
            Just("=="),
            Just("!="),
            Just("<"),
            Just(">="),
            Just("in"),
            Just("and"),
            Just("or"),
            Just("??")
        ];
        let function = prop::sample::select(builtins::names().collect::<Vec<_>>());
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(a, op, b)| format!("({a}) {op} ({b})")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(c, a, b)| format!("(if {c} then {a} else {b})")),
            prop::collection::vec(inner.clone(), 0..4).prop_map(|all| format!("[{}]", all.join(", "))),
            (function, prop::collection::vec(inner.clone(), 0..4))
                .prop_map(|(f, all)| format!("{f}({})", all.join(", "))),
            (inner.clone(), inner.clone()).prop_map(|(e, xs)| format!("[{e} for n in {xs}]")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(k, e, xs)| format!("{{ {k} => {e} for t, n in {xs} if n != zero }}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("(({a})..({b}))")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a})[{b}]")),
            inner.clone().prop_map(|a| format!("\"<${{{a}}}>\"")),
            inner.clone().prop_map(|a| format!("-({a})")),
            inner.clone().prop_map(|a| format!("(match {a} {{ null => 1, red => 2, blue(x, _) => x, _ => 3 }})")),
            inner.clone().prop_map(|a| format!("({a})?.first")),
            inner.prop_map(|a| format!("{{ first: {a}, second: n }}")),
        ]
    })
}

const NAMES: &str = "
environment dev {}
environment prod { p: 0 }
param p: Int = 3
type V = red | blue(a: Int, b: Int = 2)
let zero = p - 3
let n = 4
let xs = [1, 2, 3]
let m: Map<String, Int> = { first: 1, b: 2 }
let r = { first: 1, second: \"x\" }
let t = \"text\"
let v: V = blue(1)
let o: Int? = if environment == dev then null else 5
job j { image: \"b:1\", keep: p }
job w for k in [\"a\", \"b\"] { image: \"b:1\", keep: j.keep }
";

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    /// Law: every expression has a value or a finding, in every environment, and saying so takes no more than the budget.
    #[test]
    fn evaluation_is_total(expr in expression()) {
        let checked = check(&format!("{NAMES}let it = {expr}\n"));
        if !checked.has_errors() {
            for environment in ["dev", "prod"] {
                prop_assert!(checked.value("it", environment).is_some(), "no value in {environment} of {expr}");
            }
        }
    }

    /// Law: checking one environment alone finds exactly what checking all of them says of it.
    #[test]
    fn environments_are_independent(expr in expression()) {
        let text = format!(
            "app a {{ edition: 1 }}\n{NAMES}let it = {expr}\nassert it == it, \"same\"\njob q {{ image: \"b:1\", keep: {expr} }}
             kind k extends job {{ field f: Int = 1\nassert f != {expr}, \"never\" }}\nk kk {{ image: \"b:1\", f: {expr} }}\n"
        );
        let project = Project::single("app.oal", text);
        let all = oal_check::check(&project, &Options::default());
        let exhausted = all.diagnostics().iter().any(|d| d.code.id == "OAL0605");
        for environment in ["dev", "prod"] {
            let alone = oal_check::check(&project, &Options { environments: vec![environment.to_owned()], ..Options::default() });
            let say = |checked: &Checked| -> Vec<String> {
                checked
                    .diagnostics()
                    .iter()
                    .filter(|d| d.environments.is_empty() || d.environments.iter().any(|name| name == environment))
                    .map(|d| {
                        // Beside an environment that takes too many steps, what holds everywhere is not found everywhere.
                        let everywhere = !exhausted && d.environments.is_empty();
                        format!("{} {:?} {} {everywhere}", d.code.id, d.primary.span, d.message)
                    })
                    .collect()
            };
            prop_assert_eq!(say(&all), say(&alone), "in {}", environment);
        }
    }
}

/// One environment of three takes too many steps. The others are checked to the end, and each says alone what it says among all.
#[test]
fn each_environment_has_a_budget_of_its_own() {
    let text = "app a {}
environment dev { n: 1 }
environment staging { n: 40 }
environment prod { n: 2000 }

param n: Int = 1

let pairs = len([1 for i in 0..n if len([j for j in 0..n if j == i]) > 0])

job early { image: \"b:1\", retries: if n > 0 then pairs else 1 }
job late { image: \"b:1\", retries: 1 / (n - 1) }
job tall { image: \"b:1\", retries: 7 / (n - 40) }
assert n < 0, \"never\"
";
    let project = Project::single("app.oal", text);
    let found = |environments: &[&str]| -> Vec<String> {
        let environments: Vec<String> = environments.iter().map(|&name| name.to_owned()).collect();
        let checked = oal_check::check(&project, &Options { environments, ..Options::default() });
        let one = |d: &oal_check::Diagnostic| format!("{} {:?} {:?}", d.code.id, d.primary.span, d.environments);
        checked.diagnostics().iter().map(one).collect()
    };
    let all = found(&[]);
    let of = |code: &str| all.iter().filter(|one| one.starts_with(code)).cloned().collect::<Vec<_>>();
    assert_eq!(of("OAL0605").len(), 1, "{all:?}");
    assert!(of("OAL0605")[0].ends_with("[\"prod\"]"), "{all:?}");
    assert!(of("OAL0601").iter().any(|one| one.ends_with("[\"dev\"]")), "{all:?}");
    assert!(of("OAL0601").iter().any(|one| one.ends_with("[\"staging\"]")), "{all:?}");
    for environment in ["dev", "staging", "prod"] {
        let named = format!("{environment:?}");
        let expected: Vec<String> = all.iter().filter(|one| one.contains(&named)).cloned().collect();
        let alone = found(&[environment]);
        let plain = |all: &[String]| -> Vec<String> {
            all.iter().filter_map(|one| Some(one.rsplit_once(" [")?.0.to_owned())).collect()
        };
        assert_eq!(plain(&alone), plain(&expected), "{environment}");
        assert!(alone.iter().all(|one| one.ends_with(&format!("[{named}]"))), "{alone:?}");
    }
}
