//! Reading a Dockerfile as far as it matters before the engine does: which images it starts from, and whether it only copies files
//! into an empty image. What this does not understand is left to the engine.
//! (<https://docs.docker.com/reference/dockerfile/>)

use std::collections::{BTreeMap, BTreeSet};

mod needs;

pub use needs::Need;

/// A line of a Dockerfile, continuation lines joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// In capitals: `FROM`, `RUN`.
    pub name: String,
    /// What stands behind it, without blanks around.
    pub rest: String,
    /// The line of the text that it begins on, from 1.
    pub begin: usize,
    /// The line that it ends on.
    pub end: usize,
    /// Here-documents stand behind it, up to its end.
    pub heredoc: bool,
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

    /// The stages, images and contexts that it takes files from: `--from=…` of `COPY`, `from=…` in a `--mount` of `RUN`.
    fn sources(&self) -> impl Iterator<Item = &str> {
        self.flags().0.into_iter().flat_map(|flag| {
            let mount = flag.strip_prefix("--mount=").into_iter().flat_map(|mount| mount.split(','));
            let from = mount.filter_map(|part| part.trim_matches('"').strip_prefix("from="));
            flag.strip_prefix("--from=").into_iter().chain(from)
        })
    }
}

/// A Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dockerfile {
    /// Its lines.
    pub instructions: Vec<Instruction>,
    /// The frontend that a directive `# syntax=…` asks for, an image, and the line on which it does.
    pub syntax: Option<(String, usize)>,
    /// How many lines of directives it begins with.
    directives: usize,
}

