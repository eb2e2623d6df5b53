#!/usr/bin/env python3
"""Helix and Zed cannot run here; their files are at least sound, and name what is there."""
import pathlib
import re
import sys
import tomllib

EDITORS = pathlib.Path(__file__).resolve().parent.parent.parent / "editors"
ROOT = EDITORS.parent.parent
wrong = []


def check(name, holds):
    print("ok" if holds else "not ok", "-", name)
    if not holds:
        wrong.append(name)


def toml(path):
    return tomllib.loads((EDITORS / path).read_text())


helix = toml("helix/languages.toml")
(language,) = helix["language"]
check("helix: every server is defined", set(language["language-servers"]) <= set(helix["language-server"]))
check("helix: the server is `oal lsp`", helix["language-server"]["oal"] == {"command": "oal", "args": ["lsp"]})
check("helix: the grammar is named as the language", helix["grammar"][0]["name"] == language["name"] == "oal")
check("helix: the grammar is where it says", (ROOT / helix["grammar"][0]["source"]["path"].split("/oal/", 1)[1] / "src/parser.c").is_file())
check("helix: files and scope", language["file-types"] == ["oal"] and language["scope"] == "source.oal")

zed, config = toml("zed/extension.toml"), toml("zed/languages/oal/config.toml")
check("zed: the server's language is there", zed["language_servers"]["oal"]["languages"] == [config["name"]])
check("zed: the grammar is there", config["grammar"] in zed["grammars"])
check("zed: the grammar's folder is there", (ROOT / zed["grammars"]["oal"]["path"] / "src/parser.c").is_file())
check("zed: files", config["path_suffixes"] == ["oal"])
version = re.search(r'^version = "(.*)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE).group(1)
check("zed: the version is the server's", zed["version"] == toml("zed/Cargo.toml")["package"]["version"] == version)
closing = {pair["start"]: pair["end"] for pair in config["brackets"]}
check("zed: brackets", closing == {"{": "}", "[": "]", "(": ")", '"': '"', '"""': '"""'})

readme = (EDITORS / "README.md").read_text()
links = re.findall(r"\]\(([^)#:]+)\)", readme)
check("readme: every link leads somewhere", all((EDITORS / link).exists() for link in links) and len(links) > 5)
sys.exit(1 if wrong else 0)
