//! Comprehensions: what they go over, the names they bind, and what comes out.

use crate::checker::{Checker, Local, Typed};
use crate::diagnostic::{Fix, codes};
use crate::infer::levels::Place;
use crate::types::{Level, Ty, TyData};
use oal_syntax::Span;
use oal_syntax::ast::ExprId;

impl Checker<'_> {
    pub(crate) fn list_for(&mut self, element: ExprId, over: u32, want: Option<Ty>) -> Typed {
        let wanted = want.map(|want| self.program.types.bare(want));
        let inner = wanted.and_then(|wanted| match *self.program.types.data(wanted) {
            TyData::List(element) => Some(element),
            _ => None,
        });
        let depth = self.locals.len();
        let level = self.enter_loop(over);
        let typed = match inner {
            Some(inner) => {
                let (bare, allowed) = self.program.types.split_level(inner);
                let typed = self.infer(element, Some(bare));
                self.fit(element, Typed { level: Level::Const, ..typed }, bare, Level::Const);
                Typed { ty: inner, level: if typed.level > allowed { typed.level } else { Level::Const } }
            }
            None => self.infer(element, None),
        };
        self.locals.truncate(depth);
        self.fallible = true;
        Typed { ty: self.program.types.intern(TyData::List(typed.ty)), level: typed.level.max(level) }
    }

    pub(crate) fn map_for(&mut self, pair: u32, over: u32, want: Option<Ty>) -> Typed {
        let Some((key, value)) = self.at.tree.pair(pair) else { return Typed::UNKNOWN };
        let wanted = want.map(|want| self.program.types.bare(want));
        let inner = wanted.and_then(|wanted| match *self.program.types.data(wanted) {
            TyData::Map(key, value) => Some((key, value)),
            _ => None,
        });
        let depth = self.locals.len();
        let level = self.enter_loop(over);
        let keyed = self.infer(key, Some(inner.map_or(Ty::STRING, |(key, _)| key)));
        self.refuse_level(key, keyed.level, Level::Const, Place::Key);
        let bare = self.program.types.bare(keyed.ty);
        let is_key = matches!(
            self.program.types.data(bare),
            TyData::String
                | TyData::Text(_)
                | TyData::Union(_)
                | TyData::Environment
                | TyData::PortName
                | TyData::Unknown
        );
        if !is_key {
            let shown = self.show(keyed.ty);
            let span = self.at.tree.expr(key).span;
            let text = self.text(span);
            self.push(
                self.finding(&codes::NUMBER_FOR_TEXT, span, format!("the key of a map is text, not {shown}"))
                    .label(format!("this is {shown}"))
                    .help("put it inside a text")
                    .fix(Fix::sure(format!("write `\"${{{text}}}\"`"), self.at.file, span, format!("\"${{{text}}}\""))),
            );
        }
        let typed = match inner {
            Some((_, inner)) => {
                let (bare, allowed) = self.program.types.split_level(inner);
                let typed = self.infer(value, Some(bare));
                self.fit(value, Typed { level: Level::Const, ..typed }, bare, Level::Const);
                Typed { ty: inner, level: if typed.level > allowed { typed.level } else { Level::Const } }
            }
            None => self.infer(value, None),
        };
        self.locals.truncate(depth);
        self.fallible = true;
        let key = inner.map_or(Ty::STRING, |(key, _)| key);
        Typed { ty: self.program.types.intern(TyData::Map(key, typed.ty)), level: typed.level.max(level) }
    }

    /// Checks what a comprehension goes over and brings its names into scope.
    fn enter_loop(&mut self, over: u32) -> Level {
        let Some(head) = self.at.tree.loop_head(over).copied() else { return Level::Const };
        let typed = self.infer(head.iterable, None);
        let (first, second) = self.element_types(head.iterable, typed.ty, !head.second.is_empty());
        self.bind_loop(head.first, head.second, first, second, typed.level);
        let mut level = Level::Const;
        if typed.level > Level::Const
            && !matches!(
                self.program.types.data(self.program.types.bare(typed.ty)),
                TyData::List(_) | TyData::Map(..) | TyData::Record(_)
            )
        {
            level = typed.level;
        }
        if let Some(filter) = head.filter {
            let condition = self.infer(filter, Some(Ty::BOOL));
            self.expect_condition(filter, condition, false);
        }
        level
    }

    /// What the names of a loop stand for.
    pub(crate) fn element_types(&mut self, iterable: ExprId, ty: Ty, two: bool) -> (Ty, Ty) {
        let bare = self.program.types.bare(ty);
        let (index, element) = match *self.program.types.data(bare) {
            TyData::List(element) => (Ty::INT, element),
            TyData::Range => (Ty::INT, Ty::INT),
            TyData::Map(key, value) => (key, value),
            TyData::Record(number) => {
                let members: Vec<Ty> = self
                    .program
                    .types
                    .record(number)
                    .map(|record| record.fields.iter().map(|field| field.ty).collect())
                    .unwrap_or_default();
                let mut common = Ty::UNKNOWN;
                for member in members {
                    common = self.common(common, member).unwrap_or(Ty::UNKNOWN);
                }
                (Ty::STRING, common)
            }
            TyData::Unknown => (Ty::UNKNOWN, Ty::UNKNOWN),
            _ => {
                let shown = self.show(ty);
                let span = self.at.tree.expr(iterable).span;
                let mut diagnostic = self
                    .finding(&codes::NOT_ITERABLE, span, format!("{shown} has no elements to go over"))
                    .label(format!("this is {shown}"));
                diagnostic = if bare == Ty::INT {
                    diagnostic.help(format!("to count, go over a range: `0..{}`", self.text(span)))
                } else {
                    diagnostic.help("go over a list, a map or a range")
                };
                self.push(diagnostic);
                (Ty::UNKNOWN, Ty::UNKNOWN)
            }
        };
        if self.program.types.split_optional(ty).1 {
            let span = self.at.tree.expr(iterable).span;
            self.push(
                self.finding(&codes::NULL_NOT_HANDLED, span, "this may be null, and null has no elements")
                    .label("may be null")
                    .help("say what to go over instead: `… ?? []`"),
            );
        }
        if two { (index, element) } else { (element, Ty::UNKNOWN) }
    }

    /// Brings a loop's names into scope.
    pub(crate) fn bind_loop(&mut self, first: Span, second: Span, first_ty: Ty, second_ty: Ty, level: Level) {
        for (span, ty) in [(first, first_ty), (second, second_ty)] {
            if span.is_empty() {
                continue;
            }
            let (ty, own) = self.program.types.split_level(ty);
            let name = self.text(span);
            if name != "_" && first != span && self.text(first) == name {
                self.push(
                    self.finding(&codes::DUPLICATE_BINDING, span, format!("`{name}` is bound twice"))
                        .label("again here")
                        .secondary(self.at.file, first, "first here")
                        .help("give the second one another name"),
                );
            }
            self.locals.push(Local { name, ty, level: level.max(own) });
        }
    }
}
