//! What the names of a file are: by where they stand, and by what they stand for.

use super::{SemanticToken, TokenType, modifier};
use oal_check::program::{DefId, DefKind, Program, Res};
use oal_check::types::Level;
use oal_check::{Checked, builtins};
use oal_syntax::ast::{EntryValue, ExprId, ExprKind, ItemId, ItemKind, PatternKind, StepKind, Tree, TypeId, TypeKind};
use oal_syntax::visit::{self, Node};
use oal_syntax::{FileId, Parse, Span, key};

struct Names<'a> {
    source: &'a str,
    tree: &'a Tree,
    checked: Option<(&'a Program, FileId)>,
    found: Vec<SemanticToken>,
}

/// The names in the declarations that a range touches, in order.
pub(super) fn names(
    source: &str,
    parse: &Parse,
    checked: Option<(&Checked, FileId)>,
    range: Span,
) -> Vec<SemanticToken> {
    let tree = &parse.tree;
    // What names stand for is known by their numbers in the tree, so only a check of this very text helps.
    let checked = checked
        .filter(|(checked, file)| checked.project().text(*file) == source)
        .map(|(checked, file)| (checked.program(), file));
    let mut names = Names { source, tree, checked, found: Vec::new() };
    let first = tree.top.partition_point(|item| tree.item(*item).span.end < range.start);
    for item in tree.top.get(first..).unwrap_or_default() {
        if tree.item(*item).span.start > range.end {
            break;
        }
        visit::walk(tree, Node::Item(*item), &mut |node| {
            names.node(node);
            true
        });
    }
    for allow in &tree.allows {
        names.push(allow.lint, TokenType::Decorator, 0);
    }
    names.found.sort_unstable();
    names.found.dedup_by_key(|token| token.span.start);
    names.found
}

