//! The names in expressions. Along a path it is known whose field is looked into, so that keys of maps are found again where they are
//! written.

use super::super::keys::{KeyPath, Root, texts};
use super::{Role, Walk};
use crate::program::{ExprRef, KindId, Owner, Place, Res};
use crate::query::Symbol;
use crate::types::{MemberInfo, Ty, TyData};
use oal_syntax::ast::{Arm, Entry, EntryValue, ExprId, ExprKind, List, PatternKind, StepKind};
use oal_syntax::{Span, key};

/// What a path has led to so far, as far as it tells where keys are written.
enum Along {
    /// A component.
    Owner(Owner),
    /// A field or definition, or a part of one.
    Keys(KeyPath),
    /// Anything else.
    Other,
}

impl Walk<'_, '_> {
    /// The names of a value. `root` says of which field or definition it is the value, where it is one.
    pub(super) fn value(&mut self, id: ExprId, root: Option<Root>) {
        self.expr(id, root.map(KeyPath::new).as_ref());
    }

    /// The names of a value of a part of a field or definition.
    pub(super) fn value_below(&mut self, id: ExprId, at: Option<KeyPath>) {
        self.expr(id, at.as_ref());
    }

    fn expr(&mut self, id: ExprId, at: Option<&KeyPath>) {
        let tree = self.tree;
        let expr = tree.expr(id);
        match expr.kind {
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Number
            | ExprKind::Text
            | ExprKind::Piece
            | ExprKind::Error => {}
            ExprKind::Name => {
                self.name(id, expr.span);
            }
            ExprKind::Template(parts) => tree.exprs(parts).iter().for_each(|part| self.expr(*part, None)),
            ExprKind::List(parts) => {
                self.instance_keys(id);
                tree.exprs(parts).iter().for_each(|part| self.expr(*part, None));
            }
            ExprKind::Path { head, first, len } => self.path(head, first as usize, len),
            ExprKind::Call { args, .. } => self.call(id, expr.call_name(), args),
            ExprKind::Object(entries) => self.object(id, entries, at),
            ExprKind::ListFor { element, over } => self.comprehension(over, &[element]),
            ExprKind::MapFor { pair, over } => {
                if let Some((key, value)) = tree.pair(pair) {
                    self.comprehension(over, &[key, value]);
                }
            }
            ExprKind::Chain(links) => tree.links(links).iter().for_each(|link| self.expr(link.operand, at)),
            ExprKind::Not(inner) | ExprKind::Negate(inner) => self.expr(inner, None),
            ExprKind::Paren(inner) => self.expr(inner, at),
            ExprKind::Range { low, high, .. } => {
                self.expr(low, None);
                self.expr(high, None);
            }
            ExprKind::If(branch) => {
                if let Some(branch) = tree.branch(branch) {
                    self.expr(branch.condition, None);
                    self.expr(branch.then, at);
                    self.expr(branch.otherwise, at);
                }
            }
            ExprKind::Match { subject, first, len } => {
                self.expr(subject, None);
                for arm in tree.match_arms(first, len) {
                    let depth = self.locals.len();
                    self.pattern(subject, arm);
                    self.expr(arm.value, at);
                    self.locals.truncate(depth);
                }
            }
        }
    }

    /// The texts of a list that a component is repeated for name its instances.
    fn instance_keys(&mut self, list: ExprId) {
        let mut texts = texts(self.tree, list).peekable();
        if texts.peek().is_some() && self.keys.is_iterated(ExprRef { file: self.file, expr: list }) {
            texts.for_each(|text| self.emit(Symbol::Key(self.place(text)), text, Role::Declares));
        }
    }

    /// An instance of a repeated component, by its key.
    pub(super) fn instance(&mut self, owner: Owner, word: &str, at: Span) {
        if let Owner::Component(def) = owner
            && let Some(place) = self.keys.instance(def, word)
        {
            // An object that no type makes a map is a record.
            let is_member = self.program.types.member_at(place).is_some();
            self.emit(if is_member { Symbol::Member(place) } else { Symbol::Key(place) }, at, Role::Reads);
        }
    }

    fn comprehension(&mut self, over: u32, of: &[ExprId]) {
        let depth = self.locals.len();
        if let Some(head) = self.tree.loop_head(over) {
            self.loop_head(head);
        }
        of.iter().for_each(|part| self.expr(*part, None));
        self.locals.truncate(depth);
    }

