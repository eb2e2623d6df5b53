//! Reading a Dockerfile as far as it matters before the engine does: which images it starts from, and whether it only copies files
//! into an empty image. What this does not understand is left to the engine.
//! (<https://docs.docker.com/reference/dockerfile/>)

use std::collections::BTreeMap;

/// A line of a Dockerfile, continuation lines joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// In capitals: `FROM`, `RUN`.
    pub name: String,
    /// What stands behind it, without blanks around.
    pub rest: String,
    /// The line of the text that it ends on, from 1.
    pub end: usize,
}

impl Instruction {
    /// Leading `--name=value` flags, and what stands behind them.
    #[must_use]
    pub fn flags(&self) -> (Vec<&str>, &str) {
        let (mut flags, mut rest) = (Vec::new(), &*self.rest);
        while rest.starts_with("--") {
            let (flag, behind) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            flags.push(flag);
            rest = behind.trim_start();
        }
        (flags, rest)
    }
}

/// A Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dockerfile {
    /// Its lines.
    pub instructions: Vec<Instruction>,
}

impl Dockerfile {
    /// Reads one. There is no text that it refuses: the engine says what is wrong, with its own words.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut escape = '\\';
        let mut head = true;
        let mut instructions = Vec::new();
        let mut joined = String::new();
        let mut end = 0;
        for line in text.trim_start_matches('\u{feff}').lines() {
            end += 1;
            let trimmed = line.trim();
            if let Some(comment) = trimmed.strip_prefix('#') {
                // Directives stand before anything else.
                if let (true, Some((key, value))) = (head, comment.split_once('='))
                    && key.trim().eq_ignore_ascii_case("escape")
                    && value.trim() == "`"
                {
                    escape = '`';
                }
                continue;
            }
            head = false;
            if trimmed.is_empty() {
                continue;
            }
            let line = if joined.is_empty() { line.trim_start() } else { line };
            if let Some(open) = line.trim_end().strip_suffix(escape) {
                joined.push_str(open);
                continue;
            }
            joined.push_str(line);
            instructions.extend(instruction(&std::mem::take(&mut joined), end));
        }
        instructions.extend(instruction(&joined, end));
        Self { instructions }
    }

    /// How many steps lead to the stage `target`, or to the end.
    #[must_use]
    pub fn steps(&self, target: Option<&str>) -> usize {
        let mut reached = false;
        let stages = self.instructions.iter().enumerate().filter(|(_, line)| line.name == "FROM");
        for (number, (at, line)) in stages.enumerate() {
            if reached {
                return at;
            }
            let name = line.rest.split_whitespace().skip_while(|word| !word.eq_ignore_ascii_case("as")).nth(1);
            reached = target.is_some_and(|target| {
                name.is_some_and(|name| name.eq_ignore_ascii_case(target)) || target == number.to_string()
            });
        }
        self.instructions.len()
    }

    /// The text it was read from, with a further line behind each `FROM`; and behind which lines those are.
    #[must_use]
    pub fn with_line(&self, text: &str, line: &str) -> (String, Vec<usize>) {
        let behind: Vec<usize> =
            self.instructions.iter().filter(|line| line.name == "FROM").map(|line| line.end).collect();
        let mut out = String::new();
        for (at, old) in text.lines().enumerate() {
            out.push_str(old);
            out.push('\n');
            if behind.contains(&(at + 1)) {
                out.push_str(line);
                out.push('\n');
            }
        }
        (out, behind)
    }

    /// Images that it starts from or copies from, other than its own stages and `scratch`, in the order they stand there.
    /// `args` are the values given from outside. A name that hangs on something else than `ARG` lines is left out.
    #[must_use]
    pub fn images(&self, args: &BTreeMap<String, String>) -> Vec<String> {
        let mut globals = BTreeMap::new();
        let mut stages: Vec<String> = Vec::new();
        let mut images: Vec<String> = Vec::new();
        let mut add = |name: String, stages: &[String]| {
            let own = stages.iter().any(|stage| stage.eq_ignore_ascii_case(&name));
            if !own && name != "scratch" && !name.is_empty() && !images.contains(&name) {
                images.push(name);
            }
        };
        for line in &self.instructions {
            match &*line.name {
                "ARG" if stages.is_empty() => {
                    for word in line.rest.split_whitespace() {
                        let (name, default) = word.split_once('=').unwrap_or((word, ""));
                        let default = expand(default.trim_matches(['"', '\'']), &globals);
                        let value = args.get(name).cloned().or(default);
                        globals.insert(name.to_owned(), value.unwrap_or_default());
                    }
                }
                "FROM" => {
                    let (_, rest) = line.flags();
                    let mut words = rest.split_whitespace();
                    if let Some(name) = words.next().and_then(|name| expand(name, &globals)) {
                        add(name, &stages);
                    }
                    let name = words.next().filter(|word| word.eq_ignore_ascii_case("as")).and_then(|_| words.next());
                    stages.push(name.map_or_else(|| stages.len().to_string(), str::to_owned));
                }
                "COPY" => {
                    let (flags, _) = line.flags();
                    for from in flags.iter().filter_map(|flag| flag.strip_prefix("--from=")) {
                        // A stage may be named by its number, too.
                        if !from.contains('$') && from.parse::<usize>().is_err() {
                            add(from.to_owned(), &stages);
                        }
                    }
                }
                _ => {}
            }
        }
        images
    }
}

