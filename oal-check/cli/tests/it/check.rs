//! `oal check`: which programs it finds, what it says in one line, environments, params, lints.

use crate::sandbox::{BROKEN, CLEAN, Sandbox, WARNED};

#[test]
fn a_clean_program_is_one_line() {
    let ran = Sandbox::with(CLEAN).run(&["check"]).code(0).quiet();
    assert!(ran.out.starts_with("ok: shop, 1 component, 2 environments (dev, prod), 1 file in "), "{}", ran.out);
    assert_eq!(ran.out.lines().count(), 1);
}

#[test]
fn an_error_is_shown_at_its_place() {
    let ran = Sandbox::with(BROKEN).run(&["check", "app.oal"]).code(1).quiet();
    let ran = ran.out("error[OAL0203]").out("app.oal:4:3").out("failed with 1 error: shop");
    assert!(!ran.out.contains('\u{1b}'), "{}", ran.out);
}

#[test]
fn a_warning_alone_is_no_failure() {
    let shop = Sandbox::with(WARNED);
    shop.run(&["check"]).code(0).out("warning[OAL0905]").out("ok, 1 warning: ");
    shop.run(&["check", "--deny", "warnings"]).code(1).out("error[OAL0905]").out("failed with 1 error");
    shop.run(&["check", "--deny", "unused_let"]).code(1).out("error[OAL0905]");
    shop.run(&["check", "--deny", "OAL0905"]).code(1).out("error[OAL0905]");
    shop.run(&["check", "--allow", "unused_let", "--deny", "warnings"]).code(0).out("ok: ");
    shop.run(&["check", "--deny", "warnings", "--warn", "unused-let"]).code(0).out("ok, 1 warning");
}

#[test]
fn a_lint_must_exist_and_have_one_level() {
    let shop = Sandbox::with(CLEAN);
    let ran = shop.run(&["check", "--deny", "unused_lets"]).code(2).silent();
    ran.err("oal::usage::unknown_lint").err("did you mean `unused_let`?");
    shop.run(&["check", "--deny", "OAL0203"]).code(2).err("is not a lint");
    shop.run(&["check", "--deny", "unused_let", "--allow", "unused_let"]).code(2).err("two levels");
}

#[test]
fn advice_is_given_when_asked_for() {
    let shop = Sandbox::with(&CLEAN.replace("{ edition: 1 }", "{}"));
    let ran = shop.run(&["check"]).code(0);
    assert_eq!(ran.out.lines().count(), 1, "{}", ran.out);
    shop.run(&["check", "--warn", "notes"]).code(0).out("OAL0941");
    shop.run(&["check", "--deny", "missing_edition"]).code(1).out("error[OAL0941]");
}

#[test]
fn a_directory_stands_for_its_programs() {
    let all = Sandbox::new();
    all.write("a/app.oal", CLEAN);
    all.write("b/app.oal", CLEAN.replace("shop", "bank"));
    for skipped in ["target", "node_modules", ".hidden"] {
        all.write(&format!("{skipped}/app.oal"), BROKEN);
    }
    all.run(&["check"]).code(0).out("ok: 2 programs, 2 components, 4 environments, 2 files in ");
    all.run(&["check", "a", "b/app.oal", "a/app.oal", "./a"]).code(0).out("ok: 2 programs");
    all.run(&["check", "."]).code(0).out("ok: 2 programs");
    all.run(&["check", all.path("a").to_str().unwrap()]).code(0).out("ok: shop");
}

#[test]
fn names_are_shown_as_they_were_given() {
    let all = Sandbox::new();
    all.write("a/app.oal", BROKEN);
    all.run(&["check", "--format", "short"]).code(1).out("a/app.oal:4:3: error[OAL0203]");
    all.run(&["check", "--format", "short", "a"]).code(1).out("a/app.oal:4:3: error[OAL0203]");
    all.run(&["check", "--format", "short", "./a/../a/app.oal"]).code(1).out("a/app.oal:4:3: error[OAL0203]");
    let path = all.path("a/app.oal");
    let inside = Sandbox::new();
    let ran = inside.run(&["check", "--format", "short", path.to_str().unwrap()]).code(1);
    assert!(ran.out.starts_with(path.to_str().unwrap()), "{}", ran.out);
}

#[test]
fn a_used_file_is_no_program_of_its_own() {
    let all = Sandbox::new();
    let app = "use \"./lib/parts.oal\" { tag }\napp shop { edition: 1 }\nservice api {\n  image: \"acme/api:${tag}\"\n  ports: { http: 80 }\n}\n";
    all.write("app.oal", app);
    all.write("lib/parts.oal", "let tag = \"1.0.0\"\n");
    all.run(&["check"]).code(0).out("ok: shop").out("2 files");
    all.run(&["check", "app.oal", "lib/parts.oal"]).code(0).out("2 files");
    all.run(&["check", "lib/parts.oal"]).code(1).out("OAL0201");

    all.write("lib/rest.oal", "let other = \"\n");
    let ran = all.run(&["check", "--format", "short"]).code(1).out("lib/rest.oal:1:13: error[OAL0");
    assert!(!ran.out.contains("OAL0201"), "{}", ran.out);
    ran.err("only parsed 1 file that no program uses");
}

#[test]
fn a_finding_in_a_shared_file_is_said_once() {
    let all = Sandbox::new();
    for name in ["a", "b"] {
        all.write(&format!("{name}.oal"), format!("use \"./parts.oal\" {{ tag }}\napp {name} {{ edition: 1 }}\nservice s {{\n  image: \"x:${{tag}}\"\n  ports: {{ http: 80 }}\n}}\n"));
    }
    all.write("parts.oal", "let tag: Int = \"1.0.0\"\n");
    let ran = all.run(&["check", "--format", "short"]).code(1);
    assert_eq!(ran.out.matches("parts.oal:1:16").count(), 1, "{}", ran.out);
}

