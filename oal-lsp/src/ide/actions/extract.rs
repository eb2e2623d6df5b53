//! A value that gets a name: as a `let`, as a `param`; a component whose fields become a kind.

use super::{Action, ActionKind, Ground};
use oal_check::program::{EnvSet, Res, Target};
use oal_check::query;
use oal_check::types::{Level, Ty, TyData};
use oal_syntax::Span;
use oal_syntax::ast::{EntryValue, ExprId, ExprKind, Guard, ItemKind, Op, StepKind};
use oal_syntax::visit::{self, Node};

impl Ground<'_> {
    pub(super) fn extract(&self, found: &mut Vec<Action>) {
        if let Some(expr) = self.selected() {
            found.extend(self.extract_let(expr));
            found.extend(self.extract_param(expr));
        }
        found.extend(self.extract_kind());
    }

    fn extracted(&self, word: &str, name: &str, declaration: &str, expr: ExprId) -> Option<Action> {
        let span = self.tree.expr(expr).span;
        let at = self.start_of_item(span.start)?;
        let end = self.line_end();
        Some(Action {
            title: format!("Extract to {word} `{name}`"),
            kind: ActionKind::Extract,
            edits: vec![self.edit(Span::empty(at), format!("{declaration}{end}{end}")), self.edit(span, name)],
            findings: Vec::new(),
            preferred: false,
        })
    }

    /// Whether a place takes any value of its type: not the path of `use`, the message of an `assert`, a whole `let`.
    fn is_free(&self, expr: ExprId) -> bool {
        let node = self.tree.expr(expr);
        if matches!(node.kind, ExprKind::Error | ExprKind::Piece | ExprKind::Null | ExprKind::Name) {
            return false;
        }
        let item = self.path.iter().rev().find_map(|node| match node {
            Node::Item(id) => Some(self.tree.item(*id)),
            _ => None,
        });
        let whole = match item.map(|item| item.kind) {
            Some(ItemKind::Let { value, .. }) => value == expr,
            Some(ItemKind::Param { default, .. }) => default == Some(expr),
            Some(ItemKind::Assert { message, .. }) => self.tree.expr(message).span.contains(node.span),
            _ => false,
        };
        // A pattern's literal is no value.
        let pattern = self.path.iter().any(|node| match node {
            Node::Arm(at) => {
                self.tree.arms.get(*at as usize).is_some_and(|arm| arm.pattern.span.contains(self.tree.expr(expr).span))
            }
            _ => false,
        });
        !whole && !pattern && !self.holds_ports_or_keys(expr)
    }

    /// What the checker reads from the text of a body itself has to stand there: the names of ports.
    fn holds_ports_or_keys(&self, expr: ExprId) -> bool {
        matches!(self.tree.expr(expr).kind, ExprKind::Object(_)) && self.key_around(expr).as_deref() == Some("ports")
    }

    fn extract_let(&self, expr: ExprId) -> Option<Action> {
        if !self.is_free(expr) {
            return None;
        }
        let names = self.names_in(expr);
        let inner =
            names.iter().any(|(res, _)| matches!(res, Res::Local(_) | Res::Field(_) | Res::Nested(_) | Res::Port));
        let every = EnvSet::first(self.program.environments.len());
        if inner || self.makes_own(expr) || !self.is_there(&names, every) || self.is_guarded(expr) {
            return None;
        }
        let (own, level) = query::type_at(self.checked, self.at(expr))?;
        let types = &self.program.types;
        if matches!(
            types.data(types.bare(own)),
            TyData::Unknown | TyData::Endpoint | TyData::PortName | TyData::Kind(_)
        ) {
            return None;
        }
        let expected = query::expected_at(self.checked, self.at(expr)).map(|(ty, _)| ty);
        let variants = names.iter().any(|(res, _)| matches!(res, Res::Variant(_) | Res::EnvironmentName(_)));
        let told = expected.filter(|want| variants || self.depends_on_place(expr, *want));
        if (variants && told.is_none()) || (told.is_some() && level != Level::Const) {
            return None;
        }
        let annotation = match told {
            Some(want) => format!(": {}", self.written(want)?),
            None => String::new(),
        };
        let name = self.new_name(&self.key_around(expr).unwrap_or_else(|| "value".to_owned()));
        let value = self.text(self.tree.expr(expr).span);
        // The lines of a text and of what is in brackets move as they are; what hangs in the middle of a line does not read well alone.
        self.extracted("let", &name, &format!("let {name}{annotation} = {value}"), expr)
    }

    /// Whether an expression means something else where nothing is known of its place: numbers that stand for cores or decimals,
    /// objects, lists and calls.
    fn depends_on_place(&self, expr: ExprId, want: Ty) -> bool {
        let types = &self.program.types;
        match self.tree.expr(expr).kind {
            ExprKind::Number | ExprKind::Chain(_) | ExprKind::Negate(_) | ExprKind::If(_) | ExprKind::Match { .. } => {
                matches!(types.data(types.bare(want)), TyData::Cpu | TyData::Float)
            }
            ExprKind::List(_)
            | ExprKind::Object(_)
            | ExprKind::ListFor { .. }
            | ExprKind::MapFor { .. }
            | ExprKind::Call { .. } => true,
            _ => false,
        }
    }

    /// Whether an expression that can fail is computed only under a condition.
    fn is_guarded(&self, expr: ExprId) -> bool {
        let span = self.tree.expr(expr).span;
        let first = |id: ExprId| self.tree.expr(id).span.contains(span);
        let under = self.path.iter().any(|node| match node {
            Node::Expr(id) if *id != expr && first(*id) => match self.tree.expr(*id).kind {
                ExprKind::If(at) => self.tree.branch(at).is_some_and(|branch| !first(branch.condition)),
                ExprKind::Match { subject, .. } => !first(subject),
                ExprKind::Chain(links) => {
                    let links = self.tree.links(links);
                    let lazy = links.iter().any(|link| matches!(link.op, Op::And | Op::Or | Op::Coalesce));
                    lazy && !links.first().is_some_and(|link| first(link.operand))
                }
                ExprKind::ListFor { .. } | ExprKind::MapFor { .. } => true,
                _ => false,
            },
            _ => false,
        });
        let mut can_fail = false;
        visit::walk(self.tree, Node::Expr(expr), &mut |node| {
            can_fail |= match node {
                Node::Expr(id) => matches!(
                    self.tree.expr(id).kind,
                    ExprKind::Chain(_) | ExprKind::Call { .. } | ExprKind::Negate(_) | ExprKind::MapFor { .. }
                ),
                Node::Step(at) => {
                    self.tree.steps.get(at as usize).is_some_and(|step| matches!(step.kind, StepKind::Index(_)))
                }
                _ => false,
            };
            !can_fail
        });
        under && can_fail
    }

    /// Whether it stands where the text makes a component or names of things: a loop's list names instances.
    fn makes_own(&self, expr: ExprId) -> bool {
        let span = self.tree.expr(expr).span;
        self.path.iter().any(|node| match node {
            Node::Loop(at) => {
                self.tree.loop_head(*at).is_some_and(|head| self.tree.expr(head.iterable).span.contains(span))
            }
            _ => false,
        })
    }

    /// A type as a program can write it.
    fn written(&self, ty: Ty) -> Option<String> {
        let types = &self.program.types;
        let (inner, level) = types.split_level(ty);
        if level != Level::Const {
            return None;
        }
        if !self.can_be_written(inner) {
            return None;
        }
        Some(self.program.show_type(inner))
    }

    fn can_be_written(&self, ty: Ty) -> bool {
        let types = &self.program.types;
        // The name must mean this very type here.
        let declared = |name: Option<&str>| {
            name.is_some_and(|name| match self.program.named(self.file, name) {
                Some(id) => {
                    let own = self.program.def_types.get(&id).copied();
                    let kind = matches!(types.data(ty), TyData::Kind(_));
                    kind || own.is_some_and(|own| types.bare(own) == types.bare(ty))
                }
                None => oal_check::std::names().any(|known| known == name),
            })
        };
        match *types.data(ty) {
            TyData::Unknown
            | TyData::Null
            | TyData::Environment
            | TyData::Range
            | TyData::PortName
            | TyData::Endpoint
            | TyData::Leveled(..) => false,
            TyData::List(inner) | TyData::Optional(inner) | TyData::Refined(inner, _) => self.can_be_written(inner),
            TyData::Map(key, value) => self.can_be_written(key) && self.can_be_written(value),
            TyData::Record(at) => declared(types.record(at).and_then(|record| record.name.as_deref())),
            TyData::Union(at) => declared(types.union(at).and_then(|union| union.name.as_deref())),
            TyData::Kind(kind) => declared(self.program.kind(kind).map(|kind| &*kind.name)),
            _ => true,
        }
    }

    /// A literal whose value somebody may want to set from outside.
    fn extract_param(&self, expr: ExprId) -> Option<Action> {
        let literal = matches!(
            self.tree.expr(expr).kind,
            ExprKind::Number | ExprKind::Text | ExprKind::Bool(_) | ExprKind::Negate(_)
        );
        if !literal || !self.is_free(expr) || self.makes_own(expr) {
            return None;
        }
        let own = query::type_at(self.checked, self.at(expr))?.0;
        let expected = query::expected_at(self.checked, self.at(expr)).map_or(own, |(ty, _)| ty);
        let types = &self.program.types;
        let inner = types.split_optional(types.split_level(expected).0).0;
        let (is, wants) = (*types.data(types.bare(own)), *types.data(types.bare(inner)));
        let value = oal_syntax::literal::text(self.text(self.tree.expr(expr).span));
        let takes = match (is, wants) {
            (TyData::Int, TyData::Cpu | TyData::Float | TyData::Port) => true,
            // A star stands for any label in a route's host, and only there.
            (TyData::String | TyData::Text(_), TyData::Text(text)) => {
                oal_check::text::check(text, &value).is_ok() && !value.contains('*')
            }
            _ => is == wants,
        };
        let own = if matches!(is, TyData::Text(_)) { Ty::STRING } else { own };
        let ty = self.written(types.split_level(if takes { inner } else { own }).0)?;
        let name = self.new_name(&self.key_around(expr).unwrap_or_else(|| "value".to_owned()));
        let value = self.text(self.tree.expr(expr).span);
        self.extracted("param", &name, &format!("param {name}: {ty} = {value}"), expr)
    }

    /// The fields of a component as the presets of a kind of its own, for more components like it.
    fn extract_kind(&self) -> Option<Action> {
        let Some(Node::Item(id)) = self.path.first() else { return None };
        let item = self.tree.item(*id);
        let ItemKind::Component { of, guard, body } = item.kind else { return None };
        let head = Span::new(item.span.start, body.open);
        if !head.contains(self.range) || item.name.is_empty() || !item.allows.is_empty() {
            return None;
        }
        let own = self.program.named(self.file, self.text(item.name))?;
        // What environments say of it they say of its own values.
        let kind = self.program.def(own).and_then(|def| def.of).and_then(|kind| self.program.kind(kind));
        if kind.is_none_or(|kind| kind.garbled || kind.incomplete) {
            return None;
        }
        let concerns = |target: &Target| matches!(target, Target::Field { component, .. } if *component == own);
        if self.program.overrides.iter().any(|change| concerns(&change.target)) {
            return None;
        }
        let entries = self.tree.entries(body.entries);
        for entry in entries {
            let EntryValue::Set(value) = entry.value else { return None };
            // A kind sees neither a loop's variable nor this component.
            let inner = self.names_in(value).iter().any(|(res, _)| match res {
                Res::Local(_) => matches!(guard, Guard::For(_)),
                Res::Def(def) => *def == own,
                _ => false,
            });
            if inner {
                return None;
            }
        }
        if entries.is_empty() || self.text(of) == "secret" {
            return None;
        }
        let name = self.new_name(&format!("{}_kind", self.text(item.name)));
        let at = self.start_of_item(item.span.start)?;
        let (kind, inside) = (self.text(of), self.text(Span::new(body.open, item.span.end)));
        let end = self.line_end();
        Some(Action {
            title: format!("Extract to kind `{name}`"),
            kind: ActionKind::Extract,
            edits: vec![
                self.edit(Span::empty(at), format!("kind {name} extends {kind} {inside}{end}{end}")),
                self.edit(of, name),
                self.edit(Span::new(body.open, item.span.end), "{}"),
            ],
            findings: Vec::new(),
            preferred: false,
        })
    }
}
