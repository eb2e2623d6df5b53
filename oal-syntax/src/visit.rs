//! Walking a tree: the children of any node, all nodes below one, the nodes at an offset.

use crate::ast::{
    Body, Entry, EntryValue, Expr, ExprId, ExprKind, Guard, ItemId, ItemKind, List, PatternKind, StepKind, Tree,
    TypeId, TypeKind,
};
use crate::span::Span;

/// A node of a tree. Numbers are indices into the table of the variant's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Node {
    /// A declaration.
    Item(ItemId),
    /// An entry of a body, a field of an object, an argument; in [`Tree::entries`].
    Entry(u32),
    /// A `field` or `output`, a field of a record type, a parameter of a variant; in [`Tree::members`].
    Member(u32),
    /// A variant; in [`Tree::variants`].
    Variant(u32),
    /// An arm of a `match`; in [`Tree::arms`].
    Arm(u32),
    /// A `for`; in [`Tree::loops`].
    Loop(u32),
    /// A step of a path; in [`Tree::steps`].
    Step(u32),
    /// An expression.
    Expr(ExprId),
    /// A type.
    Type(TypeId),
}

/// Where a node stands.
#[must_use]
pub fn span(tree: &Tree, node: Node) -> Span {
    let at = |index: u32| index as usize;
    match node {
        Node::Item(id) => tree.item(id).span,
        Node::Expr(id) => tree.expr(id).span,
        Node::Type(id) => tree.ty(id).span,
        Node::Entry(index) => tree.entries.get(at(index)).map_or(Span::default(), |entry| entry_span(tree, entry)),
        Node::Member(index) => tree.member(index).map_or(Span::default(), |member| {
            let end = member.default.map_or(tree.ty(member.ty).span, |value| tree.expr(value).span);
            member.name.cover(end)
        }),
        Node::Variant(index) => tree.variants.get(at(index)).map_or(Span::default(), |variant| {
            let last = tree.members(variant.fields).last();
            last.map_or(variant.name, |member| variant.name.cover(tree.ty(member.ty).span))
        }),
        Node::Arm(index) => {
            tree.arms.get(at(index)).map_or(Span::default(), |arm| arm.pattern.span.cover(tree.expr(arm.value).span))
        }
        Node::Loop(index) => tree.loop_head(index).map_or(Span::default(), |head| {
            let last = head.filter.unwrap_or(head.iterable);
            head.first.cover(tree.expr(last).span)
        }),
        Node::Step(index) => tree.steps.get(at(index)).map_or(Span::default(), |step| step.span),
    }
}

fn entry_span(tree: &Tree, entry: &Entry) -> Span {
    let value = match entry.value {
        EntryValue::Set(value) => tree.expr(value).span,
        EntryValue::Field(member) | EntryValue::Output(member) => span(tree, Node::Member(member)),
        EntryValue::Item(item) => tree.item(item).span,
        EntryValue::Unset | EntryValue::Allow(_) | EntryValue::Error => entry.key,
    };
    if entry.key.is_empty() { value } else { entry.key.cover(value) }
}

/// Calls `each` with every child of `node`, in source order.
pub fn children(tree: &Tree, node: Node, each: &mut dyn FnMut(Node)) {
    match node {
        Node::Item(id) => item_children(tree, id, each),
        Node::Expr(id) => expr_children(tree, id, each),
        Node::Type(id) => type_children(tree, id, each),
        Node::Entry(index) => match tree.entries.get(index as usize).map(|entry| entry.value) {
            Some(EntryValue::Set(value)) => each(Node::Expr(value)),
            Some(EntryValue::Field(member) | EntryValue::Output(member)) => each(Node::Member(member)),
            Some(EntryValue::Item(item)) => each(Node::Item(item)),
            Some(EntryValue::Unset | EntryValue::Allow(_) | EntryValue::Error) | None => {}
        },
        Node::Member(index) => {
            if let Some(member) = tree.member(index) {
                each(Node::Type(member.ty));
                member.default.into_iter().for_each(|value| each(Node::Expr(value)));
            }
        }
        Node::Variant(index) => {
            let fields = tree.variants.get(index as usize).map(|variant| variant.fields);
            list(fields.unwrap_or(List::EMPTY), Node::Member, each);
        }
        Node::Arm(index) => {
            if let Some(arm) = tree.arms.get(index as usize) {
                if let PatternKind::Literal(literal) = arm.pattern.kind {
                    each(Node::Expr(literal));
                }
                each(Node::Expr(arm.value));
            }
        }
        Node::Loop(index) => {
            if let Some(head) = tree.loop_head(index) {
                each(Node::Expr(head.iterable));
                head.filter.into_iter().for_each(|filter| each(Node::Expr(filter)));
            }
        }
        Node::Step(index) => {
            if let Some(StepKind::Index(at)) = tree.steps.get(index as usize).map(|step| step.kind) {
                each(Node::Expr(at));
            }
        }
    }
}

fn list<T>(list: List<T>, node: fn(u32) -> Node, each: &mut dyn FnMut(Node)) {
    list.indices().filter_map(|index| u32::try_from(index).ok()).for_each(|index| each(node(index)));
}

fn body(body: Body, each: &mut dyn FnMut(Node)) {
    list(body.entries, Node::Entry, each);
}

