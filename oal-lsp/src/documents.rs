//! Edits of a text, in the order in which a client sends them. Whatever the ranges say, a text comes out.

use crate::lines::{Encoding, Place, offset_of};

/// One edit (LSP 3.17, `TextDocumentContentChangeEvent`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// What is replaced; everything where there is no range.
    pub(crate) range: Option<(Place, Place)>,
    /// What comes instead.
    pub(crate) text: String,
}

/// The text after some edits, each applied to what the one before left.
pub(crate) fn apply(text: &str, changes: Vec<Change>, encoding: Encoding) -> String {
    // Only what comes after the last whole text matters.
    let mut start = changes.iter().rposition(|change| change.range.is_none()).unwrap_or(0);
    let mut changes = changes.into_iter().skip(std::mem::take(&mut start)).peekable();
    let mut text = match changes.next_if(|change| change.range.is_none()) {
        Some(whole) => whole.text,
        None => text.to_owned(),
    };
    for Change { range, text: new } in changes {
        let Some((from, to)) = range else { continue };
        let from_offset = offset_of(&text, from, encoding);
        let to_offset = offset_of(&text, to, encoding);
        text.replace_range(from_offset.min(to_offset)..from_offset.max(to_offset), &new);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Change, apply};
    use crate::lines::{Encoding, Place};

    fn change(from: (u32, u32), to: (u32, u32), text: &str) -> Change {
        let place = |(line, column)| Place { line, column };
        Change { range: Some((place(from), place(to))), text: text.to_owned() }
    }

    #[test]
    fn edits_follow_each_other() {
        let changes = vec![change((0, 0), (0, 1), "xy"), change((0, 2), (1, 0), "-"), change((9, 9), (9, 9), "!")];
        assert_eq!(apply("a\r\nb", changes, Encoding::Utf16), "xy-b!");
        let whole = Change { range: None, text: "new".to_owned() };
        let changes = vec![change((0, 0), (0, 1), "lost"), whole, change((0, 3), (0, 3), "er")];
        assert_eq!(apply("old", changes, Encoding::Utf8), "newer");
    }

    #[test]
    fn no_range_breaks_a_text() {
        for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
            for from in [(0, 1), (0, 2), (0, 99), (1, 1), (7, 7)] {
                for to in [(0, 0), (0, 3), (1, 1), (9, 0)] {
                    apply("𝒳é\r\né𝒳", vec![change(from, to, "𝒳")], encoding);
                }
            }
        }
        assert_eq!(apply("abc", vec![change((0, 2), (0, 1), "-")], Encoding::Utf16), "a-c");
    }
}
