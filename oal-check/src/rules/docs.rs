//! Lint: doc comments that document nothing.

use super::Rules;
use super::reading::at;
use crate::diagnostic::{Fix, codes};
use crate::program::Place;
use crate::project::SourceFile;
use oal_syntax::Span;
use oal_syntax::ast::ItemKind;
use oal_syntax::trivia::{Comment, CommentKind};
use oal_syntax::visit::{self, Node};

impl Rules<'_, '_> {
    pub(super) fn misplaced_docs(&mut self) {
        let mut found = Vec::new();
        for (file, source) in self.program.project.files() {
            for (index, comment) in source.parse.comments.iter().enumerate() {
                let words = match comment.kind {
                    CommentKind::Line => continue,
                    CommentKind::Doc if !documents(source, index) => {
                        "before a declaration or a field, it would be shown with it"
                    }
                    CommentKind::File if !opens_file(source, *comment) => "the doc of a file stands at its top",
                    CommentKind::Doc | CommentKind::File => continue,
                };
                found.push((Place { file, span: comment.span }, words));
            }
        }
        for (place, words) in found {
            let marker = Span::new(place.span.start, place.span.start + 3);
            let finding = at(&codes::MISPLACED_DOC, place, "this doc comment documents nothing")
                .label(words)
                .help("move it, or make it a remark that begins with `//`")
                .fix(Fix::maybe("make it a remark", place.file, marker, "//"));
            self.findings.push(finding);
        }
    }
}

/// Whether a `//!` stands before all declarations.
fn opens_file(source: &SourceFile, comment: Comment) -> bool {
    let tree = &source.parse.tree;
    let first = tree.top.first().map(|item| tree.item(*item));
    let start = first.map(|item| tree.allows(item.allows).first().map_or(item.span.start, |allow| allow.lint.start));
    start.is_none_or(|start| comment.span.start < start) || is_broken(source, comment.span.start)
}

/// Whether something that can have a doc follows directly.
fn documents(source: &SourceFile, index: usize) -> bool {
    let text = &source.text;
    let mut comments = source.parse.comments.iter().skip(index);
    let Some(mut at) = comments.next().map(|comment| comment.span.end) else { return true };
    // Further lines of the same comment; a blank line ends it.
    for next in comments {
        let gap = text.get(at as usize..next.span.start as usize).unwrap_or_default();
        if gap.matches('\n').count() != 1 || !gap.trim().is_empty() || next.kind != CommentKind::Doc {
            break;
        }
        at = next.span.end;
    }
    let rest = text.get(at as usize..).unwrap_or_default();
    let blank = rest.len() - rest.trim_start().len();
    let lines = rest.get(..blank).unwrap_or_default().matches('\n').count();
    let start = at + u32::try_from(blank).unwrap_or(0);
    if is_broken(source, start) {
        return true;
    }
    lines == 1 && starts_something(source, start)
}

/// Whether a declaration, a field, an entry or a variant starts here, after its `allow`s and its keyword.
fn starts_something(source: &SourceFile, mut start: u32) -> bool {
    let (tree, text) = (&source.parse.tree, &source.text);
    let rest_at = |start: u32| text.get(start as usize..).unwrap_or_default();
    let skip = |start: u32, bytes: usize| {
        let rest = rest_at(start).get(bytes..).unwrap_or_default();
        let blank = rest.len() - rest.trim_start().len();
        start + u32::try_from(bytes + blank).unwrap_or(0)
    };
    while rest_at(start).starts_with("allow") {
        let Some(allow) = tree.allows.iter().find(|allow| allow.lint.start > start && allow.lint.start < start + 64)
        else {
            break;
        };
        start = skip(allow.reason.end.max(allow.lint.end), 0);
        start = skip(start, usize::from(rest_at(start).starts_with(')')));
    }
    for word in ["field ", "output ", "unset ", "|"] {
        if rest_at(start).starts_with(word) {
            start = skip(start, word.len());
            break;
        }
    }
    visit::path_at(tree, start).into_iter().any(|node| {
        let documented = match node {
            Node::Item(_) => true,
            Node::Entry(index) => tree.entries.get(index as usize).is_some_and(|entry| !entry.key.is_empty()),
            Node::Member(_) | Node::Variant(_) => true,
            _ => false,
        };
        documented && visit::span(tree, node).start == start
    })
}

/// Whether the declaration around a place is not written as it should be, so that nothing follows from what stands there.
fn is_broken(source: &SourceFile, at: u32) -> bool {
    if source.parse.errors.is_empty() {
        return false;
    }
    let tree = &source.parse.tree;
    let after = tree.top.partition_point(|item| tree.item(*item).span.start <= at);
    let around = after.checked_sub(1).and_then(|before| tree.top.get(before)).map(|item| tree.item(*item));
    let span = around.map_or(Span::empty(0), |item| item.span);
    let next = tree
        .top
        .get(after)
        .map_or(u32::try_from(source.text.len()).unwrap_or(u32::MAX), |item| tree.item(*item).span.start);
    let region = Span::new(span.start, next.max(span.end));
    around.is_some_and(|item| matches!(item.kind, ItemKind::Error) && item.span.touches(at))
        || source.parse.errors.iter().any(|error| region.touches(error.span.start))
}
