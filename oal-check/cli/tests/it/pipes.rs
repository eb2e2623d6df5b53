//! Output that nobody reads, or that cannot be written.

use std::process::Stdio;

use crate::sandbox::{BROKEN, CLEAN, Sandbox};

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_error() {
    let cases: [(&[&str], i32); 18] = [
        (&["check"], 1),
        (&["check", "clean.oal"], 0),
        (&["check", "--format", "json"], 1),
        (&["check", "--format", "short"], 1),
        (&["lower", "clean.oal"], 0),
        (&["lower", "clean.oal", "-o", "build/"], 0),
        (&["fmt", "--check"], 1),
        (&["fmt", "--diff"], 1),
        (&["fmt"], 0),
        (&["explain", "--list"], 0),
        (&["explain", "OAL0201"], 0),
        (&["schema", "ir"], 0),
        (&["schema", "diagnostics"], 0),
        (&["init", "new"], 0),
        (&["init", "new", "--dry-run"], 0),
        (&["completions", "bash"], 0),
        (&["--help"], 0),
        (&["--version"], 0),
    ];
    for (arguments, code) in cases {
        let shop = Sandbox::with(BROKEN);
        shop.write("clean.oal", CLEAN);
        shop.write("messy.oal", "let a=1\n");
        std::fs::create_dir(shop.path("new")).unwrap();
        let mut command = shop.command(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(!said.contains("panicked") && !said.contains("error["), "{arguments:?}: {said}");
        // What was to be written is written.
        match arguments {
            ["fmt"] => assert_eq!(shop.read("messy.oal"), "let a = 1\n"),
            ["lower", .., "build/"] => assert!(shop.path("build/shop.prod.json").exists()),
            ["init", "new"] => assert!(shop.path("new/app.oal").exists()),
            _ => {}
        }
    }
}

/// Who closed standard error does not want to know.
#[cfg(unix)]
#[test]
fn a_closed_standard_error_is_none() {
    let shop = Sandbox::with(BROKEN);
    for arguments in
        [&["lower", "app.oal"][..], &["check", "--format", "json"], &["check", "nothing.oal"], &["fmt", "-"]]
    {
        let mut command = shop.command(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stderr.take());
        let code = child.wait().unwrap().code();
        assert!(matches!(code, Some(0..=2)), "{arguments:?}: {code:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_one() {
    let shop = Sandbox::with(BROKEN);
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = shop.command(&["explain", "--list"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("oal::io::output"));
}
