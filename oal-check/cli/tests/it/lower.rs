//! `oal lower`: documents to standard output, to a file, below a directory; what is refused.

use crate::sandbox::{BROKEN, CLEAN, Sandbox, WARNED};

/// The one document on standard output.
fn document(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn one_environment_is_one_document() {
    let ran = Sandbox::with(CLEAN).run(&["lower", "app.oal", "--env", "prod"]).code(0);
    let ir = oal_ir::read(ran.out.as_bytes()).unwrap();
    assert_eq!((ir.app.name.as_str(), ir.environment.as_str()), ("shop", "prod"));
    assert_eq!(ir.source_map, None);
    assert_eq!(ran.out, ir.to_pretty().unwrap());
    assert_eq!(ran.err, "");
}

#[test]
fn canonical_documents_are_lines() {
    let ran = Sandbox::with(CLEAN).run(&["lower", ".", "--canonical"]).code(0);
    let lines: Vec<&str> = ran.out.lines().collect();
    let environments: Vec<String> =
        lines.iter().map(|line| oal_ir::read(line.as_bytes()).unwrap().environment).collect();
    assert_eq!(environments, ["dev", "prod"]);
    assert!(ran.out.ends_with("}\n"));
}

#[test]
fn the_source_map_comes_on_demand_and_changes_no_digest() {
    let sandbox = Sandbox::with(CLEAN);
    let plain = document(&sandbox.run(&["lower", "app.oal", "--env", "dev"]).code(0).out);
    let mapped = document(&sandbox.run(&["lower", "app.oal", "--env", "dev", "--source-map"]).code(0).out);
    assert_eq!(plain["digest"], mapped["digest"]);
    let image = &mapped["source_map"]["nodes"]["service/api"]["fields"]["/image"];
    assert_eq!((&image["file"], &image["line"], &image["column"]), (&0.into(), &7.into(), &3.into()));
}

#[test]
fn documents_go_below_a_directory() {
    let sandbox = Sandbox::with(CLEAN);
    let ran = sandbox.run(&["lower", "app.oal", "-o", "build/"]).code(0);
    assert_eq!(ran.out, "wrote build/shop.dev.json\nwrote build/shop.prod.json\n");
    for environment in ["dev", "prod"] {
        let text = sandbox.read(&format!("build/shop.{environment}.json"));
        assert_eq!(oal_ir::read(text.as_bytes()).unwrap().environment, environment);
    }
    sandbox.run(&["lower", "app.oal", "-o", "one.json"]).code(2).err("2 documents do not fit into one file");
    sandbox.run(&["lower", "app.oal", "--env", "dev", "-o", "one.json"]).code(0);
    assert!(sandbox.read("one.json").contains("\"dev\""));
}

#[test]
fn a_param_of_the_command_line_counts() {
    let program = format!(
        "{CLEAN}\nparam copies: Int = 1\nservice web {{ image: \"nginx:1.27\", ports: {{ http: 80 }}, replicas: copies }}\n"
    );
    let ran = Sandbox::with(&program).run(&["lower", "app.oal", "--env", "dev", "--param", "copies=3"]).code(0);
    assert_eq!(document(&ran.out)["components"]["service/web"]["spec"]["replicas"], 3);
}

#[test]
fn errors_keep_a_program_from_being_lowered_and_warnings_do_not() {
    let ran = Sandbox::with(BROKEN).run(&["lower", "app.oal"]).code(1).err("not lowered: 1 error");
    assert_eq!(ran.out, "");
    let ran = Sandbox::with(WARNED).run(&["lower", "app.oal"]).code(0).err("warning");
    assert!(oal_ir::read(ran.out.as_bytes()).is_ok());
}

#[test]
fn an_unknown_environment_is_wrong_use() {
    Sandbox::with(CLEAN).run(&["lower", "app.oal", "--env", "prdo"]).code(2).err("prod");
}

#[test]
fn standard_input_is_a_program() {
    let ran = Sandbox::new().run_with_input(&["lower", "-", "--env", "prod"], CLEAN).code(0);
    assert_eq!(document(&ran.out)["environment"], "prod");
}

#[test]
fn documents_fit_the_schema() {
    let shop = Sandbox::with(CLEAN);
    let schema = serde_json::from_str(&shop.run(&["schema", "ir"]).code(0).out).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for line in shop.run(&["lower", "app.oal", "--canonical", "--source-map"]).code(0).out.lines() {
        validator.validate(&document(line)).unwrap();
    }
}

#[test]
fn one_program_is_meant() {
    let all = Sandbox::with(CLEAN);
    all.write("b/app.oal", CLEAN);
    all.run(&["lower", "."]).code(2).err("2 programs below `.`").err("`app.oal`");
    all.run(&["lower", "c"]).code(2).err("oal::io::not_found");
    all.run(&["lower", "b", "--env", "x"]).code(2).err("no environment is called `x`");
    all.write("lib/x.oal", "let a = 1\n");
    all.run(&["lower", "lib"]).code(1).silent().err("OAL0201");
    all.run(&["lower", "lib/x.oal"]).code(1).err("OAL0201");
    all.run_with_input(&["lower", "-"], CLEAN).code(0).out("\"environment\": \"dev\"");
}

#[test]
fn what_cannot_be_written_is_told_and_leaves_nothing() {
    let shop = Sandbox::with(CLEAN);
    shop.run(&["lower", "app.oal", "--env", "dev", "-o", "no/where.json"]).code(2).err("oal::io::write");
    shop.run(&["lower", "app.oal", "-o", "app.oal/"]).code(2).err("oal::io::write");
    assert_eq!(shop.names(), ["app.oal"]);
    assert_eq!(shop.read("app.oal"), CLEAN);
    #[cfg(target_os = "linux")]
    shop.run(&["lower", "app.oal", "--env", "dev", "-o", "/dev/full"]).code(2).err("oal::io::write");
}