impl Names<'_> {
    fn push(&mut self, span: Span, kind: TokenType, modifiers: u32) {
        if !span.is_empty() {
            self.found.push(SemanticToken { span, kind, modifiers });
        }
    }

    fn node(&mut self, node: Node) {
        match node {
            Node::Item(id) => self.item(id),
            Node::Entry(at) => self.entry(at),
            Node::Member(at) => {
                if let Some(member) = self.tree.member(at) {
                    self.push(member.name, TokenType::Property, modifier::DECLARATION);
                }
            }
            Node::Variant(at) => {
                if let Some(variant) = self.tree.variants.get(at as usize) {
                    self.push(variant.name, TokenType::EnumMember, modifier::DECLARATION);
                }
            }
            Node::Arm(at) => self.arm(at),
            Node::Loop(at) => {
                if let Some(head) = self.tree.loop_head(at) {
                    self.push(head.first, TokenType::Parameter, modifier::DECLARATION);
                    self.push(head.second, TokenType::Parameter, modifier::DECLARATION);
                }
            }
            Node::Step(at) => self.step(at),
            Node::Expr(id) => self.expr(id),
            Node::Type(id) => self.ty(id),
        }
    }

    fn item(&mut self, id: ItemId) {
        let item = *self.tree.item(id);
        let (kind, modifiers) = match item.kind {
            ItemKind::Use { names, .. } => {
                for name in self.tree.use_names(names) {
                    self.imported(name.name);
                    self.imported(name.local);
                }
                return;
            }
            ItemKind::UseAs { .. } | ItemKind::App(_) => (TokenType::Namespace, 0),
            ItemKind::Environment(_) => (TokenType::Enum, 0),
            ItemKind::Param { .. } => (TokenType::Parameter, 0),
            ItemKind::Let { .. } => (TokenType::Variable, modifier::READONLY),
            ItemKind::Type(_) => (TokenType::Type, 0),
            ItemKind::Kind { base, .. } => {
                self.kind_path(base);
                (TokenType::Class, 0)
            }
            ItemKind::Component { of, .. } => {
                self.kind_path(of);
                let secret = if of.text(self.source) == "secret" { modifier::SECRET } else { 0 };
                (TokenType::Variable, secret)
            }
            ItemKind::Assert { .. } | ItemKind::Error => return,
        };
        self.push(item.name, kind, modifiers | modifier::DECLARATION);
    }

    /// A name brought in by `use`: types start with a capital, and what the others are the check tells.
    fn imported(&mut self, name: Span) {
        let text = name.text(self.source);
        let def = self.checked.and_then(|(program, file)| program.named(file, text));
        match def {
            Some(def) => self.def(name, def),
            None if text.starts_with(|c: char| c.is_ascii_uppercase()) => self.push(name, TokenType::Type, 0),
            None => self.push(name, TokenType::Variable, 0),
        }
    }

    fn kind_path(&mut self, path: Span) {
        let text = path.text(self.source);
        let (space, name) = text.rsplit_once('.').map_or(("", text), |(space, name)| (space, name.trim_start()));
        if !space.is_empty() {
            let end = path.start + crate::ide::offset(space.trim_end().len());
            self.push(Span::new(path.start, end), TokenType::Namespace, 0);
        }
        let start = path.end - crate::ide::offset(name.len());
        let library = if oal_check::std::is_kind(text) { modifier::DEFAULT_LIBRARY } else { 0 };
        self.push(Span::new(start, path.end), TokenType::Class, library);
    }

    fn entry(&mut self, at: u32) {
        let Some(entry) = self.tree.entries.get(at as usize).copied() else { return };
        match entry.value {
            EntryValue::Set(_) | EntryValue::Unset => {
                let base = entry.key.start;
                for segment in key::segments(entry.key.text(self.source)) {
                    let span = Span::new(base + segment.span.start, base + segment.span.end);
                    self.push(span, TokenType::Property, 0);
                }
            }
            EntryValue::Field(_)
            | EntryValue::Output(_)
            | EntryValue::Item(_)
            | EntryValue::Allow(_)
            | EntryValue::Error => {}
        }
    }

    fn arm(&mut self, at: u32) {
        let Some(arm) = self.tree.arms.get(at as usize) else { return };
        if let PatternKind::Variant { name, bindings } = arm.pattern.kind {
            self.push(name, TokenType::EnumMember, 0);
            for binding in self.tree.names(bindings).iter().filter(|name| name.text(self.source) != "_") {
                self.push(*binding, TokenType::Parameter, modifier::DECLARATION);
            }
        }
    }

    fn expr(&mut self, id: ExprId) {
        let expr = self.tree.expr(id);
        let span = match expr.kind {
            ExprKind::Name if expr.span.text(self.source) != "environment" => expr.span,
            ExprKind::Call { .. } => expr.call_name(),
            _ => return,
        };
        let res = self.checked.map_or(Res::None, |(program, file)| program.res(file, id));
        match res {
            Res::None if matches!(expr.kind, ExprKind::Call { .. }) => {
                let builtin = builtins::find(span.text(self.source)).is_some();
                if builtin {
                    self.push(span, TokenType::Function, modifier::DEFAULT_LIBRARY);
                } else {
                    self.push(span, TokenType::EnumMember, 0);
                }
            }
            Res::None => self.push(span, TokenType::Variable, 0),
            res => self.resolved(span, res),
        }
    }

    fn step(&mut self, at: u32) {
        let Some(step) = self.tree.steps.get(at as usize).copied() else { return };
        if matches!(step.kind, StepKind::Index(_)) {
            return;
        }
        match self.checked.map_or(Res::None, |(program, file)| program.step_res(file, at as usize)) {
            Res::None => self.push(step.name(), TokenType::Property, 0),
            res => self.resolved(step.name(), res),
        }
    }

    fn resolved(&mut self, span: Span, res: Res) {
        use TokenType as T;
        match res {
            Res::Def(def) => self.def(span, def),
            Res::Environment => self.push(span, T::Keyword, 0),
            Res::EnvironmentName(_) | Res::Variant(_) => self.push(span, T::EnumMember, 0),
            Res::Local(_) => self.push(span, T::Parameter, modifier::READONLY),
            Res::Output(_) => self.push(span, T::Property, modifier::READONLY),
            Res::Nested(_) => self.push(span, T::Variable, 0),
            Res::Function(_) => self.push(span, T::Function, modifier::DEFAULT_LIBRARY),
            Res::Namespace => self.push(span, T::Namespace, 0),
            Res::Field(_) | Res::Port | Res::Member | Res::None => self.push(span, T::Property, 0),
        }
    }

    fn def(&mut self, span: Span, id: DefId) {
        let Some((program, _)) = self.checked else { return };
        let Some(def) = program.def(id) else { return };
        let ty = program.def_types.get(&id).copied();
        let secret_value = ty.is_some_and(|ty| program.types.split_level(ty).1 == Level::Secret);
        let kind = def.of.and_then(|kind| program.kind(kind));
        let secret_kind = kind.is_some_and(|kind| {
            let root = kind.root.and_then(|root| program.kind(root)).unwrap_or(kind);
            &*root.name == "secret"
        });
        let secret = if secret_value || secret_kind { modifier::SECRET } else { 0 };
        let (kind, modifiers) = match def.kind {
            DefKind::Param => (TokenType::Parameter, 0),
            DefKind::Let => (TokenType::Variable, modifier::READONLY),
            DefKind::Type => (TokenType::Type, 0),
            DefKind::Kind => (TokenType::Class, 0),
            DefKind::Component => (TokenType::Variable, 0),
        };
        self.push(span, kind, modifiers | secret);
    }

    fn ty(&mut self, id: TypeId) {
        let ty = self.tree.ty(id);
        let name = match ty.kind {
            TypeKind::Name => ty.span,
            TypeKind::Apply { name_len, .. } => Span::new(ty.span.start, ty.span.start + u32::from(name_len)),
            TypeKind::Level(inner) => {
                let text = ty.span.text(self.source);
                let end = text.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(text.len());
                let end = ty.span.start + crate::ide::offset(end);
                if end <= self.tree.ty(inner).span.start {
                    self.push(Span::new(ty.span.start, end), TokenType::Modifier, 0);
                }
                return;
            }
            _ => return,
        };
        let text = name.text(self.source);
        let (space, last) = text.rsplit_once('.').map_or(("", text), |(space, last)| (space, last.trim_start()));
        if !space.is_empty() {
            let end = name.start + crate::ide::offset(space.trim_end().len());
            self.push(Span::new(name.start, end), TokenType::Namespace, 0);
        }
        let start = name.end - crate::ide::offset(last.len());
        let kind = if last.starts_with(|c: char| c.is_ascii_uppercase()) { TokenType::Type } else { TokenType::Class };
        let own = space.is_empty() && self.is_own(text);
        let library = if space.is_empty() && !own { modifier::DEFAULT_LIBRARY } else { 0 };
        self.push(Span::new(start, name.end), kind, library);
    }

    /// Whether a type or kind of this name is declared by the program, as far as is known.
    fn is_own(&self, name: &str) -> bool {
        match self.checked {
            Some((program, file)) => program.named(file, name).is_some(),
            None => !oal_check::std::is_kind(name) && !oal_check::std::names().any(|known| known == name),
        }
    }
}
