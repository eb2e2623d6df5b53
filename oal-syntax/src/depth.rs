//! The cap on nesting: what stands deeper than [`MAX_DEPTH`] becomes an error node, so that every walk may recurse.

use crate::ast::{ExprId, ExprKind, ItemId, ItemKind, MAX_DEPTH, Tree, TypeId, TypeKind};
use crate::error::{SyntaxError, SyntaxErrorKind};
use crate::span::Span;
use crate::visit::{self, Node};

/// How many brackets and holes of texts may be open at once: room is left for what stands around and between them.
pub(crate) const MAX_OPEN: usize = MAX_DEPTH - 16;

/// Cuts what is nested too deep in an item; one finding says so, and findings inside what is cut are forgotten.
pub(crate) fn cap(tree: &mut Tree, item: ItemId, errors: &mut Vec<SyntaxError>) {
    let mut cut: Vec<Span> = Vec::new();
    let mut open = vec![(Node::Item(item), 0usize)];
    while let Some((node, depth)) = open.pop() {
        let depth = depth + usize::from(matches!(node, Node::Item(_) | Node::Expr(_) | Node::Type(_)));
        if depth == MAX_DEPTH && !is_leaf(tree, node) {
            cut.push(visit::span(tree, node));
            replace(tree, node);
            continue;
        }
        visit::children(tree, node, &mut |child| open.push((child, depth)));
    }
    cut.sort_by_key(|span| span.start);
    let Some(first) = cut.first() else { return };
    let inside = |span: Span| {
        let after = cut.partition_point(|cut| cut.start <= span.start);
        cut.get(after.wrapping_sub(1)).is_some_and(|cut| cut.contains(span))
    };
    errors.retain(|error| !inside(error.span));
    errors.push(SyntaxError::new(Span::empty(first.start), SyntaxErrorKind::TooDeep));
}

fn is_leaf(tree: &Tree, node: Node) -> bool {
    let mut leaf = true;
    visit::children(tree, node, &mut |_| leaf = false);
    leaf
}

fn replace(tree: &mut Tree, node: Node) {
    match node {
        Node::Item(ItemId(id)) => {
            if let Some(item) = tree.items.get_mut(id as usize) {
                item.kind = ItemKind::Error;
            }
        }
        Node::Expr(ExprId(id)) => {
            if let Some(expr) = tree.exprs.get_mut(id as usize) {
                expr.kind = ExprKind::Error;
            }
        }
        Node::Type(TypeId(id)) => {
            if let Some(ty) = tree.types.get_mut(id as usize) {
                ty.kind = TypeKind::Error;
            }
        }
        // These are not counted.
        Node::Entry(_) | Node::Member(_) | Node::Variant(_) | Node::Arm(_) | Node::Loop(_) | Node::Step(_) => {}
    }
}
