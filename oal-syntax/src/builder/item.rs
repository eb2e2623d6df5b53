//! Declarations, bodies and entries.

use super::{Block, Builder, Mark, list_of, next};
use crate::ast::{
    Allow, Body, Entry, EntryValue, ExprId, Guard, Item, ItemId, ItemKind, List, Member, TypeId, UseName,
};
use crate::error::SyntaxErrorKind;
use crate::span::Span;
use crate::token::{Token, TokenKind};

/// Whose body it is: each takes entries of its own kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    App,
    Environment,
    Kind,
    Component,
}

impl Builder<'_> {
    pub(crate) fn start_items(&mut self) {}

    /// An item of the file is complete.
    pub(crate) fn top(&mut self, item: ItemId) {
        self.allowed(Mark(0), item);
        self.cap_depth(item);
        self.tree.top.push(item);
        self.save(self.tree.item(item).span.end);
    }

    /// An `allow` waits as an entry for what it stands before.
    pub(crate) fn allow(&mut self, lint: Token, reason: Token) {
        let index = next(&self.tree.allows);
        self.tree.allows.push(Allow { lint: lint.span, reason: reason.span });
        self.entry(lint.span, EntryValue::Allow(index));
    }

    /// The `allow`s directly before an item or member of the body whose entries start at `body`: those before it are others'.
    fn take_allows(&mut self, body: Mark) -> List<Allow> {
        let mut len = 0;
        let mut first = 0;
        while next(&self.entries) > body.0
            && let Some(Entry { value: EntryValue::Allow(index), .. }) = self.entries.last()
        {
            (first, len) = (*index, len + 1);
            self.entries.pop();
        }
        if len == 0 {
            return List::EMPTY;
        }
        // What stands between them and the item may hold `allow`s too, so they move to the end of the table.
        let start = next(&self.tree.allows);
        self.tree.allows.extend_from_within(first as usize..first as usize + len);
        List::new(start, next(&self.tree.allows) - start)
    }

    fn item(&mut self, span: Span, name: Span, kind: ItemKind) -> ItemId {
        let id = ItemId(next(&self.tree.items));
        self.tree.items.push(Item { span, name, allows: List::EMPTY, kind });
        id
    }

    /// Gives an item the `allow`s before it.
    fn allowed(&mut self, body: Mark, id: ItemId) {
        let allows = self.take_allows(body);
        if !allows.is_empty()
            && let Some(item) = self.tree.items.get_mut(id.0 as usize)
        {
            item.allows = allows;
        }
    }

    /// An item that is none, under the name it probably declares.
    pub(crate) fn error_item(&mut self, span: Span, name: Span) -> ItemId {
        self.item(span, name, ItemKind::Error)
    }

    /// At the end of the file: `allow`s with nothing behind them.
    pub(crate) fn dangling_allows(&mut self) {
        while let Some(Entry { key, value: EntryValue::Allow(_) }) = self.entries.last().copied() {
            self.error(key, SyntaxErrorKind::DanglingAllow);
            self.entries.pop();
        }
    }

    /// An entry that is none, under the key it probably has.
    pub(crate) fn broken_entry(&mut self, key: Span) {
        self.entry(key, EntryValue::Error);
    }

    pub(crate) fn start_use_names(&mut self) -> Mark {
        self.since_comma = false;
        Mark(next(&self.use_names))
    }

    pub(crate) fn use_comma(&mut self, mark: Mark, comma: Token) {
        self.comma(mark, next(&self.use_names), comma);
    }

    pub(crate) fn use_name(&mut self, name: Token, local: Token) {
        if self.since_comma
            && let Some(before) = self.use_names.last()
        {
            self.error(Span::empty(before.local.end), SyntaxErrorKind::MissingComma);
        }
        self.since_comma = true;
        self.use_names.push(UseName { name: name.span, local: local.span });
    }

    pub(crate) fn use_names(&mut self, start: Token, path: Token, names: Mark, end: Token) -> ItemId {
        let names = list_of(names, &mut self.use_names, &mut self.tree.use_names);
        let span = start.span.cover(end.span);
        self.item(span, Span::empty(path.span.end), ItemKind::Use { path: path.span, names })
    }

    pub(crate) fn use_as(&mut self, start: Token, path: Token, name: Token) -> ItemId {
        self.declared(name.span);
        self.item(start.span.cover(name.span), name.span, ItemKind::UseAs { path: path.span })
    }

    pub(crate) fn app(&mut self, start: Token, name: Token, body: Block) -> ItemId {
        self.declared(name.span);
        let span = Span::new(start.span.start, body.end);
        let body = self.close_body(Owner::App, body);
        self.item(span, name.span, ItemKind::App(body))
    }

    pub(crate) fn environment(&mut self, start: Token, name: Token, body: Block) -> ItemId {
        self.declared(name.span);
        let span = Span::new(start.span.start, body.end);
        let body = self.close_body(Owner::Environment, body);
        self.item(span, name.span, ItemKind::Environment(body))
    }

    pub(crate) fn param(&mut self, start: Token, key: Token, ty: TypeId, default: Option<ExprId>) -> ItemId {
        self.declared_word(key.span);
        let end = default.map_or(self.tree.ty(ty).span, |value| self.tree.expr(value).span);
        self.item(start.span.cover(end), key.span, ItemKind::Param { ty, default })
    }

    pub(crate) fn let_item(&mut self, start: Token, name: Token, ty: Option<TypeId>, value: ExprId) -> ItemId {
        self.declared_word(name.span);
        let end = self.tree.expr(value).span;
        self.item(start.span.cover(end), name.span, ItemKind::Let { ty, value })
    }

    pub(crate) fn type_item(&mut self, start: Token, name: Token, ty: TypeId) -> ItemId {
        if name.span.text(self.source).contains('_') {
            self.error(name.span, SyntaxErrorKind::NameCase);
        }
        let end = self.tree.ty(ty).span;
        self.item(start.span.cover(end), name.span, ItemKind::Type(ty))
    }

    pub(crate) fn assert(&mut self, start: Token, condition: ExprId, message: ExprId) -> ItemId {
        use crate::ast::ExprKind as E;
        let end = self.tree.expr(message);
        if !matches!(end.kind, E::Text | E::Template(_) | E::Error) {
            self.error(end.span, SyntaxErrorKind::AssertMessageNotText);
        }
        self.item(start.span.cover(end.span), Span::empty(start.span.end), ItemKind::Assert { condition, message })
    }

    pub(crate) fn kind(&mut self, start: Token, name: Token, base: Option<Span>, body: Block) -> ItemId {
        self.declared(name.span);
        let span = Span::new(start.span.start, body.end);
        let body = self.close_body(Owner::Kind, body);
        let base = base.unwrap_or(Span::empty(name.span.end));
        self.item(span, name.span, ItemKind::Kind { is_extern: start.kind == TokenKind::Extern, base, body })
    }

    pub(crate) fn component(&mut self, of: Span, name: Token, condition: Option<ExprId>, body: Block) -> ItemId {
        self.guarded(of, name, condition.map_or(Guard::None, Guard::If), body)
    }

    pub(crate) fn component_for(&mut self, of: Span, name: Token, over: u32, body: Block) -> ItemId {
        self.guarded(of, name, Guard::For(over), body)
    }

    fn guarded(&mut self, of: Span, name: Token, guard: Guard, body: Block) -> ItemId {
        self.declared(name.span);
        let span = Span::new(of.start, body.end);
        let body = self.close_body(Owner::Component, body);
        self.item(span, name.span, ItemKind::Component { of, guard, body })
    }

    pub(crate) fn body(&mut self, open: Token, entries: Mark, close: Token) -> Block {
        Block { open: open.span.start, entries, end: close.span.end }
    }

    pub(crate) fn start_entries(&mut self) -> Mark {
        Mark(next(&self.entries))
    }

    fn entry(&mut self, key: Span, value: EntryValue) {
        self.since_comma = true;
        self.entries.push(Entry { key, value });
    }

    pub(crate) fn set(&mut self, key: Token, value: ExprId) {
        self.entry(key.span, EntryValue::Set(value));
    }

    /// A dotted key in a body; whether that is right is known when the body is complete.
    pub(crate) fn set_path(&mut self, key: Token, value: ExprId) {
        self.path_keys.push(key.span);
        self.entry(key.span, EntryValue::Set(value));
    }

    /// A dotted key in an object, where none may stand.
    pub(crate) fn set_path_in_object(&mut self, key: Token) {
        self.error(key.span, SyntaxErrorKind::PathOutsideEnvironment);
        self.entry(key.span, EntryValue::Error);
    }

    pub(crate) fn argument(&mut self, value: ExprId) {
        let at = self.tree.expr(value).span.start;
        self.entry(Span::empty(at), EntryValue::Set(value));
    }

    pub(crate) fn entry_comma(&mut self, mark: Mark, comma: Token) {
        self.comma(mark, next(&self.entries), comma);
    }

    pub(crate) fn unset(&mut self, path: Span) {
        self.entry(path, EntryValue::Unset);
    }

    fn typed(&mut self, body: Mark, key: Token, ty: TypeId, default: Option<ExprId>) -> u32 {
        self.declared(key.span);
        let allows = self.take_allows(body);
        let index = next(&self.tree.members);
        self.tree.members.push(Member { name: key.span, ty, default, allows });
        index
    }

    pub(crate) fn field(&mut self, body: Mark, key: Token, ty: TypeId, default: Option<ExprId>) {
        let member = self.typed(body, key, ty, default);
        self.entry(key.span, EntryValue::Field(member));
    }

    pub(crate) fn output(&mut self, body: Mark, key: Token, ty: TypeId, default: Option<ExprId>) {
        let member = self.typed(body, key, ty, default);
        self.entry(key.span, EntryValue::Output(member));
    }

    pub(crate) fn nested(&mut self, body: Mark, item: ItemId) {
        self.allowed(body, item);
        let key = Span::empty(self.tree.item(item).span.start);
        self.entry(key, EntryValue::Item(item));
    }

    /// Completes a body: its entries become a run of their table, and those that have no place here are called so.
    fn close_body(&mut self, owner: Owner, block: Block) -> Body {
        let mut at = block.entries.0 as usize;
        while let Some(entry) = self.entries.get(at).copied() {
            let wrong = match entry.value {
                EntryValue::Set(_) | EntryValue::Error | EntryValue::Allow(_) => None,
                EntryValue::Field(_) | EntryValue::Output(_) => {
                    (owner != Owner::Kind).then_some(SyntaxErrorKind::FieldOutsideKind)
                }
                EntryValue::Unset => (owner != Owner::Environment).then_some(SyntaxErrorKind::UnsetOutsideEnvironment),
                EntryValue::Item(item) => self.misplaced(owner, item),
            };
            if let Some(kind) = wrong {
                let place = match entry.value {
                    EntryValue::Item(item) => self.head(item),
                    _ => entry.key,
                };
                self.error(place, kind);
                if let Some(entry) = self.entries.get_mut(at) {
                    entry.value = EntryValue::Error;
                }
            }
            at += 1;
        }
        let inside = self.entries.get(block.entries.0 as usize..).unwrap_or_default();
        let last =
            inside.iter().rev().map_while(|entry| matches!(entry.value, EntryValue::Allow(_)).then_some(entry.key));
        for key in last.collect::<Vec<_>>() {
            self.error(key, SyntaxErrorKind::DanglingAllow);
        }
        self.close_path_keys(owner, block);
        let entries = list_of(block.entries, &mut self.entries, &mut self.tree.entries);
        Body { open: block.open, entries }
    }

    /// Why an item may not stand in this body.
    fn misplaced(&self, owner: Owner, item: ItemId) -> Option<SyntaxErrorKind> {
        match self.tree.item(item).kind {
            ItemKind::Component { .. } if owner == Owner::App => Some(SyntaxErrorKind::ComponentNotAllowed),
            ItemKind::Component { .. } | ItemKind::Error => None,
            ItemKind::Let { .. } | ItemKind::Assert { .. } if owner != Owner::App => None,
            _ => Some(SyntaxErrorKind::DeclarationNotAllowed),
        }
    }

    /// From the first word of an item to its name.
    fn head(&self, item: ItemId) -> Span {
        let Item { span, name, .. } = *self.tree.item(item);
        Span::new(span.start, if name.is_empty() { span.end } else { name.end })
    }

    /// Dotted keys are right in an environment and wrong elsewhere.
    fn close_path_keys(&mut self, owner: Owner, block: Block) {
        while let Some(key) = self.path_keys.last().copied() {
            if key.start < block.open {
                return;
            }
            self.path_keys.pop();
            if owner != Owner::Environment {
                self.error(key, SyntaxErrorKind::PathOutsideEnvironment);
                let waiting = self.entries.get_mut(block.entries.0 as usize..).unwrap_or_default();
                if let Some(entry) = waiting.iter_mut().rev().find(|entry| entry.key == key) {
                    entry.value = EntryValue::Error;
                }
            }
        }
    }
}
