//! The part of a text that has changed since it was last checked, up to the declarations around it: enough for what looks at the
//! cursor alone, and so small that it is parsed at once, however long the text is.

use oal_check::SourceFile;
use oal_syntax::{Parse, Span};

/// A part of a text with its tree. Places in the tree count from `start`.
pub(crate) struct Window<'a> {
    pub(crate) start: u32,
    pub(crate) text: &'a str,
    pub(crate) parse: Parse,
}

/// The part of `text` around an offset and around all that differs from how the file was when it was checked.
pub(crate) fn around<'a>(checked: &SourceFile, text: &'a str, offset: u32) -> Window<'a> {
    let old = checked.text.as_str();
    let same_start = common(old.as_bytes().chunks(BLOCK), text.as_bytes().chunks(BLOCK), |one, other| {
        one.iter().zip(other).take_while(|(one, other)| one == other).count()
    });
    let most = old.len().min(text.len()) - same_start;
    let same_end = common(old.as_bytes().rchunks(BLOCK), text.as_bytes().rchunks(BLOCK), |one, other| {
        one.iter().rev().zip(other.iter().rev()).take_while(|(one, other)| one == other).count()
    });
    let same_end = same_end.min(most);
    // In the old text: what differs, and the cursor, which may be elsewhere.
    let offset = offset as usize;
    let first = same_start.min(offset);
    let last = (old.len() - same_end).max((offset + old.len()).saturating_sub(text.len()).min(old.len()));
    let tree = &checked.parse.tree;
    let span = |at: usize| tree.top.get(at).map_or_else(|| Span::empty(0), |id| tree.item(*id).span);
    // One declaration more on each side: what is broken may reach over its own.
    let before = partition(tree.top.len(), |at| (span(at).end as usize) < first).checked_sub(2);
    let after = partition(tree.top.len(), |at| (span(at).start as usize) <= last) + 1;
    let start = before.map_or(0, |at| span(at).end as usize);
    let end = match after < tree.top.len() {
        true => (span(after).start as usize + text.len()).saturating_sub(old.len()),
        false => text.len(),
    };
    let end = end.clamp(offset.min(text.len()), text.len());
    let part = text.get(start..end).unwrap_or(text);
    let start = if part.len() == text.len() { 0 } else { start };
    Window { start: u32::try_from(start).unwrap_or(0), text: part, parse: oal_syntax::parse(part) }
}

/// Blocks are compared at once before the bytes of the first that differ are.
const BLOCK: usize = 4096;

/// How many bytes two texts share from one end on.
fn common<'a>(
    one: impl Iterator<Item = &'a [u8]>,
    other: impl Iterator<Item = &'a [u8]>,
    inside: impl Fn(&[u8], &[u8]) -> usize,
) -> usize {
    let mut shared = 0;
    for (one, other) in one.zip(other) {
        if one != other {
            return shared + inside(one, other);
        }
        shared += one.len();
    }
    shared
}

/// The first index for which this does not hold, if it holds for all before.
fn partition(len: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::around;
    use oal_check::SourceFile;

    const TEXT: &str = "app é { edition: 1 }\n\nlet a = 1\n\n/// doc\nlet b = \"é\"\n\nservice s {\n  image: \"x:1\"\n}\n\nlet c = 3\n\nlet d = 4\n\nlet e = 5\n";

    #[test]
    fn the_window_holds_the_change_and_the_cursor() {
        let old = SourceFile::new("app.oal", TEXT.to_owned());
        let places: Vec<usize> = TEXT.char_indices().map(|(at, _)| at).chain([TEXT.len()]).collect();
        for &at in &places {
            for (removed, piece) in
                [(0, ""), (0, "x"), (0, "{"), (0, "\"é"), (0, "\n\nlet z = 1\n\n"), (3, ""), (40, "y")]
            {
                let end = (at + removed).min(TEXT.len());
                if !TEXT.is_char_boundary(end) {
                    continue;
                }
                let mut text = TEXT.to_owned();
                text.replace_range(at..end, piece);
                for cursor in [at, at + piece.len(), 0, text.len()] {
                    let window = around(&old, &text, cursor as u32);
                    let range = window.start as usize..window.start as usize + window.text.len();
                    assert_eq!(text.get(range.clone()), Some(window.text), "{at} {removed} {piece:?}");
                    assert!(
                        range.contains(&cursor) || range.end == cursor,
                        "{at} {removed} {piece:?} {cursor} {range:?}"
                    );
                    let holds = range.start <= at && at + piece.len() <= range.end;
                    assert!(holds || text == TEXT, "{at} {removed} {piece:?} {range:?}");
                }
            }
        }
    }

    #[test]
    fn the_window_is_small() {
        let long = format!("{TEXT}{}", "service x {\n  image: \"x:1\"\n}\n\n".repeat(1_000));
        let old = SourceFile::new("app.oal", long.clone());
        let at = long.len() / 2;
        let mut text = long;
        text.insert(at, ' ');
        let window = around(&old, &text, at as u32);
        assert!(window.text.len() < 200, "{}", window.text.len());
        assert!(window.parse.errors.len() < 2);
    }

    /// What completion says in the window is what it says in the whole text.
    #[test]
    fn the_window_is_enough_to_complete() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/10-shop/app.oal");
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let checked =
            oal_check::check(&oal_check::Project::single("app.oal", text.clone()), &oal_check::Options::default());
        let file = oal_syntax::FileId(0);
        let ask = |source: &str, parse: &oal_syntax::Parse, offset: u32| {
            let directory = &crate::ide::completion::Nowhere;
            let request = crate::ide::completion::Request { checked: &checked, file, source, parse, offset, directory };
            let found = crate::ide::completion::complete(request);
            found.items.into_iter().map(|item| (item.label, item.replace.len(), item.text)).collect::<Vec<_>>()
        };
        let mut some = 0;
        for (at, _) in text.char_indices().step_by(11) {
            for piece in ["", " ", "p", "}", "{ "] {
                let mut edited = text.clone();
                edited.insert_str(at, piece);
                let cursor = (at + piece.len()) as u32;
                let window = around(checked.project().file(file), &edited, cursor);
                let whole = ask(&edited, &oal_syntax::parse(&edited), cursor);
                assert_eq!(ask(window.text, &window.parse, cursor - window.start), whole, "{at} {piece:?}");
                some += usize::from(!whole.is_empty());
            }
        }
        assert!(some > 300, "{some}");
    }
}
