//! Values that are known only after deployment, or secret: where they may stand, and what can be made of them.

use super::exprs::{Code, prec};
use super::model::Ty;
use super::{Later, Maker, Place};
use oal_check::types::Level;

impl Maker<'_> {
    /// An expression for a place that takes values up to a level.
    pub(super) fn leveled(&mut self, level: Level, ty: &Ty, at: Place) -> Option<Code> {
        let bare = match ty {
            Ty::Optional(_) if self.c.once_in(4) => return Some(Code::atom("null")),
            Ty::Optional(inner) => inner,
            other => other,
        };
        if !bare.is_pure() {
            return None;
        }
        if self.fuel == 0 || at.depth > 4 || self.c.once_in(3) {
            let vals = self.values(bare, at);
            return Some(self.told(&vals, bare, at));
        }
        self.fuel -= 1;
        let source = self.source(level, bare, at);
        if source.is_some() && self.c.once_in(2) || bare != &Ty::String {
            return match source {
                Some(code) => Some(code),
                None => {
                    let vals = self.values(bare, at);
                    Some(self.told(&vals, bare, at))
                }
            };
        }
        match self.c.below(4) {
            0 => {
                let (a, b) = (self.leveled(level, bare, at.deeper())?, self.leveled(level, bare, at.deeper())?);
                Some(Code::new(prec::POSTFIX, format!("join([{}, {}], \"-\")", a.text, b.text)))
            }
            1 if at.mask.count_ones() > 1 => {
                let env = at.mask.trailing_zeros();
                let a = self.leveled(level, bare, at.deeper().within(1 << env))?;
                let b = self.leveled(level, bare, at.deeper().within(at.mask & !(1 << env)))?;
                let name = self.envs[env as usize].clone();
                Some(Code::new(prec::IF, format!("if environment == {name} then {} else {}", a.text, b.text)))
            }
            _ => {
                let place = Place { hole: true, ..at.deeper() };
                let hole = self.leveled(level, bare, place)?;
                let (before, after) = (self.c.of(&["", "https://", "Bearer ", "$"]), self.c.of(&["", "/x", " "]));
                Some(Code::atom(format!("\"{before}${{{}}}{after}\"", hole.text)))
            }
        }
    }

    /// A name whose value is known later and fits.
    fn source(&mut self, level: Level, ty: &Ty, at: Place) -> Option<Code> {
        let fitting: Vec<Later> = self
            .later
            .iter()
            .filter(|later| {
                later.level <= level
                    && self.is_visible(later.file, at)
                    && later.mask & at.mask == at.mask
                    && (later.ty == *ty || ty == &Ty::String && matches!(later.ty, Ty::Text(_)))
            })
            .cloned()
            .collect();
        if fitting.is_empty() {
            return None;
        }
        let later = fitting[self.c.below(fitting.len())].clone();
        let root = self.refer(later.file, &later.root, at);
        let code = if later.rest.is_empty() { prec::ATOM } else { prec::POSTFIX };
        Some(Code::new(code, format!("{root}{}", later.rest)))
    }

    /// A random value of any type: also of those whose values name components. `None` where there is none.
    pub(super) fn any(&mut self, ty: &Ty, at: Place) -> Option<Code> {
        if ty.is_pure() && !has_level(ty) {
            let vals = self.values(ty, at);
            return Some(self.told(&vals, ty, at));
        }
        match ty {
            Ty::Leveled(level, inner) => self.leveled(*level, inner, at),
            Ty::Refined(inner, _) => self.any(inner, at),
            Ty::Optional(inner) => match self.c.below(4) {
                0 => Some(Code::atom("null")),
                _ => self.any(inner, at),
            },
            Ty::List(inner) => {
                let mut items = Vec::new();
                for _ in 0..self.c.below(3) {
                    items.extend(self.any(inner, at.deeper()).map(|code| code.text));
                }
                Some(Code::atom(format!("[{}]", items.join(", "))))
            }
            Ty::Map(key, inner) => {
                let count = self.c.below(3);
                let mut entries = Vec::new();
                for key in self.keys(key, count) {
                    if let Some(value) = self.any(inner, at.deeper()) {
                        entries.push(format!("{}: {}", self.key(&key), value.text));
                    }
                }
                Some(Code::atom(super::literals::braces(&entries)))
            }
            Ty::Record(record) => {
                let entries = self.any_members(&record.fields.clone(), at)?;
                let all: Vec<String> = entries.into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
                Some(Code::atom(super::literals::braces(&all)))
            }
            Ty::Union(union) => {
                let first = self.c.below(union.variants.len());
                (0..union.variants.len()).find_map(|off| {
                    let (name, fields) = &union.variants[(first + off) % union.variants.len()];
                    if fields.is_empty() {
                        return Some(Code::atom(name.clone()));
                    }
                    let entries = self.any_members(fields, at)?;
                    Some(self.variant(name, fields, entries))
                })
            }
            Ty::Kind(kind) => self.some_component(kind, at),
            _ => None,
        }
    }

    fn any_members(&mut self, fields: &[super::model::Member], at: Place) -> Option<Vec<(String, String)>> {
        let mut entries = Vec::new();
        for field in fields {
            let required = field.default == super::model::Default::Required;
            if !required && self.c.once_in(2) {
                continue;
            }
            match self.any(&field.ty, at.deeper()) {
                Some(code) => entries.push((field.name.clone(), code.text)),
                None if required => return None,
                None => {}
            }
        }
        Some(entries)
    }

    /// A component of a kind that is there wherever the place is.
    pub(super) fn some_component(&mut self, kind: &str, at: Place) -> Option<Code> {
        let at_random = self.component_where(at, |component| {
            component.bases.iter().any(|base| base == kind)
                // What waits would otherwise wait for ever, or for what cannot be waited for.
                && (component.on_release || !component.bases.iter().any(|base| base == "job"))
        })?;
        let component = self.components[at_random].clone();
        let root = self.refer(component.file, &component.root, at);
        Some(Code::new(prec::POSTFIX, format!("{root}{}", component.rest)))
    }

    pub(super) fn component_where(&mut self, at: Place, fits: impl Fn(&super::Component) -> bool) -> Option<usize> {
        let fitting: Vec<usize> = (0..self.components.len())
            .filter(|index| {
                let component = &self.components[*index];
                self.is_visible(component.file, at) && component.mask & at.mask == at.mask && fits(component)
            })
            .collect();
        (!fitting.is_empty()).then(|| fitting[self.c.below(fitting.len())])
    }

    /// `let name = …` of something that is known later.
    pub(super) fn declare_later_let(&mut self) {
        let file = self.some_file();
        let at = self.top(file);
        let level = if self.c.once_in(2) { Level::Secret } else { Level::Deploy };
        self.fuel = 12;
        let Some(code) = self.leveled(level, &Ty::String, at) else { return };
        let name = self.fresh(&["header", "address", "line"]);
        self.declare(file, format!("let {name} = {}\n", code.text));
        // It may be known by now, which is as well.
        self.later.push(Later {
            file,
            root: name,
            rest: String::new(),
            level,
            ty: Ty::String,
            mask: self.everywhere(),
        });
    }
}

/// Whether a value of the type may be known only later.
fn has_level(ty: &Ty) -> bool {
    match ty {
        Ty::Leveled(level, _) => *level > Level::Const,
        Ty::List(inner) | Ty::Optional(inner) | Ty::Refined(inner, _) | Ty::Map(_, inner) => has_level(inner),
        Ty::Record(record) => record.fields.iter().any(|field| has_level(&field.ty)),
        Ty::Union(union) => union.variants.iter().any(|(_, fields)| fields.iter().any(|field| has_level(&field.ty))),
        _ => false,
    }
}
