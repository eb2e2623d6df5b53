//! What the system forbids: each file is named with the reason, nothing is lost, nothing is left, and the exit code is 2.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Command, Stdio};

use crate::sandbox::{CLEAN, Ran, Sandbox};

/// A sandbox of a user whom permissions bind. They do not bind root, who therefore runs the binary as somebody else.
struct Bound {
    sandbox: Sandbox,
    root: bool,
}

impl Bound {
    /// `None` where root cannot become somebody else.
    fn new() -> Option<Self> {
        let sandbox = Sandbox::for_everyone();
        sandbox.mode(".", 0o777);
        let root = fs::metadata(sandbox.path(".")).unwrap().uid() == 0;
        if root {
            if Command::new("setpriv").arg("--version").stdout(Stdio::null()).status().is_err() {
                std::io::stderr().write_all(b"permissions are not tested: root needs `setpriv` for it\n").unwrap();
                return None;
            }
            // Where the build lies may be closed to others.
            fs::create_dir(sandbox.path("bin")).unwrap();
            fs::copy(env!("CARGO_BIN_EXE_oal"), sandbox.path("bin/oal")).unwrap();
        }
        Some(Self { sandbox, root })
    }

    fn write(&self, name: &str, text: &str) {
        self.sandbox.write(name, text);
        let mut path = self.sandbox.path(name);
        let top = self.sandbox.path("");
        while path.starts_with(&top) && path != top {
            let mode = if path.is_dir() { 0o777 } else { 0o666 };
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            path.pop();
        }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        if !self.root {
            return self.sandbox.run(arguments);
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(self.sandbox.path("bin/oal"));
        command.args(arguments).current_dir(self.sandbox.path(".")).env_remove("CLICOLOR_FORCE");
        Ran::from(command.stdin(Stdio::null()).output().unwrap())
    }
}

impl Sandbox {
    fn mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), Permissions::from_mode(mode)).unwrap();
    }
}

/// The program, not in the one style.
fn messy() -> String {
    CLEAN.replace("  image", "      image")
}

#[test]
fn an_unreadable_file_is_named_and_the_others_are_checked() {
    let Some(shop) = Bound::new() else { return };
    shop.write("shop/app.oal", CLEAN);
    shop.write("shop/closed.oal", CLEAN);
    shop.sandbox.mode("shop/closed.oal", 0);
    for path in ["shop", "shop/closed.oal"] {
        let ran =
            shop.run(&["check", path]).code(2).err("error[oal::io::unreadable]: `shop/closed.oal` cannot be read");
        ran.err("permission denied").err("help: make it readable");
    }
    shop.run(&["check", "shop"]).code(2).out("incomplete: shop, 1 component");
    shop.run(&["lower", "shop/closed.oal"]).code(2).silent().err("oal::io::unreadable");
    shop.run(&["fmt", "shop"]).code(2).err("oal::io::unreadable").out("1 of 2 files already formatted");

    let open = "use \"./closed.oal\" as closed\napp shop { edition: 1 }\n";
    shop.write("shop/app.oal", open);
    let ran = shop.run(&["check", "shop/app.oal"]).code(1).quiet().out("shop/app.oal:1:5").out("permission denied");
    ran.out("error[OAL0").out("help: make it readable");
}

#[test]
fn an_unreadable_directory_is_named() {
    let Some(shop) = Bound::new() else { return };
    shop.write("shop/app.oal", CLEAN);
    shop.write("shop/closed/lib.oal", "let a = 1\n");
    shop.sandbox.mode("shop/closed", 0);
    shop.run(&["check", "shop"]).code(2).err("`shop/closed` cannot be read: permission denied").out("incomplete: shop");
    shop.run(&["fmt", "shop/closed"]).code(2).err("oal::io::unreadable");
    shop.sandbox.mode("shop/closed", 0o755);
}

#[test]
fn what_may_not_be_written_stays() {
    let Some(shop) = Bound::new() else { return };
    shop.write("closed/app.oal", &messy());
    shop.write("open/app.oal", &messy());
    shop.sandbox.mode("closed", 0o555);
    let ran = shop.run(&["fmt", "closed", "open"]).code(2).err("`closed/app.oal` cannot be written: permission denied");
    ran.err("oal::io::write").out("formatted 1 of 2 files");
    assert_eq!(shop.sandbox.read("closed/app.oal"), messy());
    assert_eq!(shop.sandbox.read("open/app.oal"), CLEAN);

    shop.run(&["lower", "open", "-o", "closed/"]).code(2).err("`closed/shop.dev.json` cannot be written");
    shop.run(&["lower", "open", "-o", "closed/more/"]).code(2).err("`closed/more/` cannot be made");
    shop.run(&["lower", "open", "--env", "dev", "-o", "closed/x.json"]).code(2).silent().err("oal::io::write");
    shop.run(&["init", "closed", "--force"]).code(2).silent().err("oal::io::write");
    assert_eq!(fs::read_dir(shop.sandbox.path("closed")).unwrap().count(), 1);
    shop.sandbox.mode("closed", 0o755);
}

/// The directory may be written, the file in it may not: putting another in its place would go round that.
#[test]
fn the_file_of_somebody_else_is_not_replaced() {
    let Some(shop) = Bound::new() else { return };
    if !shop.root {
        return;
    }
    shop.write("shop/app.oal", &messy());
    shop.sandbox.mode("shop/app.oal", 0o644);
    shop.run(&["fmt", "shop"]).code(2).err("`shop/app.oal` cannot be written: permission denied");
    assert_eq!(shop.sandbox.read("shop/app.oal"), messy());
    assert_eq!(fs::metadata(shop.sandbox.path("shop/app.oal")).unwrap().uid(), 0);
}