    fn pattern(&mut self, subject: ExprId, arm: &Arm) {
        let PatternKind::Variant { name, bindings } = arm.pattern.kind else { return };
        let word = self.text(name);
        match self.type_of(subject).map(|ty| *self.program.types.data(self.program.types.bare(ty))) {
            Some(TyData::Union(number)) => {
                if let Some(place) = self.variant_named(number, word) {
                    self.emit(Symbol::Variant(place), name, Role::Reads);
                }
            }
            Some(TyData::Environment) => {
                let index = self.program.environments.iter().position(|known| &*known.name == word);
                if let Some(index) = index {
                    self.emit(Symbol::Environment(super::small(index)), name, Role::Reads);
                }
            }
            _ => {}
        }
        for binding in self.tree.names(bindings) {
            self.bind(*binding);
        }
    }

    /// The type of an expression.
    fn type_of(&self, expr: ExprId) -> Option<Ty> {
        Some(crate::query::type_at(self.checked, ExprRef { file: self.file, expr })?.0)
    }

    fn bare_data(&self, ty: Option<Ty>) -> TyData {
        ty.map_or(TyData::Unknown, |ty| *self.program.types.data(self.program.types.bare(ty)))
    }

    fn variant_named(&self, union: u32, name: &str) -> Option<Place> {
        let union = self.program.types.union(union)?;
        union.variants.iter().find(|variant| &*variant.name == name).map(|variant| variant.at)
    }

    /// A bare name; says where it leads to.
    fn name(&mut self, id: ExprId, span: Span) -> Along {
        let res = self.program.res(self.file, id);
        let mut along = Along::Other;
        let symbol = match res {
            Res::Def(def) => {
                along = if self.is_component(def) {
                    Along::Owner(Owner::Component(def))
                } else {
                    Along::Keys(KeyPath::new(Root::Def(def)))
                };
                Some(Symbol::Def(def))
            }
            Res::Environment => Some(Symbol::CurrentEnvironment),
            Res::EnvironmentName(index) => u16::try_from(index).ok().map(Symbol::Environment),
            Res::Variant(index) => match self.bare_data(self.type_of(id)) {
                TyData::Union(number) => self.variant(number, index),
                _ => None,
            },
            Res::Local(_) => {
                let name = self.text(span);
                let known = self.locals.iter().rev().find(|place| place.span.text(self.source) == name);
                known.map(|place| Symbol::Local(*place))
            }
            Res::Field(slot) => self.kind_around().and_then(|kind| {
                along = Along::Keys(KeyPath::new(Root::Field(Owner::Kind(kind), u16::try_from(slot).ok()?)));
                self.field(kind, slot)
            }),
            Res::Nested(index) => self.kind_around().and_then(|kind| {
                let symbol = self.nested(kind, index)?;
                if let Symbol::Nested(kind, index) = symbol {
                    along = Along::Owner(Owner::Nested(kind, index));
                }
                Some(symbol)
            }),
            Res::Port => {
                let endpoint = matches!(self.bare_data(self.type_of(id)), TyData::Endpoint);
                let owner = match self.owner {
                    Owner::Nested(kind, _) if endpoint => Owner::Kind(kind),
                    owner => owner,
                };
                Some(self.port(owner, self.text(span), span))
            }
            Res::None | Res::Output(_) | Res::Function(_) | Res::Member | Res::Namespace => None,
        };
        if let Some(symbol) = symbol {
            self.emit(symbol, span, Role::Reads);
        }
        along
    }

    fn variant(&self, union: u32, index: u32) -> Option<Symbol> {
        let union = self.program.types.union(union)?;
        union.variants.get(index as usize).map(|variant| Symbol::Variant(variant.at))
    }

    /// The kind whose fields bare names mean.
    fn kind_around(&self) -> Option<KindId> {
        match self.owner {
            Owner::Kind(kind) | Owner::Nested(kind, _) => Some(kind),
            _ => None,
        }
    }

    /// The port of a component by its name; where nothing writes it, the name stands for itself.
    pub(super) fn port(&mut self, owner: Owner, name: &str, at: Span) -> Symbol {
        Symbol::Port(self.keys.port(owner, &key::text(name)).unwrap_or_else(|| self.place(at)))
    }

