//! Calls: their arguments, by position and by name, and what they give.

use super::{Argument, Callee, Read, Reader, Want};
use crate::ide::completion::tables::{Known, Type};
use oal_check::builtins::{self, Builtin, Shape};
use oal_check::types::Ty;
use oal_syntax::token::TokenKind as K;

impl<'a> Reader<'a, '_> {
    /// The arguments of a call, its name already read.
    pub(super) fn call(&mut self, name: &str, expected: Option<Type<'a>>) -> Read<Known<'a>> {
        self.pos += 1;
        let variant = expected
            .filter(|ty| ty.variants().is_some_and(|variants| variants.iter().any(|variant| &*variant.name == name)));
        let callee = match (variant, builtins::find(name)) {
            (Some(ty), _) => Callee::Variant(ty, name.to_owned()),
            (None, Some((_, function))) => Callee::Function(function),
            (None, None) => Callee::Unknown,
        };
        let outer = self.site.call.take();
        let result = self.deeper(|reader| reader.arguments(&callee));
        let first = result?;
        self.site.call = outer;
        Ok(match callee {
            Callee::Variant(ty, _) => Known { ty: Some(ty), ..Known::default() },
            Callee::Function(function) => self.result(function, first),
            Callee::Unknown => Known::default(),
        })
    }

    fn arguments(&mut self, callee: &Callee<'a>) -> Read<Option<Type<'a>>> {
        let mut given = self.keys_ahead();
        let (mut position, mut first) = (0, None);
        loop {
            self.site.call = Some((callee.clone(), Argument::Position(position)));
            let expected = self.parameter(callee, position, None, first);
            let token = self.peek(|_| Want::Argument { callee: callee.clone(), given: given.clone(), expected })?;
            match token.kind {
                K::RParen => {
                    self.pos += 1;
                    return Ok(first);
                }
                K::Comma => {
                    self.pos += 1;
                    position += 1;
                }
                K::Key => {
                    self.pos += 1;
                    let name = self.text(token).to_owned();
                    self.site.call = Some((callee.clone(), Argument::Named(name.clone())));
                    let ty = self.parameter(callee, position, Some(&name), first);
                    given.push(name);
                    self.expr(ty)?;
                }
                K::RBrace | K::RBracket => return Ok(first),
                _ => {
                    let before = self.pos;
                    let known = self.expr(expected)?;
                    first = first.or(known.ty);
                    if self.pos == before {
                        self.pos += 1;
                    }
                }
            }
        }
    }

    /// What a parameter takes, by position or name.
    fn parameter(
        &self,
        callee: &Callee<'a>,
        position: usize,
        name: Option<&str>,
        first: Option<Type<'a>>,
    ) -> Option<Type<'a>> {
        match callee {
            Callee::Variant(ty, variant) => {
                let fields = &ty.variants()?.iter().find(|known| *known.name == **variant)?.fields;
                let field = match name {
                    Some(name) => fields.iter().find(|field| &*field.name == name)?,
                    None => fields.get(position)?,
                };
                Some(ty.with(field.ty))
            }
            Callee::Function(function) => {
                let param = match name {
                    Some(name) => function.params.iter().find(|param| param.name == name)?,
                    None => function.params.get(position).or_else(|| function.params.last())?,
                };
                self.shape(param.shape, first)
            }
            Callee::Unknown => None,
        }
    }

    fn shape(&self, shape: Shape, first: Option<Type<'a>>) -> Option<Type<'a>> {
        let plain = |ty| Some(Type::new(self.program, ty));
        match shape {
            Shape::Text => plain(Ty::STRING),
            Shape::Bool => plain(Ty::BOOL),
            Shape::Int => plain(Ty::INT),
            Shape::Var(0, _) => first.map(|first| first.element().unwrap_or(first)),
            Shape::List(inner) => self.shape(*inner, first).map(|ty| Type { list: true, ..ty }),
            Shape::ElementOf(_) => first.and_then(|first| first.element().or_else(|| first.map_key())),
            Shape::Any | Shape::Var(..) | Shape::Map(..) | Shape::Sized => None,
        }
    }

    /// What a function gives, as far as its first argument tells.
    fn result(&self, function: &Builtin, first: Option<Type<'a>>) -> Known<'a> {
        let ty = match function.name {
            "keys" => first.and_then(Type::map_key).map(|ty| Type { list: true, ..ty }),
            "values" => first.and_then(Type::map_value).map(|ty| Type { list: true, ..ty }),
            "sort" | "unique" => first,
            "sum" => first.and_then(Type::element),
            "flatten" => first.and_then(Type::element),
            _ => self.shape(function.result, first),
        };
        Known { ty, ..Known::default() }
    }
}
