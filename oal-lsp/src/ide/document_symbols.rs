//! The outline of a file: what it declares, and what stands in each declaration. From the text alone.

use oal_syntax::ast::{
    Body, Entry, EntryValue, ExprId, ExprKind, ItemId, ItemKind, List, Member, Tree, TypeId, TypeKind,
};
use oal_syntax::visit::{self, Node};
use oal_syntax::{Parse, Span};

/// What an entry of the outline is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// `app`
    App,
    /// `environment`
    Environment,
    /// `param`
    Param,
    /// `let`
    Let,
    /// `type`
    Type,
    /// A variant of a type.
    Variant,
    /// `kind`
    Kind,
    /// A `field` of a kind, a field of a record type.
    Field,
    /// An `output` of a kind.
    Output,
    /// A component.
    Component,
    /// `key: value` in a body or object.
    Entry,
}

/// An entry of the outline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Its name.
    pub name: String,
    /// A few more words: the kind of a component, a type.
    pub detail: String,
    /// What it is.
    pub shape: Shape,
    /// All of it.
    pub span: Span,
    /// Its name's place, within `span`.
    pub name_span: Span,
    /// What stands in it.
    pub children: Vec<Outline>,
}

/// How deep objects are looked into: keys of a map of a field are of interest, what is in them is not.
const DEPTH: usize = 2;

/// So many entries a file may have for each to be in its outline. Of longer ones single settings are left out, those on one line:
/// nobody reads thousands, and all of them would go to the editor with each key.
const MOST: usize = 1_000;

/// The outline of a file, in the order of the text.
#[must_use]
pub fn symbols(source: &str, parse: &Parse) -> Vec<Outline> {
    let outliner = Outliner { source, tree: &parse.tree, is_long: parse.tree.entries.len() > MOST };
    parse.tree.top.iter().filter_map(|item| outliner.item(*item)).collect()
}

struct Outliner<'s> {
    source: &'s str,
    tree: &'s Tree,
    is_long: bool,
}

impl Outliner<'_> {
    fn made(&self, shape: Shape, name: Span, detail: &str, span: Span, children: Vec<Outline>) -> Option<Outline> {
        let text = oal_syntax::key::text(name.text(self.source)).into_owned();
        let detail = super::describe::short(detail);
        (!text.is_empty()).then(|| Outline {
            name: text,
            detail,
            shape,
            span: span.cover(name),
            name_span: name,
            children,
        })
    }

    fn item(&self, id: ItemId) -> Option<Outline> {
        let item = self.tree.item(id);
        let (shape, detail, children) = match item.kind {
            ItemKind::Use { .. } | ItemKind::UseAs { .. } | ItemKind::Assert { .. } | ItemKind::Error => return None,
            ItemKind::App(body) => (Shape::App, "", self.body(body)),
            ItemKind::Environment(body) => (Shape::Environment, "", self.body(body)),
            ItemKind::Param { ty, .. } => (Shape::Param, self.tree.ty(ty).span.text(self.source), Vec::new()),
            ItemKind::Let { ty, .. } => {
                (Shape::Let, ty.map_or("", |ty| self.tree.ty(ty).span.text(self.source)), Vec::new())
            }
            ItemKind::Type(ty) => (Shape::Type, "", self.ty(ty)),
            ItemKind::Kind { base, body, .. } => (Shape::Kind, base.text(self.source), self.body(body)),
            ItemKind::Component { of, body, .. } => (Shape::Component, of.text(self.source), self.body(body)),
        };
        self.made(shape, item.name, detail, item.span, children)
    }

    fn body(&self, body: Body) -> Vec<Outline> {
        self.entries(body.entries, 1)
    }

    fn entries(&self, entries: List<Entry>, depth: usize) -> Vec<Outline> {
        let each = entries.indices().filter_map(|index| u32::try_from(index).ok());
        each.zip(self.tree.entries(entries))
            .filter_map(|(index, entry)| {
                let span = visit::span(self.tree, Node::Entry(index));
                let is_setting = matches!(entry.value, EntryValue::Set(_) | EntryValue::Unset);
                if self.is_long && is_setting && !span.text(self.source).contains('\n') {
                    return None;
                }
                match entry.value {
                    EntryValue::Set(value) => {
                        let children = self.inside(value, depth);
                        let detail =
                            if children.is_empty() { self.tree.expr(value).span.text(self.source) } else { "" };
                        self.made(Shape::Entry, entry.key, detail, span, children)
                    }
                    EntryValue::Unset => self.made(Shape::Entry, entry.key, "unset", span, Vec::new()),
                    EntryValue::Field(member) => self.member(Shape::Field, self.tree.member(member)?, span),
                    EntryValue::Output(member) => self.member(Shape::Output, self.tree.member(member)?, span),
                    EntryValue::Item(item) => self.item(item),
                    EntryValue::Allow(_) | EntryValue::Error => None,
                }
            })
            .collect()
    }

    fn inside(&self, value: ExprId, depth: usize) -> Vec<Outline> {
        match self.tree.expr(value).kind {
            ExprKind::Object(entries) if depth < DEPTH => self.entries(entries, depth + 1),
            _ => Vec::new(),
        }
    }

    fn member(&self, shape: Shape, member: &Member, span: Span) -> Option<Outline> {
        let detail = self.tree.ty(member.ty).span.text(self.source);
        self.made(shape, member.name, detail, span, Vec::new())
    }

    fn ty(&self, ty: TypeId) -> Vec<Outline> {
        match self.tree.ty(ty).kind {
            TypeKind::Record(members) => self.members(members),
            TypeKind::Union(variants) => variants
                .indices()
                .filter_map(|index| u32::try_from(index).ok())
                .zip(self.tree.variants(variants))
                .filter_map(|(index, variant)| {
                    let span = visit::span(self.tree, Node::Variant(index));
                    self.made(Shape::Variant, variant.name, "", span, self.members(variant.fields))
                })
                .collect(),
            TypeKind::Where(inner, _) | TypeKind::Paren(inner) => self.ty(inner),
            _ => Vec::new(),
        }
    }

    fn members(&self, members: List<Member>) -> Vec<Outline> {
        members
            .indices()
            .filter_map(|index| u32::try_from(index).ok())
            .zip(self.tree.members(members))
            .filter_map(|(index, member)| {
                self.member(Shape::Field, member, visit::span(self.tree, Node::Member(index)))
            })
            .collect()
    }
}