    fn path(&mut self, head: ExprId, first: usize, len: u16) {
        let tree = self.tree;
        let Ok(start) = u32::try_from(first) else { return };
        let head_span = tree.expr(head).span;
        let mut along = Along::Other;
        let mut ty = self.type_of(head);
        if self.program.res(self.file, head) == Res::Namespace {
            self.namespace(head_span);
        } else if let ExprKind::Name = tree.expr(head).kind {
            along = self.name(head, head_span);
        } else {
            self.expr(head, None);
        }
        for (index, step) in (first..).zip(tree.path_steps(start, len)) {
            along = match step.kind {
                StepKind::Index(inside) => {
                    self.expr(inside, None);
                    self.index_step(along, ty, inside)
                }
                StepKind::Field | StepKind::OptionalField => self.field_step(along, ty, index, step.name()),
            };
            ty = crate::query::step_type(self.checked, self.file, index).map(|(ty, _)| ty);
        }
    }

    fn index_step(&mut self, along: Along, base: Option<Ty>, inside: ExprId) -> Along {
        let node = self.tree.expr(inside);
        match along {
            Along::Keys(keys) if node.kind == ExprKind::Text => {
                let word = key::text(self.text(node.span)).into_owned();
                let keys = keys.then(&word);
                let symbol = match self.bare_data(base) {
                    TyData::Record(number) => self.member_of(number, &word).map(Symbol::Member),
                    _ => self.keys.symbol(&keys),
                };
                if let Some(symbol) = symbol {
                    self.emit_part(symbol, node.span, Role::Reads, Some(&keys));
                }
                Along::Keys(keys)
            }
            // One of several components has the fields of all.
            Along::Owner(owner) => {
                if node.kind == ExprKind::Text {
                    let word = key::text(self.text(node.span)).into_owned();
                    self.instance(owner, &word, node.span);
                }
                Along::Owner(owner)
            }
            _ => Along::Other,
        }
    }

    fn field_step(&mut self, along: Along, base: Option<Ty>, index: usize, name: Span) -> Along {
        let kind = match self.bare_data(base) {
            TyData::Kind(kind) => Some(kind),
            _ => None,
        };
        let mut next = Along::Other;
        let symbol = match self.program.step_res(self.file, index) {
            Res::Def(def) => {
                next = if self.is_component(def) {
                    Along::Owner(Owner::Component(def))
                } else {
                    Along::Keys(KeyPath::new(Root::Def(def)))
                };
                Some(Symbol::Def(def))
            }
            Res::Field(slot) => kind.and_then(|kind| {
                if let (Along::Owner(owner), Ok(slot)) = (&along, u16::try_from(slot)) {
                    next = Along::Keys(KeyPath::new(Root::Field(*owner, slot)));
                }
                self.field(kind, slot)
            }),
            Res::Output(output) => kind.and_then(|kind| self.output(kind, output)),
            Res::Nested(nested) => kind.and_then(|kind| {
                let symbol = self.nested(kind, nested)?;
                if let Symbol::Nested(kind, nested) = symbol {
                    next = Along::Owner(Owner::Nested(kind, nested));
                }
                Some(symbol)
            }),
            Res::Port => {
                let word = self.text(name);
                Some(match along {
                    Along::Owner(owner) => self.port(owner, word, name),
                    _ => Symbol::Port(self.place(name)),
                })
            }
            Res::Member => {
                let word = self.text(name);
                let keys = match along {
                    Along::Keys(keys) => Some(keys.then(word)),
                    _ => None,
                };
                let member = match self.bare_data(base) {
                    TyData::Record(number) => self.member_of(number, word).map(Symbol::Member),
                    _ => keys.as_ref().and_then(|keys| self.keys.symbol(keys)),
                };
                if let Some(keys) = keys {
                    next = Along::Keys(keys);
                }
                Some(member.unwrap_or_else(|| Symbol::Key(self.place(name))))
            }
            _ => None,
        };
        if let Some(symbol) = symbol {
            let part = match &next {
                Along::Keys(keys) => Some(keys),
                _ => None,
            };
            self.emit_part(symbol, name, Role::Reads, part);
        }
        next
    }

