//! Edits of a text, in the order in which a client sends them. Whatever the ranges say, a text comes out.

use std::sync::Arc;

use crate::lines::{Encoding, Lines, Place};

/// One edit (LSP 3.17, `TextDocumentContentChangeEvent`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// What is replaced; everything where there is no range.
    pub(crate) range: Option<(Place, Place)>,
    /// What comes instead.
    pub(crate) text: String,
}

/// The text of a document that is open, with its lines. Both are shared with those who look at them: only an edit of what is looked
/// at copies it.
#[derive(Debug)]
pub(crate) struct Buffer {
    text: Arc<String>,
    lines: Arc<Lines>,
}

/// More room than a copy needs, for the edits that follow.
const ROOM: usize = 256;

impl Buffer {
    pub(crate) fn new(text: String) -> Self {
        Self { lines: Arc::new(Lines::new(&text)), text: Arc::new(text) }
    }

    /// How many bytes the text has.
    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// The text and its lines, as they are now.
    pub(crate) fn contents(&self) -> (Arc<String>, Arc<Lines>) {
        (Arc::clone(&self.text), Arc::clone(&self.lines))
    }

    /// Applies edits, each to what the one before left.
    pub(crate) fn apply(&mut self, changes: Vec<Change>, encoding: Encoding) {
        // Only what comes after the last whole text matters.
        let whole = changes.iter().rposition(|change| change.range.is_none()).unwrap_or(0);
        for Change { range, text: new } in changes.into_iter().skip(whole) {
            let Some((from, to)) = range else {
                *self = Self::new(new);
                continue;
            };
            let from = self.lines.offset(&self.text, from, encoding) as usize;
            let to = self.lines.offset(&self.text, to, encoding) as usize;
            let (from, to) = (from.min(to), from.max(to));
            self.replace(from, to, &new);
            Arc::make_mut(&mut self.lines).edit(&self.text, from, to - from, new.len());
        }
    }

    fn replace(&mut self, from: usize, to: usize, new: &str) {
        if let Some(text) = Arc::get_mut(&mut self.text) {
            text.replace_range(from..to, new);
            return;
        }
        let mut text = String::with_capacity(self.text.len() + new.len() + ROOM);
        for part in [self.text.get(..from), Some(new), self.text.get(to..)] {
            text.push_str(part.unwrap_or_default());
        }
        self.text = Arc::new(text);
    }
}

#[cfg(test)]
mod tests {
    use super::{Buffer, Change};
    use crate::lines::{Encoding, Place};

    fn apply(text: &str, changes: Vec<Change>, encoding: Encoding) -> String {
        let mut buffer = Buffer::new(text.to_owned());
        // As it is while somebody looks at the text before.
        let seen = buffer.contents();
        buffer.apply(changes.clone(), encoding);
        assert_eq!(*seen.0, text);
        let mut alone = Buffer::new(text.to_owned());
        alone.apply(changes, encoding);
        assert_eq!(buffer.contents(), alone.contents());
        buffer.contents().0.to_string()
    }

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
