//! The shapes of the built-in functions' arguments and results, and the types that stand for their variables.

use crate::builtins::{Builtin, Class, Shape};
use crate::checker::{Checker, Typed};
use crate::diagnostic::codes;
use crate::infer::fit::Fits;
use crate::types::{Ty, TyData};
use oal_syntax::ast::ExprId;

impl Checker<'_> {
    pub(super) fn report_shape(
        &mut self,
        value: ExprId,
        got: Ty,
        function: &'static Builtin,
        param: &str,
        shape: Shape,
        variables: &[Ty; 2],
    ) {
        let shown = self.show(got);
        let span = self.at.tree.expr(value).span;
        if self.program.types.split_optional(got).1 {
            self.push(
                self.finding(
                    &codes::NULL_NOT_HANDLED,
                    span,
                    format!("`{param}` of `{}` cannot be null, and this may be", function.name),
                )
                .label(format!("this is {shown}"))
                .help("say what to take instead: `… ?? fallback`"),
            );
            return;
        }
        let wanted = self.shape_words(shape, variables);
        self.push(
            self.finding(
                &codes::TYPE_MISMATCH,
                span,
                format!("`{param}` of `{}` takes {wanted}, not {shown}", function.name),
            )
            .label(format!("this is {shown}"))
            .help(format!("for example: `{}`", function.example)),
        );
    }

    fn shape_words(&self, shape: Shape, variables: &[Ty; 2]) -> String {
        match shape {
            Shape::Any => "any value".to_owned(),
            Shape::Text => "text".to_owned(),
            Shape::Bool => "a `Bool`".to_owned(),
            Shape::Int => "an `Int`".to_owned(),
            Shape::Var(at, class) => match variables.get(usize::from(at)) {
                Some(ty) if *ty != Ty::UNKNOWN => self.show(*ty),
                _ => match class {
                    Class::Any => "a value",
                    Class::Number => "a number or a quantity",
                    Class::Ordered => "a number, a quantity or a text",
                    Class::Key => "a text or a variant",
                }
                .to_owned(),
            },
            Shape::List(inner) => format!("a list of {}", self.shape_words(*inner, variables)),
            Shape::Map(..) => "a map".to_owned(),
            Shape::Sized => "a text, a list or a map".to_owned(),
            Shape::ElementOf(_) => "what may be in the first argument".to_owned(),
        }
    }

    /// What an argument is expected to be, as far as the arguments before it tell.
    pub(super) fn shape_hint(
        &mut self,
        shape: Shape,
        variables: &[Ty; 2],
        types: &[(usize, ExprId, Typed)],
    ) -> Option<Ty> {
        match shape {
            Shape::Text => Some(Ty::STRING),
            Shape::Bool => Some(Ty::BOOL),
            Shape::Int => Some(Ty::INT),
            Shape::Var(at, _) => {
                let known = variables.get(usize::from(at)).copied().filter(|ty| *ty != Ty::UNKNOWN)?;
                self.hint_of(known)
            }
            Shape::List(inner) => {
                let inner = self.shape_hint(*inner, variables, types)?;
                Some(self.program.types.intern(TyData::List(inner)))
            }
            Shape::ElementOf(slot) => {
                let (_, _, typed) = types.iter().find(|(other, ..)| *other == usize::from(slot))?;
                let bare = self.program.types.bare(typed.ty);
                match *self.program.types.data(bare) {
                    TyData::List(element) | TyData::Map(element, _) => self.hint_of(element),
                    TyData::Range => Some(Ty::INT),
                    _ => Some(Ty::STRING),
                }
            }
            Shape::Any | Shape::Map(..) | Shape::Sized => None,
        }
    }

    /// Whether a type has a shape; binds the variables that the shape mentions.
    pub(super) fn match_shape(
        &mut self,
        shape: Shape,
        ty: Ty,
        variables: &mut [Ty; 2],
        types: &[(usize, ExprId, Typed)],
        depth: usize,
    ) -> bool {
        let (ty, _) = self.program.types.split_level(ty);
        if ty == Ty::UNKNOWN || depth > 8 {
            return true;
        }
        if self.program.types.split_optional(ty).1 {
            return match shape {
                Shape::Any => true,
                Shape::Var(at, Class::Any) => self.bind_shape(at, ty, variables),
                _ => false,
            };
        }
        let bare = self.program.types.bare(ty);
        let data = *self.program.types.data(bare);
        match shape {
            Shape::Any => !matches!(data, TyData::Kind(_)),
            Shape::Text => matches!(data, TyData::String | TyData::Text(_)),
            Shape::Bool => data == TyData::Bool,
            Shape::Int => matches!(data, TyData::Int | TyData::Port),
            Shape::Var(at, class) => {
                if !self.in_class(&data, class) {
                    return false;
                }
                // Ports added up are a plain number.
                let bare = if class == Class::Number && bare == Ty::PORT { Ty::INT } else { bare };
                self.bind_shape(at, bare, variables)
            }
            Shape::List(inner) => match data {
                TyData::List(element) => self.match_shape(*inner, element, variables, types, depth + 1),
                _ => false,
            },
            Shape::Map(key, value) => match data {
                TyData::Map(k, v) => {
                    self.match_shape(*key, k, variables, types, depth + 1)
                        && self.match_shape(*value, v, variables, types, depth + 1)
                }
                TyData::Record(number) => {
                    let fields: Vec<Ty> = self
                        .program
                        .types
                        .record(number)
                        .map(|record| record.fields.iter().map(|field| field.ty).collect())
                        .unwrap_or_default();
                    self.match_shape(*key, Ty::STRING, variables, types, depth + 1)
                        && fields.into_iter().all(|ty| self.match_shape(*value, ty, variables, types, depth + 1))
                }
                _ => false,
            },
            Shape::Sized => matches!(
                data,
                TyData::String
                    | TyData::Text(_)
                    | TyData::List(_)
                    | TyData::Map(..)
                    | TyData::Range
                    | TyData::Record(_)
            ),
            Shape::ElementOf(_) => match self.shape_hint(shape, variables, types) {
                Some(element) => self.fits(bare, element) != Fits::Never,
                None => true,
            },
        }
    }

    /// What a variable stands for from now on; whether there is anything.
    fn bind_shape(&mut self, at: u8, ty: Ty, variables: &mut [Ty; 2]) -> bool {
        let Some(variable) = variables.get(usize::from(at)).copied() else { return true };
        match (self.common(variable, ty), variables.get_mut(usize::from(at))) {
            (Some(common), Some(place)) => {
                *place = common;
                true
            }
            (common, _) => common.is_some(),
        }
    }

    fn in_class(&self, data: &TyData, class: Class) -> bool {
        let number = data.is_number();
        let text = matches!(data, TyData::String | TyData::Text(_));
        match class {
            Class::Any => true,
            Class::Number => number,
            Class::Ordered => number || text,
            Class::Key => text || matches!(data, TyData::Union(_) | TyData::Environment | TyData::PortName),
        }
    }

    pub(super) fn shape_type(&mut self, shape: Shape, variables: &[Ty; 2]) -> Ty {
        match shape {
            Shape::Any | Shape::Sized | Shape::ElementOf(_) => Ty::UNKNOWN,
            Shape::Text => Ty::STRING,
            Shape::Bool => Ty::BOOL,
            Shape::Int => Ty::INT,
            Shape::Var(at, _) => variables.get(usize::from(at)).copied().unwrap_or(Ty::UNKNOWN),
            Shape::List(inner) => {
                let inner = self.shape_type(*inner, variables);
                self.program.types.intern(TyData::List(inner))
            }
            Shape::Map(key, value) => {
                let key = self.shape_type(*key, variables);
                let value = self.shape_type(*value, variables);
                self.program.types.intern(TyData::Map(key, value))
            }
        }
    }
}
