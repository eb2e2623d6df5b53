//! What the command says without a platform: wrong use, wrong programs, nobody there.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use super::sandbox::{BROKEN, SOUND, Sandbox};

#[test]
fn a_program_with_errors_is_said_as_oal_check_says_it_and_nothing_is_asked() {
    let sandbox = Sandbox::with(BROKEN);
    for verb in ["deploy", "plan", "up"] {
        let ran = sandbox.run(&[verb, "--color", "never"]).code(2);
        assert!(ran.err.contains("app.oal:4:3"), "{}", ran.err);
        assert!(ran.err.ends_with("error: `shop` is not deployed: 1 error\n"), "{}", ran.err);
        assert_eq!(ran.out, "", "nothing was begun");
    }
    assert!(!sandbox.path("data").exists(), "nothing was started");
    // The very same lines, if the other command has been built.
    let oal = std::path::Path::new(env!("CARGO_BIN_EXE_helios")).with_file_name("oal");
    if oal.is_file() {
        let output =
            Command::new(oal).args(["check", "--color", "never"]).current_dir(sandbox.path("")).output().unwrap();
        let checked = String::from_utf8(output.stdout).unwrap();
        let (findings, _) = checked.rsplit_once("\n\n").unwrap();
        let ran = sandbox.run(&["deploy", "--color", "never"]);
        assert!(ran.err.starts_with(findings), "{checked}\n---\n{}", ran.err);
    }
}

#[test]
fn what_is_meant_must_be_clear() {
    let sandbox = Sandbox::with(SOUND);
    sandbox.run(&["deploy"]).code(1).err("several environments: `dev`, `prod`").err("--env NAME");
    sandbox
        .run(&["deploy", "--env", "pord"])
        .code(1)
        .err("no environment is called `pord`")
        .err("did you mean `prod`?");
    sandbox.run(&["deploy", "nowhere"]).code(1).err("there is no file or directory `nowhere`");
    sandbox.run(&["deploy", "--env", "Prod"]).code(1).err("a name: letters a to z");
    sandbox.run(&["delpoy"]).code(1).err("deploy");
    sandbox.run(&["secrets", "set", "a b"]).code(1).err("the name of a secret");
    sandbox.run(&["logs", "--since", "yesterday"]).code(1).err("`15m`");
    let empty = Sandbox::new();
    empty.run(&["deploy"]).code(1).err("there is no `.oal` file below").err("oal init");
    empty.run(&["status"]).code(1).err("--app NAME");
    std::fs::create_dir_all(empty.path("a")).unwrap();
    std::fs::create_dir_all(empty.path("b")).unwrap();
    std::fs::write(empty.path("a/app.oal"), SOUND).unwrap();
    std::fs::write(empty.path("b/app.oal"), SOUND).unwrap();
    empty.run(&["deploy", "-e", "dev"]).code(1).err("2 programs").err("a/app.oal");
}

#[test]
fn without_a_platform_it_says_how_to_get_one() {
    let sandbox = Sandbox::with(SOUND);
    let mut command = sandbox.command(&["status", "-e", "dev"]);
    let output = command.env_remove("HELIOS_DATA").env("XDG_DATA_HOME", sandbox.path("none")).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    // As root there may be a platform of the machine's own in /var/lib/helios.
    if !std::path::Path::new("/var/lib/helios/chosen.json").exists() {
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("no platform is known") && said.contains("helios login"), "{said}");
    }
    sandbox.run(&["status", "-e", "dev"]).code(1).err("no `helios up` has run in");
}

#[test]
fn a_server_that_is_not_there_is_unknown_not_failed() {
    let sandbox = Sandbox::with(SOUND);
    for arguments in [&["status", "-e", "dev"][..], &["deploy", "-e", "dev"], &["token", "list"]] {
        let mut command = sandbox.command(arguments);
        let output = command.env("HELIOS_URL", "http://127.0.0.1:9").env("HELIOS_TOKEN", "hl_x").output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(5), "{said}");
        assert!(said.contains("http://127.0.0.1:9 does not answer: "), "{said}");
    }
    let mut command = sandbox.command(&["status", "-e", "dev"]);
    let output = command.env("HELIOS_URL", "ftp://there").env("HELIOS_TOKEN", "hl_x").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "a wrong address is wrong use");
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let sandbox = Sandbox::new();
    let mut child =
        sandbox.command(&["completions", "zsh"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = sandbox.command(&["completions", "zsh"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("cannot write the results"));
}

#[test]
fn login_never_keeps_what_it_could_not_try() {
    let sandbox = Sandbox::new();
    sandbox.run_with_input(&["login", "http://127.0.0.1:9"], "hl_x\n").code(5).err("does not answer");
    sandbox.run_with_input(&["login", "127.0.0.1:9"], "hl_x\n").code(1).err("is no address of a server");
    sandbox.run_with_input(&["login", "http://127.0.0.1:9"], "").code(1).err("there is no token");
    sandbox.run(&["login", "--list"]).code(0);
    sandbox.run(&["login", "http://127.0.0.1:9", "--forget"]).code(1).err("is not known here");
    assert!(!sandbox.path("config/helios/servers.json").exists());
}

#[test]
fn a_file_of_tokens_that_is_not_ours_to_read_is_said() {
    let sandbox = Sandbox::with(SOUND);
    std::fs::create_dir_all(sandbox.path("config/helios")).unwrap();
    let file = sandbox.path("config/helios/servers.json");
    std::fs::write(&file, "{ \"tokens\": 3 }").unwrap();
    sandbox.run(&["login", "--list"]).code(1).err("is not as `helios login` writes it");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o000)).unwrap();
    // Nothing is unreadable for root.
    if !rustix::process::geteuid().is_root() {
        sandbox.run(&["login", "--list"]).code(1).err("Permission denied");
    }
}
