//! What a fix would make of the source, in a line or three.

use std::cmp::Reverse;

use super::printable;
use super::sources::Places;
use super::{Edit, Fix};

/// More than this is not a suggestion but a rewrite.
const MOST_LINES: usize = 3;

/// The lines that a fix changes, as they would be. Nothing where the fix's title already says it, where it touches
/// several lines or files, or where the result is too long to help.
pub(super) fn preview(places: &mut Places<'_>, fix: &Fix, width: usize) -> Vec<String> {
    let Some(first) = fix.edits.first() else { return Vec::new() };
    if fix.edits.iter().all(|edit| edit.text.is_empty() || fix.title.contains(edit.text.trim())) {
        return Vec::new();
    }
    let lines = places.lines(first.file);
    let line = lines.line(lines.index(lines.clamp(first.span.start)));
    let inside = |edit: &Edit| edit.file == first.file && edit.span.start <= edit.span.end && line.contains(edit.span);
    if line.len() as usize > width || !fix.edits.iter().all(inside) {
        return Vec::new();
    }
    let old = line.text(lines.text());
    let mut new = old.to_owned();
    let mut edits: Vec<&Edit> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| Reverse(edit.span));
    for edit in edits {
        let (start, end) = ((edit.span.start - line.start) as usize, (edit.span.end - line.start) as usize);
        if new.is_char_boundary(start) && new.is_char_boundary(end) && start <= end && end <= new.len() {
            new.replace_range(start..end, &edit.text);
        }
    }
    let changed: Vec<&str> = new.lines().filter(|line| *line != old && !line.trim().is_empty()).collect();
    if changed.len() > MOST_LINES || changed.iter().any(|line| line.chars().count() > width) {
        return Vec::new();
    }
    let indent = changed.iter().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    changed.iter().map(|line| printable::line(line.get(indent..).unwrap_or(line).trim_end()).into_owned()).collect()
}
