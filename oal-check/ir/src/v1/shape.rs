//! How a record or a union of the language looks in Rust and JSON, said once: the macro [`shape!`].
//!
//! A record is an object that refuses unknown members. A union member without fields is a string, one with fields an
//! object with one member named after it, whose value is the record of its fields.

/// Gives structs and enums their derives, closes them against unknown fields, and lets [`crate::walk`] find what is in
/// them.
macro_rules! shape {
    () => {};
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* pub $field:ident: $ty:ty,)*
        }
        $($rest:tt)*
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $ty,)*
        }

        impl $crate::walk::Walk for $name {
            fn walk<'a>(&'a self, step: &mut $crate::walk::Step<'_, 'a>) {
                let Self { $($field),* } = self;
                $(step.member(stringify!($field), $field);)*
            }

            fn walk_mut(&mut self, step: &mut $crate::walk::StepMut<'_>) {
                let Self { $($field),* } = self;
                $(step.member(stringify!($field), $field);)*
            }
        }

        $crate::v1::shape::shape! { $($rest)* }
    };
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $(
                $(#[$variant_meta:meta])*
                $variant:ident $({ $($(#[$field_meta:meta])* $field:ident: $ty:ty,)* })?,
            )*
        }
        $($rest:tt)*
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[serde(rename_all = "snake_case", deny_unknown_fields)]
        pub enum $name {
            $(
                $(#[$variant_meta])*
                $variant $({ $($(#[$field_meta])* $field: $ty,)* })?,
            )*
        }

        impl $crate::walk::Walk for $name {
            fn walk<'a>(&'a self, step: &mut $crate::walk::Step<'_, 'a>) {
                let _ = &step; // a plain enum has nothing to tell
                match self {
                    $(Self::$variant $({ $($field),* })? => {
                        $(step.variant(stringify!($variant), |step| { $(step.member(stringify!($field), $field);)* });)?
                    })*
                }
            }

            fn walk_mut(&mut self, step: &mut $crate::walk::StepMut<'_>) {
                let _ = &step; // a plain enum has nothing to tell
                match self {
                    $(Self::$variant $({ $($field),* })? => {
                        $(step.variant(stringify!($variant), |step| { $(step.member(stringify!($field), $field);)* });)?
                    })*
                }
            }
        }

        $crate::v1::shape::shape! { $($rest)* }
    };
}

pub(crate) use shape;
