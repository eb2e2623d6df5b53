//! What can be folded: bodies, objects, lists, matches, comments, `use` groups and texts of several lines.

use oal_syntax::ast::{Body, ExprKind, ItemKind, Tree, TypeKind};
use oal_syntax::visit::{Node, walk_file};
use oal_syntax::{Parse, Span};

/// Something that can be folded. It goes over several lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fold {
    /// From the first byte, which stays to be seen with its line, to the last byte of the last line that is hidden.
    pub span: Span,
    /// What it is.
    pub kind: FoldKind,
}

/// What is folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FoldKind {
    /// What stands between brackets, and texts.
    Region,
    /// Comments of several lines.
    Comment,
    /// `use` after `use`.
    Imports,
}

/// All folds of a file, in order.
#[must_use]
pub fn folds(source: &str, parse: &Parse) -> Vec<Fold> {
    let tree = &parse.tree;
    let mut found = Vec::new();
    let mut region = |start: u32, end: u32| found.extend(between(source, start, end));
    walk_file(tree, &mut |node| {
        match node {
            Node::Item(id) => {
                let item = tree.item(id);
                match item.kind {
                    ItemKind::App(body)
                    | ItemKind::Environment(body)
                    | ItemKind::Kind { body, .. }
                    | ItemKind::Component { body, .. } => open_to_end(body, item.span, &mut region),
                    ItemKind::Use { .. } | ItemKind::Type(_) => region(item.span.start, item.span.end),
                    _ => {}
                }
            }
            Node::Expr(id) => {
                let expr = tree.expr(id);
                match expr.kind {
                    ExprKind::List(_)
                    | ExprKind::Object(_)
                    | ExprKind::ListFor { .. }
                    | ExprKind::MapFor { .. }
                    | ExprKind::Match { .. }
                    | ExprKind::Call { .. }
                    | ExprKind::Text
                    | ExprKind::Template(_) => region(expr.span.start, expr.span.end),
                    _ => {}
                }
            }
            Node::Type(id) if matches!(tree.ty(id).kind, TypeKind::Record(_)) => {
                region(tree.ty(id).span.start, tree.ty(id).span.end);
            }
            _ => {}
        }
        true
    });
    comments(source, parse, &mut found);
    imports(source, tree, &mut found);
    found.sort_unstable_by_key(|fold| (fold.span.start, std::cmp::Reverse(fold.span.end)));
    // Of two that start on one line the outer one is enough: editors show one sign a line.
    found.dedup_by(|next, kept| !Span::new(kept.span.start, next.span.start).text(source).contains('\n'));
    found
}

fn open_to_end(body: Body, item: Span, region: &mut dyn FnMut(u32, u32)) {
    region(body.open, item.end);
}

/// What lies between two brackets of different lines; the line of a closing bracket that stands first in it is still seen.
fn between(source: &str, start: u32, end: u32) -> Option<Fold> {
    let text = Span::new(start, end).text(source);
    let last = text.rfind('\n')?;
    let closer = text.get(last..).unwrap_or_default().trim();
    let closes = closer.starts_with(['}', ']', ')']) || closer == "\"\"\"";
    let mut stop = end;
    if closes {
        let hidden = text.get(..last).unwrap_or_default();
        let hidden = hidden.strip_suffix('\r').unwrap_or(hidden);
        if !hidden.contains('\n') {
            return None;
        }
        stop = start + crate::ide::offset(hidden.len());
    }
    Some(Fold { span: Span::new(start, stop), kind: FoldKind::Region })
}

/// Comments that stand alone on consecutive lines and are of one form.
fn comments(source: &str, parse: &Parse, found: &mut Vec<Fold>) {
    let alone = |at: u32| {
        let before = source.get(..at as usize).unwrap_or_default();
        before.rsplit('\n').next().is_some_and(|line| line.trim_matches(['\u{feff}', ' ', '\t']).is_empty())
    };
    let mut run: Option<(Span, oal_syntax::CommentKind)> = None;
    let mut close = |run: Option<(Span, oal_syntax::CommentKind)>| {
        if let Some((span, _)) = run.filter(|(span, _)| span.text(source).contains('\n')) {
            found.push(Fold { span, kind: FoldKind::Comment });
        }
    };
    for comment in parse.comments.iter().filter(|comment| alone(comment.span.start)) {
        run = match run {
            Some((span, kind)) if kind == comment.kind && follows(source, span.end, comment.span.start) => {
                Some((span.cover(comment.span), kind))
            }
            before => {
                close(before);
                Some((comment.span, comment.kind))
            }
        };
    }
    close(run);
}

/// Whether only a line end and indentation stand between.
fn follows(source: &str, end: u32, start: u32) -> bool {
    let gap = Span::new(end, start).text(source);
    gap.trim().is_empty() && gap.matches('\n').count() == 1
}

/// Runs of `use`.
fn imports(source: &str, tree: &Tree, found: &mut Vec<Fold>) {
    let is_use = |kind| matches!(kind, ItemKind::Use { .. } | ItemKind::UseAs { .. });
    let runs = tree.top.chunk_by(|a, b| is_use(tree.item(*a).kind) && is_use(tree.item(*b).kind));
    for run in runs {
        if let [first, .., last] = run {
            let span = tree.item(*first).span.cover(tree.item(*last).span);
            if span.text(source).contains('\n') {
                found.push(Fold { span, kind: FoldKind::Imports });
            }
        }
    }
}