#[test]
fn environments_are_chosen_by_name() {
    let shop = Sandbox::with(CLEAN);
    shop.run(&["check", "--env", "prod"]).code(0).out("1 environment (prod)");
    shop.run(&["check", "--env", "prod", "--env", "dev"]).code(0).out("2 environments");
    let ran = shop.run(&["check", "--env", "prd"]).code(2).silent();
    ran.err("oal::usage::unknown_environment").err("did you mean `prod`? declared: `dev`, `prod`");
    shop.write("other.oal", "app other { edition: 1 }\n");
    shop.run(&["check", "--env", "prod"]).code(0).out("left out 1 program without the environment");
    shop.run(&["check", "--env", "default", "other.oal"]).code(0).out("1 environment (default)");
}

#[test]
fn params_have_a_name_and_a_value() {
    let shop = Sandbox::with(CLEAN);
    shop.run(&["check", "--param", "replicas"]).code(2).err("write `NAME=VALUE`");
    shop.run(&["check", "--param", "replicas=2"]).code(1).out("OAL0510");
    let program = CLEAN.replace("\n}\n", "\n  replicas: replicas\n}\n") + "param replicas: Int where 1..=5 = 1\n";
    shop.write("app.oal", &program);
    shop.run(&["check", "--param", "replicas=2"]).code(0);
    shop.run(&["check", "--param", "replicas=9"]).code(1).out("OAL0507").out("app.oal:11:7");
    shop.run(&["check", "--param", "replicas=two"]).code(1).out("OAL0507");
    shop.write("other.oal", CLEAN.replace("shop", "other"));
    shop.run(&["check", "--param", "replicas=2"]).code(0).out("2 programs");
    shop.run(&["check", "--param", "replica=2"]).code(2).silent().err("did you mean `replicas`?");
}

#[test]
fn standard_input_stands_for_a_file() {
    let shop = Sandbox::new();
    shop.write("shop/lib.oal", "let tag = \"1.0.0\"\n");
    let app = "use \"./lib.oal\" { tag }\napp shop { edition: 1 }\nservice api {\n  image: \"acme/api:${tag}\"\n  ports: { http: 80 }\n}\n";
    shop.run_with_input(&["check", "-", "--stdin-path", "shop/app.oal"], app).code(0).out("ok: shop").out("2 files");
    shop.run_with_input(&["check", "-"], BROKEN).code(1).out("stdin.oal:4:3");
    // What is on disk does not count.
    shop.write("shop/app.oal", BROKEN);
    shop.run_with_input(&["check", "-", "--stdin-path", "shop/app.oal"], app).code(0);
}

#[test]
fn the_root_can_be_said() {
    let all = Sandbox::new();
    let app = "use \"../lib.oal\" { tag }\napp shop { edition: 1 }\nservice api {\n  image: \"acme/api:${tag}\"\n  ports: { http: 80 }\n}\n";
    all.write("shop/app.oal", app);
    all.write("lib.oal", "let tag = \"1.0.0\"\n");
    all.run(&["check", "shop/app.oal"]).code(0);
    all.run(&["check", "shop"]).code(1).out("OAL0224");
    all.run(&["check", "--root", ".", "shop"]).code(0);
    all.run(&["check", "--root", "shop", "lib.oal"]).code(2).err("does not lie below the root");
}

/// Nothing that is deployed gives back storage: each environment is compared with its own document.
#[test]
fn storage_does_not_shrink() {
    let shop = "app shop { edition: 1 }\nenvironment dev {}\nenvironment prod { orders.storage: 200GiB }\nkind kept {\n  field disk: Size\n  database db { engine: postgres, version: 16, storage: disk }\n}\ndatabase orders { engine: postgres, version: 16, storage: 20GiB }\nkept users { disk: 5GiB }\nvolume media { size: 10GiB }\n";
    let sandbox = Sandbox::with(shop);
    sandbox.run(&["lower", ".", "-o", "build/"]).code(0);
    let check = |previous: &str| sandbox.run(&["check", ".", "--format", "short", "--previous", previous]);
    check("build").code(0);
    check("build/shop.prod.json").code(0);
    sandbox.write("app.oal", shop.replace("200GiB", "100GiB").replace("5GiB", "4GiB").replace("10GiB", "1GiB"));
    let ran = check("build").code(1);
    assert_eq!(
        ran.out.lines().filter(|line| line.contains("OAL0832")).collect::<Vec<_>>(),
        [
            "app.oal:3:20: error[OAL0832]: `orders` has 200GiB of storage and would get 100GiB [prod]",
            "app.oal:6:48: error[OAL0832]: `users.db` has 5GiB of storage and would get 4GiB [dev, prod]",
            "app.oal:10:16: error[OAL0832]: `media` has 10GiB of storage and would get 1GiB [dev, prod]",
        ]
    );
    let ran = check("build/shop.dev.json").code(1);
    assert!(!ran.out.contains("`orders`") && ran.out.contains("`users.db`"), "{}", ran.out);
    // Growing is no matter, and what is new has nothing to lose.
    sandbox.write("app.oal", shop.replace("20GiB", "40GiB").replace("volume media", "volume pictures"));
    check("build").code(0);
    // Where nothing could be compared, that is no good news.
    sandbox.write("app.oal", shop.replace("app shop", "app store"));
    let ran = check("build").code(2);
    assert!(ran.err.contains("nothing here is the app `shop` in `dev`"), "{}", ran.err);
    check("app.oal").code(2);
    check("nowhere.json").code(2);
}
