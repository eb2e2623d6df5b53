//! What runs: its lines, commands in it and beside it.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use super::{App, web};

const JOBS: &str = r#"job count { image: "busybox:1", command: ["sh", "-c", "echo one; echo two >&2; exit 7"], timeout: 1min }
job fine { image: "busybox:1", command: ["echo", "fine"], timeout: 1min }
"#;

#[test]
fn commands_run_in_containers_and_beside_them_and_their_ends_are_ours() {
    let app = App::new("runs", &(web("one") + JOBS));
    app.run(&["run", "fine", "-e", "dev"]).code(1).err("environment");
    app.run(&["deploy", "-e", "dev"]).code(0);

    let fine = app.run(&["run", "fine", "-e", "dev"]).code(0).err("`job/fine` runs as ");
    assert_eq!(fine.out, "fine\n", "what it writes, and nothing else");
    app.run(&["run", "count", "-e", "dev"]).code(7).out("one\n").out("two\n").err("job/count ended with 7");
    app.run(&["run", "web", "-e", "dev", "--", "sh", "-c", "echo $VERSION"]).code(0).out("one\n");
    app.run(&["run", "web", "-e", "dev", "--", "no-such-program"]).code(4).err("no-such-program");
    let json = app.run(&["run", "job/count", "-e", "dev", "--json"]).code(7);
    let job: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(job["exit_code"], 7);
    app.run(&["logs", "--job", job["id"].as_str().unwrap()]).code(0).out("job/count | one");
    app.run(&["run", "nothing", "-e", "dev"]).code(1).err("nothing");
    let detached = app.run(&["run", "fine", "-e", "dev", "--detach"]).code(0).out;
    app.run(&["logs", "--job", detached.trim()]).code(0).out("job/fine | fine");

    let cat = app.run_with_input(&["exec", "-e", "dev", "web", "--", "cat"], "through\nthe pipe").code(0);
    assert_eq!((cat.out.as_str(), cat.err.as_str()), ("through\nthe pipe", ""));
    // Much more than anything on the way keeps, and a command that reads nothing.
    let much: Vec<u8> = (0..20_000_000_u32).map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()[1]).collect();
    let mut cat = app.command(&["exec", "-e", "dev", "web", "--", "cat"]);
    let mut cat = cat.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut input, given) = (cat.stdin.take().unwrap(), much.clone());
    let giving = std::thread::spawn(move || input.write_all(&given));
    let mut through = Vec::new();
    cat.stdout.take().unwrap().read_to_end(&mut through).unwrap();
    giving.join().unwrap().unwrap();
    assert_eq!((cat.wait().unwrap().code(), through.len()), (Some(0), much.len()));
    assert!(through == much, "what comes back is what was given");
    let text = "x".repeat(4_000_000);
    app.run_with_input(&["exec", "-e", "dev", "web", "--", "sh", "-c", "sleep 1; echo done"], &text)
        .code(0)
        .out("done");

    let both = app.run(&["exec", "-e", "dev", "web", "--", "sh", "-c", "echo out; echo err >&2; exit 9"]).code(9);
    assert_eq!((both.out.as_str(), both.err.as_str()), ("out\n", "err\n"));
    let none = app.run(&["exec", "-e", "dev", "web", "--", "no-such-program"]);
    assert!(matches!(none.code, 126 | 127), "as the engine says it: {none:#?}");
    app.run(&["exec", "-e", "dev", "nothing"])
        .code(1)
        .err("nothing in runs/dev is called `nothing`")
        .err("`service/web`");
    app.run(&["exec", "-e", "dev", "web", "--copy", "7", "--", "true"]).code(4).err("copy 7 of `service/web`");

    // A command ends with who began it, also while it reads nothing of what it is given.
    let mut waiting = app.command(&["exec", "-e", "dev", "web", "--", "sleep", "4712"]);
    let mut waiting = waiting.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = waiting.stdin.take().unwrap();
    std::thread::spawn(move || input.write_all(&vec![b'x'; 8_000_000]));
    let count = || {
        let count = "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c '[s]leep 4712'";
        app.run(&["exec", "-e", "dev", "web", "--", "sh", "-c", count])
            .out
            .trim()
            .lines()
            .last()
            .unwrap_or("0")
            .to_owned()
    };
    let until = |wanted: &str, limit: u64| {
        let begun = std::time::Instant::now();
        while count() != wanted {
            assert!(begun.elapsed().as_secs() < limit, "`sleep` is not there {wanted} times");
        }
    };
    until("1", 20);
    kill_process(Pid::from_child(&waiting), Signal::INT).unwrap();
    waiting.wait().unwrap();
    until("0", 25);
}

#[test]
fn lines_of_what_runs_come_and_go_on_coming() {
    let app = App::new("lines", &web("one").replace("VERSION: \"one\"", "VERSION: \"one\", SAY: \"hello\""));
    app.run(&["deploy", "-e", "dev", "--verbose"]).code(0).err("service/web | ");
    app.run(&["logs", "-e", "dev"]).code(0).out("service/web.0 | says hello\nservice/web.0 | listens one\n");
    app.run(&["logs", "-e", "dev", "web", "--tail", "1", "--times"]).code(0).out("listens one");
    let line = app.run(&["logs", "-e", "dev", "web", "--json"]).code(0).out;
    let line: serde_json::Value = serde_json::from_str(line.lines().next().unwrap()).unwrap();
    assert_eq!((&line["node"], &line["line"]), (&"service/web".into(), &"says hello".into()));
    app.run(&["logs", "-e", "dev", "nothing"]).code(1).err("`service/web`");
    let recent = app.run(&["logs", "-e", "dev", "--since", "0s"]).code(0);
    assert_eq!(recent.out, "", "nothing since now");

    let mut follow = app.command(&["logs", "-e", "dev", "-f"]);
    let mut follow = follow.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(follow.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "service/web.0 | says hello");
    let more = "echo later > /proc/1/fd/1";
    app.run(&["exec", "-e", "dev", "web", "--", "sh", "-c", more]).code(0);
    assert!(lines.any(|line| line.unwrap().ends_with("| later")), "it goes on");
    kill_process(Pid::from_child(&follow), Signal::INT).unwrap();
    assert_eq!(follow.wait().unwrap().code(), Some(0), "Ctrl-C is the way to end it");
}
