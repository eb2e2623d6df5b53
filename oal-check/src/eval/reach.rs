//! Which expressions stand below one.

use oal_syntax::ast::{ExprId, Tree};
use oal_syntax::visit::{self, Node};

/// Calls `visit` for an expression and all below it.
pub(crate) fn each(tree: &Tree, root: ExprId, visit: &mut dyn FnMut(ExprId)) {
    let mut open = vec![Node::Expr(root)];
    while let Some(node) = open.pop() {
        if let Node::Expr(id) = node {
            visit(id);
        }
        visit::children(tree, node, &mut |child| open.push(child));
    }
}
