#!/usr/bin/env python3
"""Drives the server through Kakoune and kak-lsp with the set-up of oal-lsp/editors/kakoune. Prints TAP.

`kak`, `kak-lsp` and `oal` must be on the PATH.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
PROFILE = json.loads((HERE / "profile.json").read_text())
DIR = pathlib.Path(tempfile.mkdtemp(prefix="oal-kak"))
(DIR / ".git").mkdir()
for name, text in PROFILE["files"].items():
    (DIR / name).write_text(text)
MAIN = DIR / PROFILE["open"]

CONFIG, RUNTIME = DIR / ".config", DIR / ".run"
CONFIG.mkdir()
RUNTIME.mkdir(mode=0o700)
(CONFIG / "kakrc").write_text(
    f"evaluate-commands %sh{{ kak-lsp }}\n"
    f"source {HERE.parent.parent}/editors/kakoune/oal.kak\n"
    "hook global WinSetOption filetype=oal %{ lsp-enable-window }\n"
)
SESSION = f"oal{os.getpid()}"
ENV = {**os.environ, "KAKOUNE_CONFIG_DIR": str(CONFIG), "XDG_RUNTIME_DIR": str(RUNTIME), "TERM": "dumb"}
editor = subprocess.Popen(
    ["kak", "-ui", "dummy", "-s", SESSION, str(MAIN)],
    env=ENV, cwd=DIR, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
)
count = bad = values = 0


def send(commands, client=True):
    commands = f"evaluate-commands -try-client client0 %§{commands}§\n" if client else commands
    subprocess.run(["kak", "-p", SESSION], input=commands.encode(), env=ENV, timeout=10, check=False)


def written(path):
    end = time.time() + 1
    while not path.exists() and time.time() < end:
        time.sleep(0.01)
    return path.read_text() if path.exists() else ""


def value(name):
    global values
    values += 1
    path = RUNTIME / f"value{values}"
    send(f'nop %sh{{ printf %s "${name}" > {path}.new; mv {path}.new {path} }}')
    return written(path)


def buffer(name):
    path = RUNTIME / "buffer"
    path.unlink(missing_ok=True)
    send(f"evaluate-commands -draft %{{ buffer {name}; write! {path}.new; nop %sh{{ mv {path}.new {path} }} }}")
    return written(path)


def select(at):
    before, after = at.split("|")
    text = buffer(MAIN)
    head = text[: text.index(before + after) + len(before)]
    line, column = head.count("\n") + 1, len(head.rsplit("\n", 1)[-1].encode()) + 1
    send(f"buffer {MAIN}; select {line}.{column},{line}.{column}")


def step(name, run, timeout=15):
    global count, bad
    count += 1
    started, found = time.time(), None
    try:
        while time.time() - started < timeout and not found:
            found = run()
            if not found:
                time.sleep(0.05)
    except Exception as problem:  # noqa: BLE001
        name += f" # {problem!r}"
    bad += not found
    said = " # " + " ".join(found.split())[:100] if isinstance(found, str) else ""
    print(f"{'ok' if found else 'not ok'} {count} - {name} ({(time.time() - started) * 1000:.0f} ms){said}", flush=True)


time.sleep(1.0)


def after(name, before, run):
    before()
    step(name, run)


step("the file type", lambda: value("kak_opt_filetype") == "oal" and value("kak_opt_comment_line") == "//")


def typed():
    other = DIR / "typed.oal"
    send(f"edit {other}; execute-keys -with-hooks 'iservice a {{<ret>env: {{<ret>A: \"b\"<ret>}}<ret>}}<esc>'")
    return 'service a {\n  env: {\n    A: "b"\n  }\n}\n' in buffer(other)


step("lines are indented while one types", typed, 3)
send(f"delete-buffer! {DIR}/typed.oal; buffer {MAIN}")
step("findings are counted", lambda: int(value("kak_opt_lsp_diagnostic_error_count") or 0) > 0)
send("lsp-diagnostics")
step("findings are listed, where they are", lambda: (
    lambda text: f":{PROFILE['diagnostic']['line'] + 1}:{PROFILE['diagnostic']['column'] + 1}:" in text
    and PROFILE["diagnostic"]["match"] in text and text
)(buffer("*diagnostics*")))
after(
    "hover",
    lambda: (select(PROFILE["hover"]["at"]), send("lsp-hover-buffer")),
    lambda: (lambda text: PROFILE["hover"]["match"] in text and text)(buffer("*hover*")),
)
after(
    "go to definition in another file",
    lambda: (select(PROFILE["definition"]["at"]), send("lsp-definition")),
    lambda: value("kak_buffile").endswith(PROFILE["definition"]["file"])
    and value("kak_cursor_line") == str(PROFILE["definition"]["line"] + 1),
)

after(
    "go to definition in the built-in library",
    lambda: (send(f"buffer {MAIN}"), select(PROFILE["library"]["at"]), send("lsp-definition")),
    lambda: value("kak_buffile").endswith(PROFILE["library"]["file"]) and "kind " in buffer(value("kak_bufname")),
)


def append():
    typed = PROFILE["format"]["from"].replace(" ", "<space>")
    send(f"buffer {MAIN}; execute-keys 'geo{typed}<esc>'")
    time.sleep(0.3)
    send("lsp-formatting")


def renamed():
    send("write-all")
    time.sleep(0.1)
    new = PROFILE["rename"]["to"]
    return all((DIR / name).read_text().count(new) == wanted for name, wanted in PROFILE["rename"]["counts"].items())


def put_right():
    select("|" + PROFILE["repair"]["at"])
    # The choice that is first and preferred.
    send("lsp-code-actions quickfix")
    time.sleep(0.5)
    send("execute-keys <ret>")


after("format", append, lambda: PROFILE["format"]["to"] in buffer(MAIN))
after(
    "rename across files, also inside texts",
    lambda: (select(PROFILE["rename"]["at"]), send(f"lsp-rename {PROFILE['rename']['to']}")), renamed,
)
after(
    "a code action puts it right", put_right, lambda: PROFILE["repair"]["gives"] in buffer(MAIN)
)
if os.environ.get("DEBUG"):
    print(buffer("*debug*")[-4000:])
send("kill!", client=False)
step("the session ends", lambda: editor.poll() is not None, 5)
if editor.poll() is None:
    editor.kill()
print(f"1..{count}")
sys.exit(1 if bad else 0)
