//! Output that nobody reads, or that cannot be written.

use std::process::Stdio;

use crate::sandbox::{BROKEN, Sandbox};

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_error() {
    let shop = Sandbox::with(BROKEN);
    for (arguments, code) in
        [(&["explain", "--list"][..], 0), (&["schema", "ir"], 0), (&["check", "--format", "json"], 1), (&["--help"], 0)]
    {
        let mut child = shop.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(!said.contains("panicked") && !said.contains("error["), "{arguments:?}: {said}");
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
