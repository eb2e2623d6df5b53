//! `oal check --watch`: a result at the start and after each change.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::sandbox::{BROKEN, CLEAN, Sandbox};

struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(sandbox: &Sandbox, arguments: &[&str]) -> Self {
        let mut child = sandbox.command(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let reader = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || reader.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok()));
        Self { child, lines }
    }

    /// The next line that sums up.
    fn summary(&self) -> String {
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(20)).expect("a line in time");
            if line.contains("Ctrl-C") {
                return line;
            }
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_change_is_checked() {
    let shop = Sandbox::with(CLEAN);
    shop.write("lib/x.oal", "let tag = \"1\"\n");
    let watching = Watching::start(&shop, &["check", "--watch"]);
    assert!(watching.summary().starts_with("ok: shop"));
    shop.write("app.oal", BROKEN);
    assert!(watching.summary().starts_with("failed with 1 error"));
    shop.write("notes.txt", "of no interest");
    // Editors write beside the file and rename.
    shop.write("app.oal.new", CLEAN);
    std::fs::rename(shop.path("app.oal.new"), shop.path("app.oal")).unwrap();
    assert!(watching.summary().starts_with("ok: shop"));
    shop.write("lib/x.oal", "let tag = \n");
    assert!(watching.summary().starts_with("failed with 1 error"));
}

#[test]
fn a_file_that_goes_and_comes_back_is_seen() {
    let shop = Sandbox::with(CLEAN);
    let watching = Watching::start(&shop, &["check", "--watch", "app.oal"]);
    assert!(watching.summary().starts_with("ok: shop"));
    std::fs::remove_file(shop.path("app.oal")).unwrap();
    assert!(watching.summary().starts_with("nothing to check"));
    shop.write("app.oal", CLEAN);
    assert!(watching.summary().starts_with("ok: shop"));
}

#[test]
fn only_for_files_and_people() {
    let shop = Sandbox::with(CLEAN);
    shop.run(&["check", "--watch", "-"]).code(2).err("oal::usage::watch");
    shop.run(&["check", "--watch", "--format", "json"]).code(2).err("oal::usage::watch");
}
