//! The names in types.

use super::{Role, Walk};
use crate::query::Symbol;
use crate::resolve::Found;
use crate::types::Level;
use oal_syntax::Span;
use oal_syntax::ast::{List, Member, TypeId, TypeKind};

impl Walk<'_, '_> {
    /// `type Name = …`: a lone small word that names no kind is an enum of one.
    pub(super) fn type_body(&mut self, id: TypeId) {
        let node = self.tree.ty(id);
        if let TypeKind::Name = node.kind {
            let written = self.text(node.span);
            let small = written.starts_with(|c: char| c.is_ascii_lowercase()) && !written.contains('.');
            if small && self.find(written) == Found::None {
                self.emit(Symbol::Variant(self.place(node.span)), node.span, Role::Declares);
                return;
            }
        }
        self.ty(id);
    }

    pub(super) fn ty(&mut self, id: TypeId) {
        let node = self.tree.ty(id);
        match node.kind {
            TypeKind::Error => {}
            TypeKind::Name => self.type_name(node.span),
            TypeKind::Apply { args, name_len } => {
                self.type_name(Span::new(node.span.start, node.span.start + u32::from(name_len)));
                self.tree.types(args).iter().for_each(|arg| self.ty(*arg));
            }
            TypeKind::Record(members) => self.members(members),
            TypeKind::Union(variants) => {
                for variant in self.tree.variants(variants) {
                    self.emit(Symbol::Variant(self.place(variant.name)), variant.name, Role::Declares);
                    self.members(variant.fields);
                }
            }
            TypeKind::Level(inner) => {
                let before = Span::new(node.span.start, self.tree.ty(inner).span.start);
                let word = self.text(before).split_whitespace().next().unwrap_or_default();
                let levels = [Level::Const, Level::Deploy, Level::Secret];
                if let Some(level) = levels.into_iter().find(|level| level.name() == word) {
                    let at = Span::new(before.start, before.start + super::len(word));
                    self.emit(Symbol::Level(level), at, Role::Reads);
                }
                self.ty(inner);
            }
            TypeKind::Optional(inner) | TypeKind::Where(inner, _) | TypeKind::Paren(inner) => self.ty(inner),
        }
    }

    fn type_name(&mut self, at: Span) {
        match crate::type_names::builtin_name(self.text(at)) {
            Some(name) => self.emit(Symbol::BuiltinType(name), at, Role::Reads),
            None => self.def_path(at),
        }
    }

    /// Fields of a record type or of a variant.
    fn members(&mut self, list: List<Member>) {
        for member in self.tree.members(list) {
            self.emit(Symbol::Member(self.place(member.name)), member.name, Role::Declares);
            self.ty(member.ty);
            member.default.into_iter().for_each(|value| self.value(value, None));
        }
    }
}