impl Dockerfile {
    /// Reads one. There is no text that it refuses: the engine says what is wrong, with its own words.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut escape = '\\';
        let mut read = Self { instructions: Vec::new(), syntax: None, directives: 0 };
        let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
        let (mut joined, mut begin, mut next) = (String::new(), 0, 0);
        while let Some(line) = lines.get(next) {
            let at = next;
            next += 1;
            let trimmed = line.trim();
            if let Some(comment) = trimmed.strip_prefix('#') {
                // Directives stand before anything else.
                match comment.split_once('=').filter(|_| read.directives == at) {
                    Some((key, value)) => match (&*key.trim().to_ascii_lowercase(), value.trim()) {
                        ("escape", value) => escape = if value == "`" { '`' } else { '\\' },
                        ("syntax", value) => read.syntax = Some((value.to_owned(), next)),
                        ("check", _) => {}
                        _ => continue,
                    },
                    None => continue,
                }
                read.directives = next;
                continue;
            }
            if trimmed.is_empty() {
                continue;
            }
            let line = if joined.is_empty() { line.trim_start() } else { line };
            if joined.is_empty() {
                begin = next;
            }
            if let Some(open) = line.trim_end().strip_suffix(escape) {
                joined.push_str(open);
                continue;
            }
            joined.push_str(line);
            let documents = heredocs(&joined, lines.get(next..).unwrap_or_default());
            next += documents;
            let lines = (begin, next);
            read.instructions.extend(instruction(&std::mem::take(&mut joined), lines, documents > 0));
        }
        read.instructions.extend(instruction(&joined, (begin, next), false));
        read
    }

    /// The text it was read from, for the frontend that the engine has by itself. Each line stays where it is.
    #[must_use]
    pub fn without_syntax(&self, text: &str) -> String {
        let mut lines: Vec<&str> = text.lines().collect();
        if let Some((_, at)) = &self.syntax {
            // An empty line among the directives would end them.
            lines.insert(self.directives, "");
            lines.remove(at - 1);
        }
        lines.iter().flat_map(|line| [line, "\n"]).collect()
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

    /// The text it was read from with images in the place of names for further directories, wherever it takes files from one; and
    /// the names that were replaced. Such a name counts before an image or a stage of the same name.
    #[must_use]
    pub fn with_images(&self, text: &str, images: &BTreeMap<String, String>) -> (String, BTreeSet<String>) {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut replaced = BTreeSet::new();
        for instruction in &self.instructions {
            let (flags, rest) = instruction.flags();
            let image = rest.split_whitespace().next().filter(|_| instruction.name == "FROM");
            let words: BTreeSet<&str> = flags.into_iter().chain(image).collect();
            let own = instruction.sources().chain(image).filter_map(|name| Some((name, images.get(name)?)));
            for (name, other) in own {
                for word in &words {
                    let Some(new) = with_source(word, name, other) else { continue };
                    let span = lines.iter_mut().take(instruction.end).skip(instruction.begin - 1);
                    if span.into_iter().any(|line| replace_word(line, word, &new)) {
                        replaced.insert(name.to_owned());
                    }
                }
            }
        }
        (lines.iter().flat_map(|line| [line, "\n"]).collect(), replaced)
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
                "COPY" | "RUN" => {
                    for from in line.sources() {
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

/// A word of a recipe that takes files from `name`, taking them from `other`.
fn with_source(word: &str, name: &str, other: &str) -> Option<String> {
    if word == name {
        return Some(other.to_owned());
    }
    if let Some(from) = word.strip_prefix("--from=") {
        return (from == name).then(|| format!("--from={other}"));
    }
    let parts = word.strip_prefix("--mount=")?.split(',');
    let wanted = format!("from={name}");
    let parts: Vec<&str> = parts.collect();
    let new = parts.iter().map(|part| match *part == wanted {
        true => format!("from={other}"),
        false => (*part).to_owned(),
    });
    parts.contains(&&*wanted).then(|| format!("--mount={}", new.collect::<Vec<_>>().join(",")))
}

/// Replaces the first word of a line that is this one.
fn replace_word(line: &mut String, word: &str, new: &str) -> bool {
    let found = line.match_indices(word).map(|(at, _)| (at, at + word.len())).find(|(begin, end)| {
        let blank = |c: Option<char>| c.is_none_or(char::is_whitespace);
        blank(line.get(..*begin).and_then(|before| before.chars().next_back()))
            && blank(line.get(*end..).and_then(|behind| behind.chars().next()))
    });
    if let Some((begin, end)) = found {
        line.replace_range(begin..end, new);
    }
    found.is_some()
}

fn instruction(line: &str, (begin, end): (usize, usize), heredoc: bool) -> Option<Instruction> {
    let line = line.trim();
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let (name, rest) = (name.to_ascii_uppercase(), rest.trim().to_owned());
    (!name.is_empty()).then_some(Instruction { name, rest, begin, end, heredoc })
}

/// How many of the lines behind an instruction are its here-documents. Without their ends there are none: the shell's `<<` is
/// another thing to a frontend that does not know them.
fn heredocs(instruction: &str, behind: &[&str]) -> usize {
    let mut words = instruction.split_whitespace();
    if !words.next().is_some_and(|name| ["RUN", "COPY", "ADD"].iter().any(|known| name.eq_ignore_ascii_case(known))) {
        return 0;
    }
    let mut used = 0;
    for word in words {
        let Some(word) = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<") else { continue };
        let (tabs, name) = word.strip_prefix('-').map_or((false, word), |name| (true, name));
        let name = name.trim_matches(['"', '\'']);
        if name.is_empty() || name.contains('<') {
            continue;
        }
        let ends = |line: &&str| if tabs { line.trim_start_matches('\t') == name } else { **line == *name };
        match behind.iter().skip(used).position(ends) {
            Some(end) => used += end + 1,
            None => return 0,
        }
    }
    used
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
                    COPY --chown=1 --from=nginx:1 /a /b\nFROM golang:9\n\
                    RUN --mount=type=bind,from=tools:2,target=/t --mount=from=build,target=/b x\n";
        assert_eq!(images(text), ["golang:9", "alpine:9-slim", "nginx:1", "tools:2"]);
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
    fn directories_become_images() {
        let text = "FROM more AS m\nCOPY --chown=1 \\\n  --from=more more /x\nRUN --mount=from=more,target=/m \\\n --mount=type=bind,source=a,from=b,target=/m cp more x\n\
                    FROM b\nCOPY --from=mores a b\nFROM other";
        let images = [("more", "i:1"), ("b", "i:2")].map(|(name, image)| (name.to_owned(), image.to_owned()));
        let (new, replaced) = Dockerfile::parse(text).with_images(text, &images.into());
        assert_eq!(
            new,
            "FROM i:1 AS m\nCOPY --chown=1 \\\n  --from=i:1 more /x\nRUN --mount=from=i:1,target=/m \\\n --mount=type=bind,source=a,from=i:2,target=/m cp more x\n\
             FROM i:2\nCOPY --from=mores a b\nFROM other\n"
        );
        assert_eq!(replaced.into_iter().collect::<Vec<_>>(), ["b", "more"]);
    }

    #[test]
    fn a_frontend_is_taken_out() {
        let text = "# syntax = docker/dockerfile:1.4\n# escape=`\n\nFROM a\n";
        let file = Dockerfile::parse(text);
        assert_eq!(file.syntax, Some(("docker/dockerfile:1.4".to_owned(), 1)));
        assert_eq!(file.without_syntax(text), "# escape=`\n\n\nFROM a\n");
        assert_eq!(Dockerfile::parse("# a word\n# syntax=a\nFROM b").syntax, None);
        assert_eq!(Dockerfile::parse("\n# syntax=a\nFROM b").syntax, None);
    }

    #[test]
    fn lines_are_joined() {
        let file = Dockerfile::parse("run a \\\n# no\n\n  b\ncmd [\"x\"]");
        let lines: Vec<_> = file.instructions.iter().map(|line| format!("{} {}", line.name, line.rest)).collect();
        assert_eq!(lines, ["RUN a   b", "CMD [\"x\"]"]);
        let file = Dockerfile::parse("run a <<X <<-\"Y\"\nFROM b\nX\n\tcopy\n\tY\nRUN c <<Z\nEND 1<<2");
        let lines: Vec<_> =
            file.instructions.iter().map(|line| (&*line.name, line.begin, line.end, line.heredoc)).collect();
        assert_eq!(lines, [("RUN", 1, 5, true), ("RUN", 6, 6, false), ("END", 7, 7, false)]);
        let file = Dockerfile::parse("# escape=`\nRUN a\\\nRUN b `\n c");
        let lines: Vec<_> = file.instructions.iter().map(|line| &*line.rest).collect();
        assert_eq!(lines, ["a\\", "b  c"]);
    }
}
