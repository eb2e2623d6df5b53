//! The README of the repository tells the truth: each command of its `console` blocks is run, in order, in one directory that
//! has the examples, and prints what stands there. A program behind a comment `<!-- file: NAME -->` is that file.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::sandbox::Sandbox;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// What a command prints, to either stream.
fn run(sandbox: &Sandbox, command: &str) -> String {
    let binaries = Path::new(env!("CARGO_BIN_EXE_oal")).parent().unwrap();
    let path = format!("{}:{}", binaries.display(), std::env::var("PATH").unwrap());
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1; {command}")])
        .current_dir(sandbox.path(""))
        .env("PATH", path)
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The text without times and digests, which differ from run to run and from change to change.
fn timeless(text: &str) -> String {
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    for at in 1..words.len() {
        if words[at].starts_with("\"sha256:") {
            words[at] = "D".to_owned();
        }
        let is_unit = ["ms", "s"].iter().any(|unit| words[at].trim_end().trim_end_matches(';') == *unit);
        if is_unit && words[at - 1].parse::<f64>().is_ok() {
            words[at - 1] = "N".to_owned();
        }
    }
    words.join(" ")
}

#[cfg(unix)]
#[test]
fn what_the_readme_shows_is_true() {
    let path = root().join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let sandbox = Sandbox::new();
    copy(&root().join("examples"), &sandbox.path("examples"));
    let (mut said, mut file, mut lines) = (String::new(), None, readme.lines().peekable());
    while let Some(line) = lines.next() {
        said.push_str(line);
        said.push('\n');
        if let Some(name) = line.strip_prefix("<!-- file: ").and_then(|rest| rest.strip_suffix(" -->")) {
            file = Some(name);
        } else if line == "```oal" {
            let mut program = String::new();
            while let Some(line) = lines.next_if(|line| *line != "```") {
                program.push_str(line);
                program.push('\n');
            }
            said.push_str(&program);
            if let Some(name) = file.take() {
                sandbox.write(name, &program);
            }
        } else if let Some(fence) = line.strip_suffix("console").filter(|fence| fence.starts_with("```")) {
            while let Some(line) = lines.next_if(|line| *line != fence) {
                let Some(command) = line.strip_prefix("$ ") else { continue };
                let mut old = String::new();
                while let Some(line) = lines.next_if(|line| *line != fence && !line.starts_with("$ ")) {
                    old.push_str(line);
                    old.push('\n');
                }
                let new = run(&sandbox, command);
                // Times that are as good as any stay as they are.
                let same = timeless(&new) == timeless(&old);
                said.push_str(&format!("{line}\n{}", if same { old } else { new }));
            }
        }
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &said).unwrap();
    }
    assert!(
        readme == said || std::env::var_os("UPDATE").is_some(),
        "run `UPDATE=1 cargo test -p oal-cli readme`: {said}"
    );
}
