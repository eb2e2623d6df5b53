//! Whether a type fits a place, and what to say where it does not.

use crate::checker::{Checker, Typed};
use crate::infer::levels::Place;
use crate::types::{Bound, Level, Refinement, Ty, TyData};
use oal_syntax::ast::ExprId;

/// How a type fits a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fits {
    /// Every value of it.
    Always,
    /// Some values of it: to be seen when they are known.
    ByValue,
    /// No value, but null is the only reason.
    ButNull,
    /// No value.
    Never,
}

impl Fits {
    const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Never, _) | (_, Self::Never) => Self::Never,
            (Self::ButNull, _) | (_, Self::ButNull) => Self::ButNull,
            (Self::ByValue, _) | (_, Self::ByValue) => Self::ByValue,
            _ => Self::Always,
        }
    }
}

impl Checker<'_> {
    /// Holds what an expression is against what its place takes.
    pub(crate) fn fit(&mut self, expr: ExprId, typed: Typed, want: Ty, allowed: Level) {
        match if typed.ty == want { Fits::Always } else { self.fits(typed.ty, want) } {
            Fits::Always => {}
            Fits::ByValue => {
                // What only the platform knows cannot be looked at here.
                if typed.level == Level::Const {
                    self.fallible = true;
                }
            }
            Fits::ButNull => self.report_null(expr, typed.ty, want),
            Fits::Never => return self.report_mismatch(expr, typed.ty, want),
        }
        if typed.level > allowed && typed.level > self.element_level(want) {
            self.refuse_level(expr, typed.level, allowed, Place::Field);
        }
    }

    /// The level that all parts of a list, map or record may have.
    fn element_level(&self, want: Ty) -> Level {
        match self.program.types.data(self.program.types.bare(want)) {
            TyData::List(inner) | TyData::Map(_, inner) => {
                let (inner, level) = self.program.types.split_level(*inner);
                level.max(self.element_level(inner))
            }
            _ => Level::Const,
        }
    }

    /// How a type fits a place.
    pub(crate) fn fits(&mut self, got: Ty, want: Ty) -> Fits {
        if got == want || got == Ty::UNKNOWN || want == Ty::UNKNOWN {
            return Fits::Always;
        }
        let types = &self.program.types;
        match (*types.data(got), *types.data(want)) {
            (TyData::Leveled(l, x), TyData::Leveled(m, y)) => {
                if l > m {
                    Fits::Never
                } else {
                    self.fits(x, y)
                }
            }
            (TyData::Leveled(_, x), _) => self.fits(x, want),
            (_, TyData::Leveled(_, y)) => self.fits(got, y),
            (TyData::Null, TyData::Optional(_)) => Fits::Always,
            (TyData::Optional(x), TyData::Optional(y)) => self.fits(x, y),
            (_, TyData::Optional(y)) => self.fits(got, y),
            (TyData::Optional(x), _) => match self.fits(x, want) {
                Fits::Never => Fits::Never,
                _ => Fits::ButNull,
            },
            (TyData::Null, _) => Fits::ButNull,
            (_, TyData::Refined(base, number)) => {
                if self.implies(got, number) {
                    self.fits(got, base)
                } else {
                    self.fits(got, base).and(Fits::ByValue)
                }
            }
            (TyData::Refined(base, _), _) => self.fits(base, want),
            (TyData::Text(_), TyData::String) | (TyData::Port, TyData::Int) => Fits::Always,
            (TyData::String, TyData::Text(_)) | (TyData::Int, TyData::Port) => Fits::ByValue,
            (TyData::List(x), TyData::List(y)) => self.fits(x, y),
            (TyData::Map(k, x), TyData::Map(l, y)) => {
                let keys = self.key_fits(k, l);
                keys.and(self.fits(x, y))
            }
            (TyData::Record(number), TyData::Map(key, value)) => {
                // An object that was written down before its place was known.
                let Some(record) = types.record(number).filter(|r| r.name.is_none()).cloned() else {
                    return Fits::Never;
                };
                let keys = if matches!(types.data(key), TyData::String) { Fits::Always } else { Fits::ByValue };
                record.fields.iter().fold(keys, |fits, field| fits.and(self.fits(field.ty, value)))
            }
            (TyData::Record(a), TyData::Record(b)) => self.record_fits(a, b),
            (TyData::Kind(a), TyData::Kind(b)) => {
                self.complete(a);
                if self.program.extends(a, b) { Fits::Always } else { Fits::Never }
            }
            _ => Fits::Never,
        }
    }

    fn key_fits(&mut self, got: Ty, want: Ty) -> Fits {
        match (self.program.types.data(got), self.program.types.data(want)) {
            (TyData::String, TyData::Union(_) | TyData::PortName | TyData::Environment) => Fits::ByValue,
            (TyData::Union(_) | TyData::PortName | TyData::Environment, TyData::String) => Fits::Always,
            _ => self.fits(got, want),
        }
    }

    fn record_fits(&mut self, got: u32, want: u32) -> Fits {
        let (Some(got), Some(want)) =
            (self.program.types.record(got).cloned(), self.program.types.record(want).cloned())
        else {
            return Fits::Never;
        };
        let known = got.fields.iter().all(|field| want.fields.iter().any(|other| other.name == field.name));
        if !known || got.name.is_some() {
            return Fits::Never;
        }
        want.fields.iter().fold(Fits::Always, |fits, field| {
            match got.fields.iter().find(|other| other.name == field.name) {
                Some(other) => fits.and(self.fits(other.ty, field.ty)),
                None if field.default.is_some() || self.program.types.split_optional(field.ty).1 => fits,
                None => Fits::Never,
            }
        })
    }

    /// Whether every value of a type keeps to a refinement.
    fn implies(&self, got: Ty, refinement: u32) -> bool {
        let Some(Refinement::Range { low, high }) = self.program.types.refinement(refinement).map(|info| &info.rule)
        else {
            return self.has_refinement(got, refinement);
        };
        let mut ty = got;
        loop {
            match *self.program.types.data(ty) {
                TyData::Refined(_, number) if number == refinement => return true,
                TyData::Refined(base, number) => {
                    if let Some(Refinement::Range { low: own_low, high: own_high }) =
                        self.program.types.refinement(number).map(|info| &info.rule)
                    {
                        let above = low.is_none_or(|low| own_low.is_some_and(|own| own.as_f64() >= low.as_f64()));
                        let below = high.is_none_or(|high| own_high.is_some_and(|own| own.as_f64() <= high.as_f64()));
                        if above && below {
                            return true;
                        }
                    }
                    ty = base;
                }
                TyData::Port => {
                    return low.is_none_or(|low| low.as_f64() <= Bound::Int(1).as_f64())
                        && high.is_none_or(|high| high.as_f64() >= Bound::Int(65535).as_f64());
                }
                _ => return false,
            }
        }
    }

    fn has_refinement(&self, mut ty: Ty, refinement: u32) -> bool {
        while let TyData::Refined(base, number) = *self.program.types.data(ty) {
            if number == refinement {
                return true;
            }
            ty = base;
        }
        false
    }
}
