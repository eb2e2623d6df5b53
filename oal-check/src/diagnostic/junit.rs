//! Findings as a JUnit report, which most CI systems show as tests: a failed one for each error, a passed one for each
//! warning (with its words as output) and for each file without findings.

use std::collections::BTreeSet;

use oal_syntax::FileId;

use super::plain::{Counts, plain_one};
use super::printable;
use super::sources::{Places, Sources};
use super::{Diagnostic, Severity};

/// The report on these files.
#[must_use]
pub fn junit(diagnostics: &[Diagnostic], sources: &dyn Sources, files: &[FileId]) -> String {
    let mut places = Places::new(sources);
    let mut cases = String::new();
    let mut tests = 0;
    for diagnostic in diagnostics {
        let (at, _) = places.range(diagnostic.primary.file, diagnostic.primary.span);
        let file = attribute(places.name(diagnostic.primary.file));
        let name = attribute(&format!("{} at line {}: {}", diagnostic.code.id, at.line, diagnostic.message));
        let body = content(plain_one(&mut places, diagnostic).trim_end());
        let body = if diagnostic.severity == Severity::Error {
            let (slug, message) = (diagnostic.code.slug, attribute(&diagnostic.message));
            format!("<failure type=\"{slug}\" message=\"{message}\">{body}</failure>")
        } else {
            format!("<system-out>{body}</system-out>")
        };
        cases.push_str(&format!(
            "    <testcase classname=\"{file}\" name=\"{name}\" file=\"{file}\" line=\"{}\">{body}</testcase>\n",
            at.line
        ));
        tests += 1;
    }
    let found: BTreeSet<FileId> = diagnostics.iter().map(|found| found.primary.file).collect();
    for file in files.iter().filter(|file| !found.contains(file)) {
        let name = attribute(places.name(*file));
        cases.push_str(&format!("    <testcase classname=\"{name}\" name=\"no findings\" file=\"{name}\"/>\n"));
        tests += 1;
    }
    let failures = Counts::of(diagnostics).errors;
    let numbers = format!("name=\"oal check\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\"");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {numbers}>\n  <testsuite {numbers} skipped=\"0\">\n{cases}  </testsuite>\n</testsuites>\n"
    )
}

/// Text between tags. XML 1.0 has no way to write most control characters, so they are shown as escapes.
fn content(text: &str) -> String {
    xml(&printable::lines(text))
}

/// Text of an attribute, on one line.
fn attribute(text: &str) -> String {
    xml(&printable::line(text)).replace('"', "&quot;")
}

fn xml(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // The two characters besides controls that XML 1.0 does not allow.
    text.replace('\u{fffe}', "\\u{fffe}").replace('\u{ffff}', "\\u{ffff}")
}