fn item_children(tree: &Tree, id: ItemId, each: &mut dyn FnMut(Node)) {
    match tree.item(id).kind {
        ItemKind::Use { .. } | ItemKind::UseAs { .. } | ItemKind::Error => {}
        ItemKind::App(block) | ItemKind::Environment(block) | ItemKind::Kind { body: block, .. } => body(block, each),
        ItemKind::Param { ty, default } => {
            each(Node::Type(ty));
            default.into_iter().for_each(|value| each(Node::Expr(value)));
        }
        ItemKind::Let { ty, value } => {
            ty.into_iter().for_each(|ty| each(Node::Type(ty)));
            each(Node::Expr(value));
        }
        ItemKind::Type(ty) => each(Node::Type(ty)),
        ItemKind::Assert { condition, message } => {
            each(Node::Expr(condition));
            each(Node::Expr(message));
        }
        ItemKind::Component { guard, body: block, .. } => {
            match guard {
                Guard::None => {}
                Guard::If(condition) => each(Node::Expr(condition)),
                Guard::For(head) => each(Node::Loop(head)),
            }
            body(block, each);
        }
    }
}

fn expr_children(tree: &Tree, id: ExprId, each: &mut dyn FnMut(Node)) {
    match tree.expr(id).kind {
        ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Number
        | ExprKind::Text
        | ExprKind::Piece
        | ExprKind::Name
        | ExprKind::Error => {}
        ExprKind::Template(parts) | ExprKind::List(parts) => {
            tree.exprs(parts).iter().for_each(|part| each(Node::Expr(*part)));
        }
        ExprKind::Path { head, first, len } => {
            each(Node::Expr(head));
            list(List::<()>::new(first, u32::from(len)), Node::Step, each);
        }
        ExprKind::Call { args, .. } => list(args, Node::Entry, each),
        ExprKind::Object(fields) => list(fields, Node::Entry, each),
        ExprKind::ListFor { element, over } => {
            each(Node::Expr(element));
            each(Node::Loop(over));
        }
        ExprKind::MapFor { pair, over } => {
            if let Some((key, value)) = tree.pair(pair) {
                each(Node::Expr(key));
                each(Node::Expr(value));
            }
            each(Node::Loop(over));
        }
        ExprKind::Chain(links) => tree.links(links).iter().for_each(|link| each(Node::Expr(link.operand))),
        ExprKind::Not(inner) | ExprKind::Negate(inner) | ExprKind::Paren(inner) => each(Node::Expr(inner)),
        ExprKind::Range { low, high, .. } => {
            each(Node::Expr(low));
            each(Node::Expr(high));
        }
        ExprKind::If(index) => {
            if let Some(branch) = tree.branch(index) {
                each(Node::Expr(branch.condition));
                each(Node::Expr(branch.then));
                each(Node::Expr(branch.otherwise));
            }
        }
        ExprKind::Match { subject, first, len } => {
            each(Node::Expr(subject));
            list(List::<()>::new(first, u32::from(len)), Node::Arm, each);
        }
    }
}

fn type_children(tree: &Tree, id: TypeId, each: &mut dyn FnMut(Node)) {
    match tree.ty(id).kind {
        TypeKind::Name | TypeKind::Error => {}
        TypeKind::Apply { args, .. } => tree.types(args).iter().for_each(|arg| each(Node::Type(*arg))),
        TypeKind::Record(members) => list(members, Node::Member, each),
        TypeKind::Union(variants) => list(variants, Node::Variant, each),
        TypeKind::Optional(inner) | TypeKind::Level(inner) | TypeKind::Where(inner, _) | TypeKind::Paren(inner) => {
            each(Node::Type(inner));
        }
    }
}

/// Calls `enter` with every node below `node`, itself first, in source order; where it answers `false`, nothing below that node follows.
pub fn walk(tree: &Tree, node: Node, enter: &mut dyn FnMut(Node) -> bool) {
    if enter(node) {
        children(tree, node, &mut |child| walk(tree, child, enter));
    }
}

/// Calls `enter` as [`walk`] does for all items of the file.
pub fn walk_file(tree: &Tree, enter: &mut dyn FnMut(Node) -> bool) {
    tree.top.iter().for_each(|item| walk(tree, Node::Item(*item), enter));
}

/// The nodes that hold `offset` or end at it, outermost first. Of two that meet there, the one that starts there is taken.
#[must_use]
pub fn path_at(tree: &Tree, offset: u32) -> Vec<Node> {
    let mut path = Vec::new();
    let after = tree.top.partition_point(|item| tree.item(*item).span.start <= offset);
    let item = tree.top.get(after.wrapping_sub(1)).filter(|item| tree.item(**item).span.touches(offset));
    let mut next = item.map(|item| Node::Item(*item));
    while let Some(node) = next {
        path.push(node);
        next = None;
        children(tree, node, &mut |child| {
            if span(tree, child).touches(offset) {
                next = Some(child);
            }
        });
    }
    path
}

/// All expressions of a file, each with its id, in the order of their table.
pub fn exprs(tree: &Tree) -> impl Iterator<Item = (ExprId, &Expr)> {
    (0u32..).map(ExprId).zip(&tree.exprs)
}
