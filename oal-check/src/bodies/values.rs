//! Params and lets: the type of each, worked out when first asked for.

use crate::checker::{Checker, Sink};
use crate::diagnostic::codes;
use crate::program::DefId;
use crate::types::{Level, Ty, TyData};
use oal_syntax::Span;
use oal_syntax::ast::{ExprId, ExprKind, ItemKind};

impl Checker<'_> {
    /// The type of a param or a let, worked out when first asked for.
    pub(crate) fn def_value_type(&mut self, def: DefId, asked: Span) -> (Ty, Level) {
        if let Some(ty) = self.program.def_types.get(&def) {
            return self.program.types.split_level(*ty);
        }
        let Some(info) = self.program.def(def).copied() else { return (Ty::UNKNOWN, Level::Const) };
        if self.pending.contains(&def) {
            let name = self.program.def_name(def).to_owned();
            let start = self.pending.iter().position(|d| *d == def).unwrap_or(0);
            let mut way: Vec<String> =
                self.pending.iter().skip(start).map(|d| self.program.def_name(*d).to_owned()).collect();
            way.push(name.clone());
            self.push(
                self.finding(&codes::VALUE_CYCLE, asked, format!("`{name}` depends on itself"))
                    .label("the circle closes here")
                    .secondary(info.item.file, info.name, "declared here")
                    .note(format!("the circle: `{}`", way.join("` → `")))
                    .help("write one of these values out"),
            );
            return (Ty::UNKNOWN, Level::Const);
        }
        if self.pending.len() > crate::order::LONGEST {
            return self.too_long_chain(def, asked);
        }
        let at = self.context(info.item.file);
        let node = *at.tree.item(info.item.item);
        self.pending.push(def);
        let ty = self.within(at, |this| {
            let name = this.text(node.name);
            match node.kind {
                ItemKind::Param { ty, default } => {
                    this.at.sink = Sink { name, what: "param", ..Sink::default() };
                    let at = this.at.tree.ty(ty).span;
                    let ty = this.ty(ty);
                    let (bare, level) = this.program.types.split_level(ty);
                    if level > Level::Const {
                        this.push(
                            this.finding(
                                &codes::SECRET_PARAM,
                                at,
                                format!("param `{name}` cannot be {}", level.name()),
                            )
                            .label("a param is known when the program is checked")
                            .help("for a secret declare a component: `secret name { … }`"),
                        );
                    }
                    if let Some(default) = default {
                        this.check_value(default, bare, None);
                    }
                    bare
                }
                ItemKind::Let { ty, value } => {
                    this.at.sink = Sink { name, what: "let", ..Sink::default() };
                    if let Some(ty) = ty {
                        let ty = this.ty(ty);
                        this.check_value(value, ty, None);
                        ty
                    } else {
                        let typed = this.infer(value, None);
                        this.refuse_unclear(value, typed.ty);
                        if this.fallible {
                            this.oblige(value, Ty::UNKNOWN, None);
                        }
                        this.program.types.leveled(typed.level, typed.ty)
                    }
                }
                _ => Ty::UNKNOWN,
            }
        });
        self.pending.pop();
        self.program.def_types.insert(def, ty);
        self.program.types.split_level(ty)
    }

    /// `let x = []`: a list of nobody knows what.
    fn refuse_unclear(&mut self, value: ExprId, ty: Ty) {
        let node = self.at.tree.expr(value);
        let empty = matches!(node.kind, ExprKind::List(items) if items.is_empty());
        if empty && matches!(self.program.types.data(ty), TyData::List(Ty::UNKNOWN)) {
            let name = self.at.sink.name;
            self.push(
                self.finding(
                    &codes::UNCLEAR_TYPE,
                    node.span,
                    format!("the type of `{name}` cannot be told from an empty list"),
                )
                .label("a list of what?")
                .help(format!("say its type: `let {name}: List<String> = []`")),
            );
        }
    }

    pub(crate) fn too_long_chain(&mut self, def: DefId, asked: Span) -> (Ty, Level) {
        let name = self.program.def_name(def).to_owned();
        self.push(
            self.finding(
                &codes::BUDGET_EXCEEDED,
                asked,
                format!("`{name}` needs too many others, one after the other"),
            )
            .label("the chain is too long to follow")
            .help("say it in fewer steps"),
        );
        (Ty::UNKNOWN, Level::Const)
    }
}