fn instruction(line: &str, end: usize) -> Option<Instruction> {
    let line = line.trim();
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    (!name.is_empty()).then(|| Instruction { name: name.to_ascii_uppercase(), rest: rest.trim().to_owned(), end })
}

/// A text with `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME:+other}` replaced; none if it holds anything else.
fn expand(text: &str, values: &BTreeMap<String, String>) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('$') {
        if before.contains('\\') {
            return None;
        }
        out.push_str(before);
        let (name, default, other, left) = if let Some(braced) = behind.strip_prefix('{') {
            let (inside, left) = braced.split_once('}')?;
            if let Some((name, default)) = inside.split_once(":-") {
                (name, default, None, left)
            } else if let Some((name, other)) = inside.split_once(":+") {
                (name, "", Some(other), left)
            } else {
                (inside, "", None, left)
            }
        } else {
            let end = behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(behind.len());
            let (name, left) = behind.split_at_checked(end)?;
            (name, "", None, left)
        };
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') || default.contains('$') {
            return None;
        }
        let value = values.get(name).filter(|value| !value.is_empty());
        match (value, other) {
            (Some(_), Some(other)) => out.push_str(other),
            (None, Some(_)) => {}
            (value, None) => out.push_str(value.map_or(default, String::as_str)),
        }
        rest = left;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::Dockerfile;

    fn images(text: &str) -> Vec<String> {
        Dockerfile::parse(text).images(&[("V".to_owned(), "9".to_owned())].into())
    }

    #[test]
    fn images_are_those_of_others() {
        let text = "# syntax=docker/dockerfile:1\nARG BASE=alpine\nARG V=3\nARG TAG=\"${V}-slim\"\n\
                    FROM --platform=linux/amd64 golang:$V AS build\nRUN a \\\n # a comment\n  && b\n\
                    FROM $BASE:${TAG:-x}${NONE:+y}\nFROM build\nFROM scratch\nCOPY --from=build /a /b\nCOPY --from=0 /a /b\n\
                    COPY --chown=1 --from=nginx:1 /a /b\nFROM golang:9\n";
        assert_eq!(images(text), ["golang:9", "alpine:9-slim", "nginx:1"]);
    }

    #[test]
    fn a_line_goes_into_every_stage() {
        let text = "ARG A\nFROM \\\n  a AS one\nRUN x\n\nFROM b as two\nRUN y\nFROM one";
        let file = Dockerfile::parse(text);
        let (with, behind) = file.with_line(text, "LABEL l");
        assert_eq!(
            with,
            "ARG A\nFROM \\\n  a AS one\nLABEL l\nRUN x\n\nFROM b as two\nLABEL l\nRUN y\nFROM one\nLABEL l\n"
        );
        assert_eq!(behind, [3, 6, 8]);
        let steps = |target| file.steps(target);
        assert_eq!(
            [steps(None), steps(Some("one")), steps(Some("TWO")), steps(Some("2")), steps(Some("0"))],
            [6, 3, 5, 6, 3]
        );
    }

    #[test]
    fn lines_are_joined() {
        let file = Dockerfile::parse("run a \\\n# no\n\n  b\ncmd [\"x\"]");
        let lines: Vec<_> = file.instructions.iter().map(|line| format!("{} {}", line.name, line.rest)).collect();
        assert_eq!(lines, ["RUN a   b", "CMD [\"x\"]"]);
        let file = Dockerfile::parse("# escape=`\nRUN a\\\nRUN b `\n c");
        let lines: Vec<_> = file.instructions.iter().map(|line| &*line.rest).collect();
        assert_eq!(lines, ["a\\", "b  c"]);
    }
}
