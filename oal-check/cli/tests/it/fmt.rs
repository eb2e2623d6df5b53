//! `oal fmt`: what it does to files, and what it leaves alone.

use crate::sandbox::{CLEAN, MALFORMED, Sandbox};

/// The program, not in the one style.
fn messy() -> String {
    CLEAN.replace("  image", "      image").replace('\n', "\r\n")
}

#[test]
fn files_are_formatted_in_place() {
    let shop = Sandbox::with(&messy());
    shop.write("lib/x.oal", "let a=1\n");
    shop.run(&["fmt"]).code(0).quiet().out("formatted 2 of 2 files in ");
    assert_eq!(shop.read("app.oal"), CLEAN);
    assert_eq!(shop.read("lib/x.oal"), "let a = 1\n");
    assert_eq!(shop.names(), ["app.oal", "lib"]);
    shop.run(&["fmt", "app.oal", "lib"]).code(0).quiet().out("2 files already formatted");
}

#[test]
fn checking_changes_nothing() {
    let shop = Sandbox::with(&messy());
    shop.write("clean.oal", CLEAN);
    let ran = shop.run(&["fmt", "--check"]).code(1).quiet().out("1 of 2 files would change");
    assert!(ran.out.starts_with("app.oal\n"), "{}", ran.out);
    assert_eq!(shop.read("app.oal"), messy());
    shop.run(&["fmt", "--check", "clean.oal"]).code(0).out("1 file already formatted");
}

#[test]
fn a_difference_can_be_applied() {
    let messy = CLEAN.replace("  image", "      image");
    let shop = Sandbox::with(&messy);
    let ran = shop.run(&["fmt", "--diff"]).code(1).err("1 of 1 file would change");
    assert!(ran.out.starts_with("--- app.oal\n+++ app.oal\n@@ "), "{}", ran.out);
    assert!(ran.out.contains("\n-      image: ") && ran.out.contains("\n+  image: "), "{}", ran.out);
    assert_eq!(shop.read("app.oal"), messy);
    shop.run(&["fmt", "--diff", "--color", "always"]).code(1).out("\u{1b}[32m+  image");
    shop.write("app.oal", CLEAN);
    shop.run(&["fmt", "--diff"]).code(0).silent();
}

#[test]
fn standard_input_goes_to_standard_output() {
    let any = Sandbox::new();
    assert_eq!(any.run_with_input(&["fmt", "-"], &messy()).code(0).quiet().out, CLEAN);
    any.run_with_input(&["fmt", "-", "--check"], &messy()).code(1);
    any.run_with_input(&["fmt", "-", "--check"], CLEAN).code(0);
    any.run_with_input(&["fmt", "-", "--stdin-path", "x/y.oal"], MALFORMED).code(1).silent().err("x/y.oal:4:");
    any.run(&["fmt", "-", "app.oal"]).code(2).err("oal::usage::stdin");
}

#[test]
fn a_file_with_syntax_errors_is_left_as_it_is() {
    let shop = Sandbox::with(MALFORMED);
    shop.write("other.oal", messy());
    let ran = shop.run(&["fmt"]).code(1).err("app.oal:4:").err("error[OAL01");
    ran.out("formatted 1 of 2 files, left 1 file with syntax errors as they are");
    assert_eq!(shop.read("app.oal"), MALFORMED);
    assert_eq!(shop.read("other.oal"), CLEAN);
    // What only the checker knows is no reason to complain.
    shop.write("app.oal", "let a = b\n");
    shop.run(&["fmt", "app.oal"]).code(0).quiet();
}

#[test]
fn bytes_that_are_no_text_stay() {
    let shop = Sandbox::new();
    shop.write("app.oal", b"app   shop {}\n// \xff\n");
    shop.run(&["fmt"]).code(1).err("OAL0001");
    assert_eq!(std::fs::read(shop.path("app.oal")).unwrap(), b"app   shop {}\n// \xff\n");
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay() {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};
    let shop = Sandbox::with(&messy());
    fs::set_permissions(shop.path("app.oal"), Permissions::from_mode(0o640)).unwrap();
    symlink("app.oal", shop.path("link.oal")).unwrap();
    shop.run(&["fmt", "link.oal"]).code(0).out("formatted 1 of 1 file");
    assert_eq!(shop.read("app.oal"), CLEAN);
    assert_eq!(fs::metadata(shop.path("app.oal")).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::symlink_metadata(shop.path("link.oal")).unwrap().is_symlink());

    shop.write("app.oal", messy());
    fs::set_permissions(shop.path("app.oal"), Permissions::from_mode(0o440)).unwrap();
    shop.run(&["fmt", "app.oal"]).code(2).err("oal::io::write").err("read-only");
    assert_eq!(shop.read("app.oal"), messy());
    assert_eq!(shop.names(), ["app.oal", "link.oal"]);
}

#[test]
fn missing_files_are_told() {
    Sandbox::new().run(&["fmt", "nothing.oal"]).code(2).err("oal::io::not_found");
    Sandbox::new().run(&["fmt"]).code(0).err("no `.oal` file");
}
