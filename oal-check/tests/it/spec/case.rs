//! A program of the specification with what it states: files, expected findings, values, a part of the IR, what the fixes make of it.

use super::markdown::Block;
use oal_check::diagnostic::{Code, Severity, codes};

/// What an `app` that a program leaves out looks like.
const APP: &str = "app spec { edition: 1 }";

/// A program and what it states.
#[derive(Debug)]
pub(super) struct Case {
    /// Chapter, line and section, to say where it stands.
    place: (String, usize, String),
    /// Its files, the root first.
    pub(super) files: Vec<File>,
    /// Expected findings.
    pub(super) expected: Vec<Expected>,
    /// Expected values of `let`s.
    pub(super) values: Vec<ExpectedValue>,
    /// Expected parts of the IR, with the environment.
    pub(super) ir: Vec<(Option<String>, serde_json::Value)>,
    /// What the sure fixes make of the root file.
    pub(super) fixed: Option<String>,
    /// What the formatter makes of the root file.
    pub(super) formatted: Option<String>,
    /// Which findings count.
    pub(super) counts: Counts,
    /// Whether it is exempt from formatting.
    pub(super) unformatted: bool,
    /// `--env`, `--param` and the like, as written.
    pub(super) options: Vec<(String, String)>,
}

/// Which findings count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Counts {
    /// All but notes and what a short program cannot avoid.
    Most,
    /// All but notes.
    Warnings,
    /// All.
    All,
}

/// A file of a program.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: String,
    /// Each line with its line in the chapter; 0 for what is not there.
    lines: Vec<(usize, String)>,
}

/// An expected finding.
#[derive(Debug)]
pub(super) struct Expected {
    /// Its line in the chapter.
    pub(super) line: usize,
    pub(super) severity: Severity,
    pub(super) code: &'static Code,
    /// What it says somewhere.
    pub(super) words: Vec<String>,
    /// The environments it concerns, where stated.
    pub(super) environments: Option<Vec<String>>,
}

/// An expected value of a `let` of the root file.
#[derive(Debug)]
pub(super) struct ExpectedValue {
    /// Where it is stated.
    pub(super) line: usize,
    pub(super) name: String,
    pub(super) environment: Option<String>,
    pub(super) value: String,
}

impl Case {
    /// How a failure names it.
    pub(super) fn title(&self) -> String {
        let (chapter, line, section) = &self.place;
        format!("grammar/spec/{chapter}:{line}: {section}")
    }

    /// The text of the root without the `app` that was added to it.
    pub(super) fn without_app<'t>(&self, text: &'t str) -> &'t str {
        let added = self.files[0].lines.last().is_some_and(|(line, _)| *line == 0);
        let text = text.trim_end();
        if added { text.strip_suffix(APP).unwrap_or(text).trim_end() } else { text }
    }
}

impl File {
    pub(super) fn text(&self) -> String {
        self.lines.iter().flat_map(|(_, line)| [line.as_str(), "\n"]).collect()
    }

    /// The line in the chapter of a byte of the text.
    pub(super) fn line_at(&self, offset: usize) -> usize {
        let mut end = 0;
        for (number, line) in &self.lines {
            end += line.len() + 1;
            if offset < end {
                return *number;
            }
        }
        self.lines.last().map_or(0, |(number, _)| *number)
    }

    /// Whether a line of the chapter is one of this file.
    pub(super) fn holds(&self, line: usize) -> bool {
        self.lines.iter().any(|(number, _)| *number == line)
    }
}

/// Reads a block: a new program, or what belongs to the one before.
pub(super) fn read(chapter: &str, block: Block, before: &mut [Case]) -> Result<Option<Case>, String> {
    let place = format!("grammar/spec/{chapter}:{}", block.line);
    let mut words = block.info.split_whitespace();
    match words.next() {
        Some("json") => {
            let case = before.last_mut().ok_or_else(|| format!("{place}: no program before this IR"))?;
            let value = serde_json::from_str(&block.lines.join("\n")).map_err(|e| format!("{place}: {e}"))?;
            let environment = words.next().and_then(|word| word.strip_prefix("env=")).map(str::to_owned);
            case.ir.push((environment, value));
            Ok(None)
        }
        Some("oal") if matches!(block.info.as_str(), "oal fixed" | "oal formatted") => {
            let case = before.last_mut().ok_or_else(|| format!("{place}: no program before this one"))?;
            let program = program(chapter, &block, &["exact".to_owned()])?;
            let text = Some(program.files[0].text());
            if block.info == "oal fixed" {
                case.fixed = text
            } else {
                case.formatted = text
            }
            self::program(chapter, &block, &[]).map(Some)
        }
        Some("oal") => {
            let words: Vec<String> = words.map(str::to_owned).collect();
            program(chapter, &block, &words).map(Some)
        }
        _ => Ok(None),
    }
}