    fn member_of(&self, record: u32, name: &str) -> Option<Place> {
        find_member(&self.program.types.record(record)?.fields, name)
    }

    fn call(&mut self, id: ExprId, name: Span, args: List<Entry>) {
        let fields = match self.program.res(self.file, id) {
            Res::Variant(index) => {
                let data = self.bare_data(self.type_of(id));
                let TyData::Union(number) = data else { return self.arguments(args, &mut |_, _| None) };
                if let Some(symbol) = self.variant(number, index) {
                    self.emit(symbol, name, Role::Reads);
                }
                self.program.types.union(number).and_then(|union| union.variants.get(index as usize).cloned())
            }
            Res::Function(index) => {
                let Ok(function) = u16::try_from(index) else { return };
                self.emit(Symbol::Function(function), name, Role::Reads);
                return self.arguments(args, &mut |_, word| {
                    let params = crate::builtins::get(index)?.params;
                    let param = params.iter().position(|param| param.name == word)?;
                    Some(Symbol::Parameter(function, super::small(param)))
                });
            }
            _ => None,
        };
        self.arguments(args, &mut |_, word| find_member(&fields.as_ref()?.fields, word).map(Symbol::Member));
    }

    fn arguments(&mut self, args: List<Entry>, named: &mut dyn FnMut(&Self, &str) -> Option<Symbol>) {
        for entry in self.tree.entries(args) {
            if let Some(symbol) = named(self, self.text(entry.key)) {
                self.emit(symbol, entry.key, Role::Writes);
            }
            if let EntryValue::Set(value) = entry.value {
                self.expr(value, None);
            }
        }
    }

    fn object(&mut self, id: ExprId, entries: List<Entry>, at: Option<&KeyPath>) {
        let ty = self.type_of(id);
        self.entries(entries, ty, at);
    }

    /// The fields of `app`.
    pub(super) fn app_body(&mut self, body: oal_syntax::ast::Body) {
        for entry in self.tree.entries(body.entries) {
            if let EntryValue::Allow(index) = entry.value
                && let Some(allow) = self.tree.allows.get(index as usize)
            {
                self.allow(*allow);
            }
        }
        self.entries(body.entries, self.program.app_type, None);
    }

    /// The entries of an object of a type.
    fn entries(&mut self, entries: List<Entry>, ty: Option<Ty>, at: Option<&KeyPath>) {
        let data = self.bare_data(ty);
        for entry in self.tree.entries(entries) {
            let word = key::text(self.text(entry.key)).into_owned();
            let path = at.map(|at| at.then(&word));
            let symbol = match data {
                _ if entry.key.is_empty() => None,
                TyData::Record(number) => self.member_of(number, &word).map(Symbol::Member),
                TyData::Map(key, _) => Some(self.key_symbol(key, &word, path.as_ref(), entry.key)),
                _ => None,
            };
            if let Some(symbol) = symbol {
                let declares = matches!(symbol, Symbol::Key(place) | Symbol::Port(place) | Symbol::Member(place)
                    if place == self.place(entry.key));
                self.emit_part(symbol, entry.key, if declares { Role::Declares } else { Role::Writes }, path.as_ref());
            }
            if let EntryValue::Set(value) = entry.value {
                self.expr(value, path.as_ref());
            }
        }
    }

    /// What the key of a map means: a variant or a port where the type says so, else itself.
    pub(super) fn key_symbol(&mut self, ty: Ty, word: &str, path: Option<&KeyPath>, at: Span) -> Symbol {
        match *self.program.types.data(self.program.types.bare(ty)) {
            TyData::Union(number) => {
                if let Some(place) = self.variant_named(number, word) {
                    return Symbol::Variant(place);
                }
            }
            TyData::PortName => {
                let owner = path.and_then(KeyPath::owner).unwrap_or(self.owner);
                return self.port(owner, word, at);
            }
            _ => {}
        }
        path.and_then(|path| self.keys.symbol(path)).unwrap_or_else(|| Symbol::Key(self.place(at)))
    }
}

/// Where a field of a record or variant is declared.
fn find_member(fields: &[MemberInfo], name: &str) -> Option<Place> {
    fields.iter().find(|field| &*field.name == name).map(|field| field.at)
}
