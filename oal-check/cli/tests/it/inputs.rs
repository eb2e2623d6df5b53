//! Input that cannot be had: each is named, none hides another, and the exit code is 2.

use std::fs::File;

use crate::sandbox::{BROKEN, CLEAN, Sandbox};

#[test]
fn a_missing_file_is_named_with_the_nearest() {
    let shop = Sandbox::with(BROKEN);
    shop.run(&["check", "ap.oal"]).code(2).silent().err("oal::io::not_found").err("did you mean `app.oal`?");
    // The other file is checked all the same.
    shop.run(&["check", "app.oal", "nothing"]).code(2).out("OAL0203").err("`nothing`").out("incomplete with 1 error");
}

#[test]
fn a_directory_without_programs_is_no_success() {
    let empty = Sandbox::new();
    empty.run(&["check"]).code(2).silent().err("oal::io::no_program").err("oal init");
    empty.run(&["lower", "."]).code(2).silent().err("oal::io::no_program").err("oal init");
    empty.run(&["check", "--format", "json"]).code(2).err("oal::io::no_program");
}

#[test]
fn files_without_an_app_are_answered_once_at_the_likeliest() {
    let shop = Sandbox::new();
    shop.write("a/ports.oal", "let http = 80\n");
    shop.run(&["check"]).code(1).quiet().out("OAL0201").out("a/ports.oal:1:1").out("write `app shop {}` at its top");
    let web = "use \"../a/ports.oal\" { http }\nservice web {\n  image: \"web:1\"\n  ports: { http: http }\n}\n";
    shop.write("z/web.oal", web);
    shop.write("b/names.oal", "let name = \"shop\"\n");
    let ran = shop.run(&["check"]).code(1).quiet().out("z/web.oal:1:1").out("none of the 3 files below `.` has one");
    assert_eq!(ran.out.matches("error[").count(), 1, "{}", ran.out);
    shop.run(&["lower", "."]).code(1).silent().err("OAL0201").err("z/web.oal:1:1").err("not lowered: 1 error");
    // What is wrong with the others stands beside it.
    shop.write("b/names.oal", "let name = \"shop\n");
    let ran = shop.run(&["check", "--format", "short"]).code(1).out("z/web.oal:1:1: error[OAL0201]");
    assert!(ran.out.contains("b/names.oal:1:12: error[OAL0"), "{}", ran.out);
}

/// A misspelt or broken `app` is one mistake, not also a missing one.
#[test]
fn a_broken_app_is_not_called_missing() {
    for text in
        ["appp shop {}", "App shop {}", "application shop {}", "app shop", "app {}", "app shop {", "app \"shop\" {}"]
    {
        let shop = Sandbox::with(&format!("{text}\n"));
        for arguments in [["check", ".", "--format", "short"], ["check", "app.oal", "--format", "short"]] {
            let ran = shop.run(&arguments).code(1);
            let found = ran.out.matches("error[").count();
            assert!(found == 1 && !ran.out.contains("OAL0201"), "{text}: {ran:#?}");
        }
    }
}

#[test]
fn a_directory_named_like_a_file_is_told() {
    let shop = Sandbox::with(CLEAN);
    shop.write("x.oal/inner.oal", CLEAN.replace("shop", "inner"));
    shop.run(&["check"]).code(2).err("`x.oal` is a directory").out("2 programs");
    shop.run(&["check", "x.oal"]).code(2).err("`x.oal` is a directory");
    shop.write("app.oal", "use \"./x.oal\" as x\napp shop { edition: 1 }\n");
    shop.run(&["check", "app.oal"]).code(1).out("OAL0").out("is a directory");
}

#[test]
fn a_huge_file_is_not_read() {
    let shop = Sandbox::with(CLEAN);
    let huge = File::create(shop.path("huge.oal")).unwrap();
    huge.set_len(100 * 1024 * 1024).unwrap();
    shop.run(&["check", "huge.oal", "app.oal"]).code(1).out("OAL0003").out("huge.oal");
    shop.run(&["check"]).code(1).out("OAL0003");
}

#[test]
fn bytes_that_are_no_text_are_a_finding() {
    let shop = Sandbox::new();
    shop.write("app.oal", b"app shop { edition: 1 }\n// \xff\n");
    shop.run(&["check"]).code(1).out("OAL0001").out("app.oal:2:4");
}

