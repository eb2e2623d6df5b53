//! Answers of `ide/`, on programs in which `│` is the cursor, with LF and with CR LF.

mod actions;
mod completion;
pub(crate) mod corpus;
mod hints;
mod laws;
mod linked_editing;
mod navigation;
mod rename;
mod semantic_tokens;
mod signature;
mod text_only;
mod tidy;

use oal_check::{Checked, InMemory, Options, Project, check};

/// The text without its cursors, and where they were.
fn cursors(text: &str) -> (String, Vec<u32>) {
    let mut clean = String::new();
    let mut found = Vec::new();
    for (at, part) in text.split('│').enumerate() {
        if at > 0 {
            found.push(u32::try_from(clean.len()).unwrap());
        }
        clean.push_str(part);
    }
    (clean, found)
}

/// The text without its one cursor, and where that was.
fn cursor(text: &str) -> (String, u32) {
    let (text, found) = cursors(text);
    let [at] = found[..] else { panic!("one cursor wanted: {text}") };
    (text, at)
}

/// The text as it is, and with CR LF.
fn line_ends(text: &str) -> [String; 2] {
    [text.to_owned(), text.replace('\n', "\r\n")]
}

/// What an editor's checks are asked where nothing is set.
fn options() -> Options {
    Options { advice: true, record_types: true, ..Options::default() }
}

fn checked(root: &str, files: &[(String, String)]) -> Checked {
    let mut loader: InMemory = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    check(&Project::load(root, &mut loader), &options())
}

fn checked_one(text: &str) -> Checked {
    checked("app.oal", &[("app.oal".to_owned(), text.to_owned())])
}
