//! Builds the tree: what the grammar's actions call. Nodes go straight into the tables of the [`Tree`]; members of a list wait in a
//! stack of their own until the list is complete, so that each list is one run of its table. Says what is wrong with a shape that the
//! grammar takes and the language does not.

mod expr;
mod fold;
mod item;
mod saved;
mod types;

use crate::ast::{Arm, Entry, ExprId, ItemId, Link, List, MAX_DEPTH, Member, Pattern, Tree, TypeId, UseName, Variant};
use crate::error::{SyntaxError, SyntaxErrorKind};
use crate::span::Span;
use crate::token::Token;

pub(crate) use fold::Infix;
pub(crate) use saved::Saved;

/// Where a list starts in its stack of waiting members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark(pub(crate) u32);

/// A body in braces whose entries wait from a mark on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block {
    pub(crate) open: u32,
    pub(crate) entries: Mark,
    pub(crate) end: u32,
}

/// A list with the place where its text starts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opened {
    pub(crate) mark: Mark,
    pub(crate) start: u32,
}

impl Opened {
    /// The same, from an earlier token on.
    pub(crate) const fn from(self, first: Token) -> Self {
        Self { mark: self.mark, start: first.span.start }
    }
}

/// The tree of one file as far as it is built.
#[derive(Default)]
pub(crate) struct Builder<'s> {
    pub(crate) source: &'s str,
    pub(crate) tree: Tree,
    pub(crate) errors: Vec<SyntaxError>,
    /// End of the last complete item of the file, and the tables as they were then.
    saved: (u32, Saved),
    /// The same for the item before: the last one may have taken the first word of one that is broken.
    saved_before: (u32, Saved),
    /// What a parse of one part alone gave.
    pub(crate) expr: Option<ExprId>,
    pub(crate) ty: Option<TypeId>,
    /// Whether an entry, member or arm stands between here and the last comma.
    since_comma: bool,
    /// Dotted keys of bodies that are not complete.
    path_keys: Vec<Span>,

    pub(crate) entries: Vec<Entry>,
    elements: Vec<ExprId>,
    flats: Vec<fold::Flat>,
    links: Vec<Link>,
    type_args: Vec<TypeId>,
    members: Vec<Member>,
    variants: Vec<Variant>,
    /// End of the variant that was read last.
    union_end: u32,
    patterns: Vec<Pattern>,
    arms: Vec<Arm>,
    names: Vec<Span>,
    use_names: Vec<UseName>,
}

/// The index that the next node of a table gets. Tables are shorter than the text, and that fits `u32`.
#[expect(clippy::cast_possible_truncation, reason = "no table has more nodes than MAX_LEN bytes have room for")]
pub(crate) fn next<T>(table: &[T]) -> u32 {
    table.len() as u32
}

/// Moves the members from `mark` on from their stack to the end of their table.
fn list_of<T: Copy>(mark: Mark, stack: &mut Vec<T>, table: &mut Vec<T>) -> List<T> {
    let start = next(table);
    let waiting = stack.get(mark.0 as usize..).unwrap_or_default();
    table.extend_from_slice(waiting);
    let len = next(waiting);
    stack.truncate(mark.0 as usize);
    List::new(start, len)
}

impl<'s> Builder<'s> {
    /// A builder with room for a text of this length.
    pub(crate) fn new(source: &'s str) -> Self {
        let len = source.len();
        let mut builder = Self { source, ..Self::default() };
        builder.tree.exprs.reserve(len / 12);
        builder.tree.entries.reserve(len / 18);
        builder.tree.items.reserve(len / 160);
        builder.tree.top.reserve(len / 160);
        builder.tree.steps.reserve(len / 120);
        builder.tree.expr_lists.reserve(len / 160);
        builder
    }

    pub(crate) fn error(&mut self, span: Span, kind: SyntaxErrorKind) {
        self.errors.push(SyntaxError::new(span, kind));
    }

    /// Holds the cap on nesting for an item that is complete. No way down is longer than there are nodes, so most items need no look.
    fn cap_depth(&mut self, item: ItemId) {
        let (_, before) = &self.saved;
        let nodes = self.tree.exprs.len() - before.exprs + self.tree.types.len() - before.types + self.tree.items.len()
            - before.items;
        if nodes >= MAX_DEPTH {
            crate::depth::cap(&mut self.tree, item, &mut self.errors);
        }
    }

    /// Remembers the tables as they are, at the end of an item.
    fn save(&mut self, end: u32) {
        self.saved_before = self.saved;
        self.saved = (end, self.lengths());
    }

    /// Goes back to the tables as they were after a complete item.
    pub(crate) fn restore(&mut self, complete: (u32, Saved)) {
        self.go_back(&complete.1);
        self.saved = complete;
        self.saved_before = complete;
    }

    /// The ends of the last complete item and the one before it, with the tables as they were then; to be given to [`Self::restore`], or
    /// all of it to [`Self::set_complete`] where items are taken back.
    pub(crate) const fn complete(&self) -> [(u32, Saved); 2] {
        [self.saved, self.saved_before]
    }

    pub(crate) const fn set_complete(&mut self, complete: [(u32, Saved); 2]) {
        [self.saved, self.saved_before] = complete;
    }

    pub(crate) fn extra_comma(&mut self, comma: Token) {
        self.error(comma.span, SyntaxErrorKind::ExtraComma);
    }

    /// A comma between members that wait from `mark` on, `waiting` of them in their stack.
    fn comma(&mut self, mark: Mark, waiting: u32, comma: Token) {
        if waiting == mark.0 || !self.since_comma {
            self.extra_comma(comma);
        }
        self.since_comma = false;
    }

    /// Says so where a declared name is written as names are not.
    fn declared(&mut self, name: Span) {
        let text = name.text(self.source);
        let kind = if text.starts_with(['"', 'r']) && text.ends_with('"') {
            SyntaxErrorKind::QuotedName
        } else if text.bytes().any(|byte| matches!(byte, b'.' | b'[')) {
            SyntaxErrorKind::PathOutsideEnvironment
        } else if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            SyntaxErrorKind::NameCase
        } else {
            return;
        };
        self.error(name, kind);
    }

    /// The same for a name that expressions use, which no keyword can be.
    fn declared_word(&mut self, name: Span) {
        let text = name.text(self.source);
        match crate::token::KEYWORDS.iter().find(|keyword| keyword.spelling() == text) {
            Some(keyword) => self.error(name, SyntaxErrorKind::KeywordAsName(*keyword)),
            None => self.declared(name),
        }
    }

    pub(crate) fn done_expr(&mut self, expr: ExprId) {
        self.expr = Some(expr);
    }

    pub(crate) fn done_type(&mut self, ty: TypeId) {
        self.ty = Some(ty);
    }

    /// A token of recovery: its span's start is an index.
    pub(crate) fn ready_expr(&mut self, token: Token) -> ExprId {
        ExprId(token.span.start)
    }

    pub(crate) fn ready_type(&mut self, token: Token) -> TypeId {
        TypeId(token.span.start)
    }

    pub(crate) fn ready_entries(&mut self, token: Token) -> Mark {
        Mark(token.span.start)
    }

    /// Forgets the entries that wait from a mark on.
    pub(crate) fn drop_entries(&mut self, mark: Mark) {
        self.entries.truncate(mark.0 as usize);
    }
}