#[cfg(unix)]
#[test]
fn links_stay_inside() {
    use std::os::unix::fs::symlink;
    let outside = Sandbox::with(CLEAN);
    let shop = Sandbox::new();
    symlink(outside.path("app.oal"), shop.path("app.oal")).unwrap();
    shop.run(&["check", "app.oal"]).code(2).err("oal::io::outside");
    shop.write("main.oal", "use \"./app.oal\" as other\napp shop { edition: 1 }\n");
    shop.run(&["check", "main.oal"]).code(1).out("OAL0224").out("leads outside");

    // A link inside is fine; links are not followed when a directory is looked through.
    shop.write("real/lib.oal", "let tag = \"1\"\n");
    symlink(shop.path("real"), shop.path("lib")).unwrap();
    shop.write("main.oal", "use \"./lib/lib.oal\" { tag }\napp shop { edition: 1 }\nservice a {\n  image: \"a:${tag}\"\n  ports: { http: 80 }\n}\n");
    shop.run(&["check"]).code(0).out("ok: shop").out("only parsed 1 file");
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_waited_for() {
    use std::os::unix::fs::symlink;
    let shop = Sandbox::new();
    symlink("loop.oal", shop.path("loop.oal")).unwrap();
    shop.run(&["check", "loop.oal"]).code(2).err("cannot be read");
    shop.run(&["check", "/dev/null"]).code(2).err("not a regular file");
    let made = std::process::Command::new("mkfifo").arg(shop.path("pipe.oal")).status();
    if made.is_ok_and(|status| status.success()) {
        shop.run(&["check", "pipe.oal"]).code(2).err("not a regular file");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_text_is_told() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let shop = Sandbox::with(CLEAN);
    let name = OsStr::from_bytes(b"\xff.oal");
    std::fs::write(shop.path("").join(name), CLEAN).unwrap();
    shop.run(&["check"]).code(2).err("oal::io::file_name").out("shop");
    let ran = shop.command(&["check"]).arg(name).output().unwrap();
    assert_eq!(ran.status.code(), Some(2));
}

#[test]
fn wrong_use_is_explained() {
    let shop = Sandbox::with(CLEAN);
    shop.run(&[]).code(2).silent().err("Usage:");
    shop.run(&["chekc"]).code(2).silent().err("'check'");
    shop.run(&["check", "--fromat", "json"]).code(2).silent().err("--format");
    shop.run(&["check", "--format", "jsn"]).code(2).silent().err("json");
}

/// Whatever is in a file, it is answered with a place and a code, and the file beside it is checked all the same.
#[test]
fn bad_files_get_placed_findings() {
    let crlf = BROKEN.replace('\n', "\r\n");
    let tabs = BROKEN.replace("  imag:", "\t'imag':");
    let bom = format!("\u{feff}{BROKEN}");
    let cases: [(&str, &[u8]); 17] = [
        ("OAL0201", b""),
        ("OAL0201", b"// nothing\n"),
        ("OAL0201", b"service api { image: \"a:1\" }\n"),
        ("OAL0202", b"app a { edition: 1 }\napp b {}\n"),
        ("OAL0203", crlf.as_bytes()),
        ("OAL0203", bom.as_bytes()),
        ("OAL0", tabs.as_bytes()),
        ("OAL0002", b"app a { edition: 1 }\n\0\n"),
        ("OAL0001", b"app a { edition: 1 }\n\xff\xfe\n"),
        ("OAL0", "app a { edition: 1 }\nservice \u{430}pi { image: \"a:1\" }\n".as_bytes()),
        ("OAL0", b"app a { edition: 1 }\nservice s { image: \"a:1\n}\n"),
        ("OAL0", b"app a { edition: 1 \n"),
        ("OAL0", b"app a { edition: 1 }\nservice s { image: \"a:${\" }\n"),
        ("OAL0", b"app a { edition: 1 }\nservice app { image: \"a:1\" }\n"),
        ("OAL0", b"app a { edition: 99999999999999999999 }\n"),
        ("OAL0223", b"use \"./app.oal\" as own\napp a { edition: 1 }\n"),
        ("OAL0", b"app a { edition: 1 }\nuse \"../x.oal\" as x\n"),
    ];
    for (code, bytes) in cases {
        let shop = Sandbox::new();
        shop.write("app.oal", bytes);
        shop.write("other.oal", BROKEN.replace("imag:", "imga:"));
        let ran = shop.run(&["check", "--format", "short", "app.oal", "other.oal"]).code(1);
        let found: Vec<&str> = ran.out.lines().filter(|line| line.starts_with("app.oal:")).collect();
        assert!(found.iter().any(|line| line.contains(&format!("error[{code}"))), "{code}: {ran:#?}");
        assert!(ran.out.lines().all(|line| line.contains("[OAL0")), "{ran:#?}");
        assert!(ran.out.contains("other.oal:4:3: error[OAL0203]"), "{ran:#?}");
    }
}
