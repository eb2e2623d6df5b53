//! A failure as people read it: under the line of the program that it belongs to, with the last lines of the log and what to do,
//! drawn as the checker draws its own findings.

use std::collections::BTreeMap;

use helios_client::{Failure, FailureKind};
use oal_check::diagnostic::{Sources, Style, render};
use oal_check::{Code, Diagnostic, FileId, Severity, Span};
use oal_ir::Pointer;
use oal_ir::v1::{Place, SourceMap};

/// So many of the last lines of a log are kept with a failure.
pub const TAIL: i64 = 20;

/// So many of them are drawn.
const DRAWN: usize = 10;

/// Fills in how the failure is shown, if it does not say so itself (what the checker found comes drawn). `texts` has the program's
/// files by path; a file that is not there, or is not what was checked, is not drawn.
#[must_use]
pub fn place(mut failure: Failure, map: Option<&SourceMap>, texts: &BTreeMap<String, String>) -> Failure {
    if failure.rendered.is_none() {
        let at = map.and_then(|map| find(&failure, map, texts));
        failure.rendered = Some(draw(&failure, at, false));
        failure.rendered_ansi = Some(draw(&failure, at, true));
    }
    failure
}

/// One failure of several: the first one, which says how many more there are, and is shown with all of them.
#[must_use]
pub fn together(failures: Vec<Failure>, map: Option<&SourceMap>, texts: &BTreeMap<String, String>) -> Option<Failure> {
    let placed: Vec<Failure> = failures.into_iter().map(|failure| place(failure, map, texts)).collect();
    let all = |of: fn(&Failure) -> Option<&String>| placed.iter().filter_map(of).cloned().collect::<Vec<_>>();
    let (first, others) = placed.split_first()?;
    let mut one = first.clone();
    if !others.is_empty() {
        one.message = format!("{} (and {} more like this)", first.message, others.len());
        one.rendered = Some(all(|failure| failure.rendered.as_ref()).join("\n"));
        one.rendered_ansi = Some(all(|failure| failure.rendered_ansi.as_ref()).join("\n"));
        one.help = Some(all(|failure| failure.help.as_ref()).join("\n")).filter(|help| !help.is_empty());
    }
    Some(one)
}

/// A range in the program's text.
#[derive(Debug, Clone, Copy)]
struct At<'a> {
    path: &'a str,
    text: &'a str,
    place: Place,
}

impl Sources for At<'_> {
    fn name(&self, file: FileId) -> &str {
        if file == FileId(0) { self.path } else { "" }
    }

    fn text(&self, file: FileId) -> &str {
        if file == FileId(0) { self.text } else { "" }
    }
}

fn find<'a>(failure: &Failure, map: &'a SourceMap, texts: &'a BTreeMap<String, String>) -> Option<At<'a>> {
    let field = failure.field.clone().unwrap_or_else(Pointer::root);
    let place = map.find(failure.node.as_ref()?, &field)?;
    let file = map.file(place)?;
    let text = texts.get(&file.path)?;
    (oal_ir::canonical::sha256(text.as_bytes()) == file.sha256).then_some(At { path: &file.path, text, place })
}

fn draw(failure: &Failure, at: Option<At<'_>>, color: bool) -> String {
    let mut notes = Vec::new();
    if !failure.log_tail.is_empty() {
        let from = failure.log_tail.len().saturating_sub(DRAWN);
        let lines: Vec<&str> = failure.log_tail.iter().skip(from).map(String::as_str).collect();
        notes.push(format!("the last lines it wrote:\n  {}", lines.join("\n  ")));
    }
    let Some(at) = at else { return without_place(failure, &notes, color) };
    let span = Span::new(at.place.start, at.place.end);
    let mut drawn = Diagnostic::new(code(failure.kind), FileId(0), span, failure.message.as_str());
    drawn = drawn.label(label(failure.kind));
    drawn.notes = notes;
    drawn.help.clone_from(&failure.help);
    render(&[drawn], &at, Style { color, ..Style::default() })
}

/// The same without source lines, for what is nobody's fault in the program or whose text is not at hand.
fn without_place(failure: &Failure, notes: &[String], color: bool) -> String {
    let (red, bold, plain) = if color { ("\u{1b}[1;31m", "\u{1b}[1m", "\u{1b}[0m") } else { ("", "", "") };
    let mut text = format!("{red}error[{}]{plain}{bold}: {}{plain}\n", failure.kind.name(), clean(&failure.message));
    if let Some(node) = &failure.node {
        text.push_str(&format!("  = in `{node}`\n"));
    }
    let help = failure.help.iter().map(|help| format!("help: {help}"));
    for note in notes.iter().cloned().chain(help) {
        let mut lines = note.lines().map(clean);
        text.push_str(&format!("  = {}\n", lines.next().unwrap_or_default()));
        lines.for_each(|line| text.push_str(&format!("    {line}\n")));
    }
    text
}

/// What a program wrote must not move the cursor of whoever reads it.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// What is said at the place itself.
const fn label(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::MissingSecret => "it has no value here",
        FailureKind::Unsupported => "not possible on this target",
        FailureKind::BuildStep => "a step of its build failed",
        FailureKind::BuildLimit => "its build went over a limit",
        FailureKind::ImagePull => "this image cannot be had",
        FailureKind::ReleaseJob => "this job failed",
        FailureKind::Start => "it did not start",
        FailureKind::CrashLoop => "it ended again and again",
        FailureKind::OutOfMemory => "it used more memory than this",
        FailureKind::Probe => "it did not become healthy",
        FailureKind::Edge => "the edge does not serve this",
        FailureKind::Deadline => "it took too long",
        FailureKind::Backup => "its data could not be copied",
        FailureKind::Check | FailureKind::Cancelled | FailureKind::Internal => "",
    }
}

/// The kind as the checker's drawing names what it draws: `error[out_of_memory]`.
const fn code(kind: FailureKind) -> &'static Code {
    macro_rules! codes {
        ($($kind:ident)*) => {
            match kind {
                $(FailureKind::$kind => {
                    const NAME: &str = FailureKind::$kind.name();
                    &Code {
                        number: 0,
                        id: NAME,
                        slug: NAME,
                        severity: Severity::Error,
                        since: "0.1.0",
                        summary: "",
                        lint: None,
                    }
                })*
            }
        };
    }
    codes! {
        Check MissingSecret Unsupported BuildStep BuildLimit ImagePull ReleaseJob Start CrashLoop OutOfMemory Probe Edge Deadline
        Backup Cancelled Internal
    }
}
