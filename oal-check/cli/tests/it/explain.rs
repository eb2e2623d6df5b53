//! `oal explain`, `oal schema`, `oal completions`.

use crate::sandbox::Sandbox;

#[test]
fn a_code_has_many_names() {
    let any = Sandbox::new();
    let page = any.run(&["explain", "OAL0203"]).code(0).quiet().out;
    assert!(page.starts_with("# OAL0203: "), "{page}");
    for name in ["oal0203", "0203", "203", "unknown_field", "unknown-field"] {
        assert_eq!(any.run(&["explain", name]).code(0).out, page, "{name}");
    }
}

#[test]
fn a_page_is_laid_out_for_a_terminal() {
    let page = Sandbox::new().run(&["explain", "OAL0203", "--color", "always"]).code(0).out;
    assert!(page.starts_with("\u{1b}[1mOAL0203: "), "{page}");
    assert!(page.contains("This fails:") && page.contains("This is right:"), "{page}");
    assert!(!page.contains("```"), "{page}");
}

#[test]
fn kinds_and_types_explain_themselves() {
    let any = Sandbox::new();
    let ran = any.run(&["explain", "service"]).code(0).quiet();
    let ran = ran.out("extern kind service extends workload {").out("It extends `workload`:");
    ran.out("extern kind workload extends component {").out("extern kind component");
    any.run(&["explain", "DatabaseEngine"]).code(0).out("| postgres");
}

#[test]
fn the_list_is_whole() {
    let list = Sandbox::new().run(&["explain", "--list"]).code(0).quiet().out;
    let codes = oal_check::diagnostic::codes::ALL;
    assert_eq!(list.lines().count(), codes.len());
    assert!(codes.iter().all(|code| list.contains(code.id) && list.contains(code.slug)));
}

#[test]
fn an_unknown_code_has_a_nearest() {
    let any = Sandbox::new();
    any.run(&["explain", "OAL9999"]).code(2).silent().err("oal::usage::unknown_code");
    any.run(&["explain", "unknown_feild"]).code(2).silent().err("did you mean `unknown_field`?");
    any.run(&["explain", "servce"]).code(2).silent().err("did you mean `service`?");
    any.run(&["explain"]).code(2).silent();
}

#[test]
fn schemas_are_json() {
    for format in ["ir", "diagnostics"] {
        let schema = Sandbox::new().run(&["schema", format]).code(0).quiet().out;
        let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
        assert!(jsonschema::meta::is_valid(&schema), "{format}");
    }
}

#[test]
fn every_shell_has_its_script() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = Sandbox::new().run(&["completions", shell]).code(0).quiet().out;
        assert!(script.contains("explain") && script.contains("stdin-path"), "{shell}");
    }
}
