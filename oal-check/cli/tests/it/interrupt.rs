//! Ctrl-C while files are written: each is whole, old or new, and there is no other.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::sandbox::{CLEAN, Sandbox};

/// How often it is tried; the signal comes a little later each time.
const TRIES: u32 = 4;

/// Waits until the process has begun to write in the directory, or has ended.
fn wait_for_writing(child: &mut Child, directory: &Path, names: usize) {
    let started = Instant::now();
    while fs::read_dir(directory).unwrap().count() == names && child.try_wait().unwrap().is_none() {
        assert!(started.elapsed() < Duration::from_secs(60), "nothing is written");
    }
}

/// Ctrl-C, as a terminal sends it. The exit code is then 130, unless the work was done before.
fn interrupt(mut child: Child) {
    Command::new("kill").args(["-INT", &child.id().to_string()]).stderr(Stdio::null()).status().unwrap();
    let code = child.wait().unwrap().code();
    assert!(matches!(code, Some(0 | 130)), "{code:?}");
}

#[test]
fn formatting_ends_between_two_files() {
    const FILES: usize = 6;
    let rest = format!("// {}\n", "x".repeat(90)).repeat(10_000);
    let (old, new) = (format!("let a=1\n{rest}"), format!("let a = 1\n{rest}"));
    for later in 0..TRIES {
        let shop = Sandbox::new();
        for number in 0..FILES {
            shop.write(&format!("{number}.oal"), &old);
        }
        let mut child = shop.command(&["fmt"]).stdout(Stdio::null()).spawn().unwrap();
        wait_for_writing(&mut child, &shop.path(""), FILES);
        std::thread::sleep(Duration::from_micros(200 * u64::from(later)));
        interrupt(child);
        let names = shop.names();
        assert_eq!(names.len(), FILES, "{names:?}");
        for name in names {
            let text = shop.read(&name);
            assert!(text == old || text == new, "{name} is torn");
        }
    }
}

#[test]
fn lowering_leaves_whole_documents() {
    let mut program = CLEAN.to_owned();
    for number in 0..300 {
        program.push_str(&format!("job j{number} {{ image: \"ghcr.io/acme/job:1.{number}.0\" }}\n"));
    }
    for later in 0..TRIES {
        let shop = Sandbox::with(&program);
        fs::create_dir(shop.path("build")).unwrap();
        let mut command = shop.command(&["lower", "app.oal", "-o", "build"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_for_writing(&mut child, &shop.path("build"), 0);
        std::thread::sleep(Duration::from_micros(200 * u64::from(later)));
        interrupt(child);
        for entry in fs::read_dir(shop.path("build")).unwrap() {
            let path = entry.unwrap().path();
            assert!(path.extension().is_some_and(|extension| extension == "json"), "{path:?} is left");
            oal_ir::read(&fs::read(&path).unwrap()).unwrap();
        }
    }
}
