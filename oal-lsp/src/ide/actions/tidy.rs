//! What an action leaves: with the line ends of the document, and as `oal fmt` writes it where it stood so before.

use crate::ide::{after, format, offset};
use oal_check::{Checked, Edit};
use oal_syntax::{FileId, Parse, Span, fmt};

/// What ends a line of a text.
pub(super) fn line_end(source: &str) -> &'static str {
    match source.find('\n').and_then(|at| source.as_bytes().get(at.wrapping_sub(1))) {
        Some(b'\r') => "\r\n",
        _ => "\n",
    }
}

/// Makes edits leave formatted declarations formatted.
pub(super) fn tidy(checked: &Checked, edits: &mut Vec<Edit>) {
    let mut files: Vec<FileId> = edits.iter().map(|edit| edit.file).collect();
    files.sort_unstable();
    files.dedup();
    let mut tidied = Vec::with_capacity(edits.len());
    for file in files {
        let source = checked.project().file(file);
        let mut own: Vec<Edit> = edits.iter().filter(|edit| edit.file == file).cloned().collect();
        own.sort_by_key(|edit| (edit.span.start, edit.span.end));
        let end = line_end(&source.text);
        for edit in own.iter_mut().filter(|edit| edit.text.contains('\n')) {
            let plain = edit.text.replace("\r\n", "\n");
            edit.text = if end == "\n" { plain } else { plain.replace('\n', end) };
        }
        // Edits whose windows meet are looked at together.
        let mut groups: Vec<(Span, Vec<Edit>)> = Vec::new();
        for edit in own {
            let window = window(&source.text, &source.parse, edit.span);
            match groups.last_mut().filter(|(last, _)| last.end > window.start) {
                Some((last, group)) => {
                    *last = last.cover(window);
                    group.push(edit);
                }
                None => groups.push((window, vec![edit])),
            }
        }
        for (window, group) in groups {
            tidied.extend(formatted(&source.text, window, &group).unwrap_or(group));
        }
    }
    *edits = tidied;
}

/// The lines of the declarations that an edit touches, with one before and one behind: what lies between them may change, too.
fn window(source: &str, parse: &Parse, edit: Span) -> Span {
    let tree = &parse.tree;
    let span = |at: usize| tree.top.get(at).map(|item| tree.item(*item).span);
    let first = tree.top.partition_point(|item| tree.item(*item).span.end < edit.start).checked_sub(1).and_then(span);
    let last = span(tree.top.partition_point(|item| tree.item(*item).span.start <= edit.end));
    let line = |at: u32| source.get(..at as usize).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let behind = |at: u32| {
        let rest = source.get(at as usize..).unwrap_or_default();
        at as usize + rest.find('\n').map_or(rest.len(), |line| line + 1)
    };
    let start = first.map_or(0, |span| line(span.start));
    Span::new(offset(start), offset(last.map_or(source.len(), |span| behind(span.end))))
}

/// Edits of a part of a text that leave it formatted; `None` where they do so as they are, or where it was not before.
fn formatted(source: &str, window: Span, edits: &[Edit]) -> Option<Vec<Edit>> {
    let file = edits.first()?.file;
    let old = window.text(source);
    let moved = |edit: &Edit| Edit {
        span: Span::new(edit.span.start - window.start, edit.span.end - window.start),
        ..edit.clone()
    };
    let new = after::apply(old, edits.iter().map(moved).collect());
    let wanted = in_style(&new)?;
    if wanted == new || in_style(old)? != old {
        return None;
    }
    let changes = format::changes(old, window.start as usize, &wanted);
    Some(changes.into_iter().map(|change| Edit { file, span: change.span, text: change.text }).collect())
}

/// A text as `oal fmt` writes it, with its own line ends.
fn in_style(text: &str) -> Option<String> {
    let plain = fmt::format(text, &oal_syntax::parse(text)).ok()?.replace("\r\n", "\n");
    Some(if line_end(text) == "\n" { plain } else { plain.replace('\n', "\r\n") })
}
