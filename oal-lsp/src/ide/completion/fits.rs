//! Whether a value of one type is taken where another is wanted, as far as an order of suggestions needs it. What really fits the check
//! says.

use super::tables::Type;
use oal_check::builtins::{Class, Shape};
use oal_check::types::{Level, TyData};

/// Whether it does, levels included.
pub(super) fn fits(got: Type<'_>, want: Type<'_>) -> bool {
    if want.hole {
        return !got.is_optional() && has_text_form(got);
    }
    let (want_bare, want_level) = want.program.types.split_level(want.ty);
    let (got_bare, got_level) = got.program.types.split_level(got.ty);
    let (got, want) = (Type { ty: got_bare, ..got }, Type { ty: want_bare, ..want });
    let level = allowed(want, want_level);
    if got_level > level || (got.is_optional() && !want.is_optional()) {
        return false;
    }
    alike(got, want)
}

/// The level that a place takes: its own, or that of its parts.
fn allowed(want: Type<'_>, level: Level) -> Level {
    match want.element().filter(|_| !want.list).or_else(|| want.map_value()) {
        Some(inner) => level.max(inner.program.types.split_level(inner.ty).1),
        None => level,
    }
}

/// The same without levels and `?`.
fn alike(got: Type<'_>, want: Type<'_>) -> bool {
    if got.list || want.list {
        return match (got.element(), want.element()) {
            (Some(got), Some(want)) => alike(got, want),
            _ => false,
        };
    }
    if let (Some(got), Some(want)) = (got.kind(), want.kind()) {
        return got.is(want);
    }
    let (Some(is), Some(wants)) = (got.bare(), want.bare()) else { return false };
    match (is, wants) {
        (TyData::Unknown | TyData::Null, _) | (_, TyData::Unknown) => false,
        (TyData::Text(_), TyData::String) | (TyData::String, TyData::Text(_)) => true,
        (TyData::Port, TyData::Int) | (TyData::Int, TyData::Port | TyData::Cpu | TyData::Float) => true,
        (TyData::List(a), TyData::List(b)) => alike(got.with(*a), want.with(*b)),
        (TyData::Map(k, a), TyData::Map(l, b)) => {
            alike(got.with(*a), want.with(*b)) && alike(got.with(*k), want.with(*l))
        }
        (TyData::Record(a), TyData::Record(b)) => {
            let name = |ty: Type<'_>, at| ty.program.types.record(at).and_then(|record| record.name.clone());
            (std::ptr::eq(got.program, want.program) && a == b)
                || name(got, *a).is_some_and(|a| name(want, *b) == Some(a))
        }
        (TyData::Union(a), TyData::Union(b)) => {
            let name = |ty: Type<'_>, at| ty.program.types.union(at).and_then(|union| union.name.clone());
            (std::ptr::eq(got.program, want.program) && a == b)
                || name(got, *a).is_some_and(|a| name(want, *b) == Some(a))
        }
        (a, b) => a == b,
    }
}

/// Whether a value of a type can stand in a hole of a text.
fn has_text_form(ty: Type<'_>) -> bool {
    match ty.bare() {
        Some(TyData::Union(_)) => ty.variants().unwrap_or_default().iter().all(|variant| variant.fields.is_empty()),
        Some(
            TyData::Unknown
            | TyData::Null
            | TyData::Range
            | TyData::List(_)
            | TyData::Map(..)
            | TyData::Record(_)
            | TyData::Kind(_)
            | TyData::Endpoint,
        )
        | None => false,
        Some(_) => true,
    }
}

/// Whether a function that gives this fits.
pub(super) fn makes(result: Shape, want: Type<'_>) -> bool {
    let number = matches!(
        want.bare(),
        Some(
            TyData::Int
                | TyData::Port
                | TyData::Float
                | TyData::Duration
                | TyData::Size
                | TyData::Cpu
                | TyData::Percent
        )
    );
    match result {
        Shape::Text => is_text(want),
        Shape::Bool => want.hole || want.bare() == Some(&TyData::Bool),
        Shape::Int => want.hole || matches!(want.bare(), Some(TyData::Int | TyData::Port)),
        Shape::List(_) => want.element().is_some(),
        Shape::Map(..) => want.map_value().is_some(),
        Shape::Var(_, Class::Number) => want.hole || number,
        Shape::Var(_, Class::Ordered) => number || is_text(want),
        Shape::Any | Shape::Sized | Shape::Var(..) | Shape::ElementOf(_) => true,
    }
}

/// Whether a component of a kind stands for a secret text here.
pub(super) fn is_secret(got: Type<'_>, want: Type<'_>) -> bool {
    let Some(kind) = got.kind().filter(|_| !want.hole) else { return false };
    let root = kind.info().and_then(|info| info.root).and_then(|root| kind.program.kind(root));
    let secret = kind.name() == "secret" || root.is_some_and(|root| &*root.name == "secret");
    let (bare, level) = want.program.types.split_level(want.ty);
    secret && level == Level::Secret && is_text(want.with(bare))
}

/// Whether a value of a type is text.
pub(super) fn is_text(ty: Type<'_>) -> bool {
    matches!(ty.bare(), Some(TyData::String | TyData::Text(_)))
}