fn program(chapter: &str, block: &Block, words: &[String]) -> Result<Case, String> {
    let place = |line: usize| format!("grammar/spec/{chapter}:{line}");
    let mut case = Case {
        place: (chapter.to_owned(), block.line, block.section.clone()),
        files: vec![File { path: "app.oal".to_owned(), lines: Vec::new() }],
        expected: Vec::new(),
        values: Vec::new(),
        ir: Vec::new(),
        fixed: None,
        formatted: None,
        counts: Counts::Most,
        unformatted: false,
        options: Vec::new(),
    };
    let (mut exact, mut characters) = (false, false);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "exact" => exact = true,
            "characters" => characters = true,
            "unformatted" => case.unformatted = true,
            "lints" => case.counts = Counts::Warnings,
            "notes" => case.counts = Counts::All,
            _ if word.starts_with("--") => {
                let value = words.next().cloned().unwrap_or_default();
                case.options.push((word.clone(), value));
            }
            _ => return Err(format!("{}: unknown word `{word}` behind the fence", place(block.line))),
        }
    }
    for (at, line) in block.lines.iter().enumerate() {
        let number = block.line + 1 + at;
        if let Some(path) = line.strip_prefix("//# file: ") {
            let path = path.trim().to_owned();
            let empty = case.files.len() == 1 && case.files[0].lines.iter().all(|(_, line)| line.is_empty());
            if empty {
                case.files.clear();
            }
            case.files.push(File { path, lines: Vec::new() });
            continue;
        }
        let (code, notes) = split(line);
        for note in notes {
            case.note(note, number, block).map_err(|problem| format!("{}: {problem}", place(number)))?;
        }
        if code.is_empty() && !line.is_empty() {
            continue;
        }
        let text = if characters { unescape(code) } else { code.to_owned() };
        let file = case.files.last_mut().unwrap();
        file.lines.push((number, text));
    }
    for file in &mut case.files {
        while file.lines.first().is_some_and(|(_, line)| line.is_empty()) {
            file.lines.remove(0);
        }
        while file.lines.last().is_some_and(|(_, line)| line.is_empty()) {
            file.lines.pop();
        }
    }
    let root = &mut case.files[0];
    if !exact && !root.lines.iter().any(|(_, line)| line.starts_with("app ")) {
        if root.lines.len() > 1 || root.lines.iter().any(|(_, line)| line.ends_with(['}', '{'])) {
            root.lines.push((0, String::new()));
        }
        root.lines.push((0, APP.to_owned()));
    }
    for expected in &case.expected {
        if !case.files.iter().any(|file| file.holds(expected.line)) {
            return Err(format!("{}: an expectation for a line that is not there", place(expected.line)));
        }
    }
    Ok(case)
}

/// A line without what it states, and what it states.
fn split(line: &str) -> (&str, Vec<&str>) {
    let Some(start) = [line.find("//~"), line.find("//=")].into_iter().flatten().min() else {
        return (line, Vec::new());
    };
    let (code, mut rest) = line.split_at(start);
    let mut notes = Vec::new();
    while !rest.is_empty() {
        let after = rest.get(3..).unwrap_or_default();
        let next = [after.find("//~"), after.find("//=")].into_iter().flatten().min().map_or(rest.len(), |at| at + 3);
        let (note, more) = rest.split_at(next);
        notes.push(note.trim_end());
        rest = more;
    }
    (code.trim_end(), notes)
}

/// `<U+200B>` as that character.
fn unescape(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("<U+") {
        let (digits, after) = after.split_once('>').expect("`<U+…>` is closed");
        text.push_str(before);
        text.push(u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).expect("a character's number"));
        rest = after;
    }
    text + rest
}

impl Case {
    fn note(&mut self, note: &str, number: usize, block: &Block) -> Result<(), String> {
        if let Some(rest) = note.strip_prefix("//=") {
            let (environment, value) = match rest.trim().strip_prefix('[').and_then(|r| r.split_once("] ")) {
                // `[` may also begin a list: an environment is a bare word that something follows.
                Some((word, value)) if word.chars().all(|c| c.is_ascii_lowercase() || c == '_') => {
                    (Some(word.to_owned()), value.trim())
                }
                _ => (None, rest.trim()),
            };
            let name = block
                .lines
                .iter()
                .take(number - block.line)
                .rev()
                .find_map(|line| line.strip_prefix("let "))
                .ok_or("a value with no `let` before it")?;
            let name: String = name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            self.values.push(ExpectedValue { line: number, name, environment, value: value.to_owned() });
            return Ok(());
        }
        let rest = note.strip_prefix("//~").unwrap_or(note);
        let up = rest.chars().take_while(|c| *c == '^').count();
        let down = rest.chars().take_while(|c| *c == 'v').count();
        let mut rest = rest.get(up + down..).unwrap_or_default().trim();
        let mut word = || {
            let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
            rest = after.trim_start();
            word
        };
        let severity = match word() {
            "error" => Severity::Error,
            "warning" => Severity::Warning,
            "note" => Severity::Note,
            other => return Err(format!("`{other}` is no severity")),
        };
        let code = word();
        let code = codes::lookup(code).ok_or_else(|| format!("`{code}` is no code"))?;
        let mut words = Vec::new();
        while let Some(after) = rest.strip_prefix('"') {
            let (text, after) = after.split_once('"').ok_or("words without their closing quote")?;
            words.push(text.to_owned());
            rest = after.trim_start();
        }
        let environments = match rest.strip_prefix('[').and_then(|r| r.strip_suffix(']')) {
            Some(names) => Some(names.split(',').map(|n| n.trim().to_owned()).filter(|n| !n.is_empty()).collect()),
            None if rest.is_empty() => None,
            None => return Err(format!("`{rest}` is neither words nor environments")),
        };
        self.expected.push(Expected { line: number - up + down, severity, code, words, environments });
        Ok(())
    }
}
