//! What the passes share: the program's names, kinds, environments and the table of what each name in the source stands for.
//!
//! Everything is a number into a table; the source stays in the [`Project`]. `resolve` and `kinds` fill names and kinds, `infer`
//! fills [`Resolutions`], `elaborate` reads both.

mod env_set;

pub use env_set::EnvSet;

use crate::project::Project;
use crate::types::{Level, Ty, Types};
use oal_syntax::ast::{ExprId, ItemId};
use oal_syntax::{FileId, Span};
use rustc_hash::FxHashMap;

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The bytes.
    pub span: Span,
}

/// An expression of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExprRef {
    /// The file.
    pub file: FileId,
    /// The expression in its tree.
    pub expr: ExprId,
}

/// An item of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemRef {
    /// The file.
    pub file: FileId,
    /// The item in its tree.
    pub item: ItemId,
}

/// A declared name, by its index in [`Program::defs`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DefId(pub u32);

/// A kind, by its index in [`Program::kinds`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KindId(pub u32);

/// What a name declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DefKind {
    /// `param`
    Param,
    /// `let`
    Let,
    /// `type`
    Type,
    /// `kind`
    Kind,
    /// A component of the program
    Component,
}

impl DefKind {
    /// As messages call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Param => "param",
            Self::Let => "let",
            Self::Type => "type",
            Self::Kind => "kind",
            Self::Component => "component",
        }
    }
}

/// A declared name.
#[derive(Debug, Clone, Copy)]
pub struct Def {
    /// Its item.
    pub item: ItemRef,
    /// Its name.
    pub name: Span,
    /// What it is.
    pub kind: DefKind,
    /// The environment whose body declares it; `None` for all others.
    pub only_in: Option<u8>,
    /// Whether anything refers to it.
    pub used: bool,
    /// For a component its kind; see [`Program::def_types`] for the rest.
    pub of: Option<KindId>,
}

/// What a name or a step of a path stands for, packed into four bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Res {
    /// Not resolved: an error, or a node that needs none.
    None,
    /// A param, a let or a component.
    Def(DefId),
    /// The value `environment`.
    Environment,
    /// A name of an environment, by its index.
    EnvironmentName(u32),
    /// A variant, by its index in the union of the type that was expected here.
    Variant(u32),
    /// A variable of a comprehension, of a `for` component or of a pattern: its distance from the outermost one in scope.
    Local(u32),
    /// A field: of the kind whose body this is (as a name) or of the component before the dot (as a step), by its slot.
    Field(u32),
    /// An output of the component before the dot, by its index in [`KindInfo::outputs`].
    Output(u32),
    /// A component nested in the kind: its index in [`KindInfo::nested`].
    Nested(u32),
    /// A built-in function, by its index in the table.
    Function(u32),
    /// The name of a port of the component around (as a name) or before the dot (as a step).
    Port,
    /// A field of the record, or key of the map, before the dot.
    Member,
    /// `lib` in `lib.name`: the next step is the definition.
    Namespace,
}

/// The packed form of [`Res`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PackedRes(u32);

impl From<Res> for PackedRes {
    fn from(res: Res) -> Self {
        let (tag, value) = match res {
            Res::None => (0, 0),
            Res::Def(id) => (1, id.0),
            Res::Environment => (2, 0),
            Res::EnvironmentName(n) => (3, n),
            Res::Variant(n) => (4, n),
            Res::Local(n) => (5, n),
            Res::Field(n) => (6, n),
            Res::Output(n) => (7, n),
            Res::Nested(n) => (8, n),
            Res::Function(n) => (9, n),
            Res::Port => (10, 0),
            Res::Member => (11, 0),
            Res::Namespace => (12, 0),
        };
        Self(tag << 28 | (value & 0x0fff_ffff))
    }
}

impl From<PackedRes> for Res {
    fn from(packed: PackedRes) -> Self {
        let value = packed.0 & 0x0fff_ffff;
        match packed.0 >> 28 {
            1 => Self::Def(DefId(value)),
            2 => Self::Environment,
            3 => Self::EnvironmentName(value),
            4 => Self::Variant(value),
            5 => Self::Local(value),
            6 => Self::Field(value),
            7 => Self::Output(value),
            8 => Self::Nested(value),
            9 => Self::Function(value),
            10 => Self::Port,
            11 => Self::Member,
            12 => Self::Namespace,
            _ => Self::None,
        }
    }
}

/// What the names of one file stand for, beside its tree.
#[derive(Debug, Default, Clone)]
pub struct Resolutions {
    /// For each expression: names and calls.
    pub exprs: Vec<PackedRes>,
    /// For each step of a path.
    pub steps: Vec<PackedRes>,
    /// For each entry of a component's body: the slot of its field, plus one; 0 where unknown.
    pub slots: Vec<u16>,
}

/// What inference knows of the expressions of one file, beside its tree. Kept only where [`crate::Options::record_types`] asks for it.
#[derive(Debug, Default, Clone)]
pub struct Facts {
    /// For each expression its type and level.
    pub types: Vec<PackedType>,
    /// For each expression the type that its place takes.
    pub expected: Vec<PackedType>,
    /// For each step of a path what it leads to.
    pub steps: Vec<PackedType>,
}

/// A type and a level in four bytes, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackedType(u32);

impl Default for PackedType {
    fn default() -> Self {
        Self(u32::MAX)
    }
}

impl PackedType {
    pub(crate) fn new(ty: Ty, level: Level) -> Self {
        Self((level as u32) << 30 | (ty.0 & 0x3fff_ffff))
    }

    /// The type and the level; `None` where nothing was looked at.
    #[must_use]
    pub const fn get(self) -> Option<(Ty, Level)> {
        let level = match self.0 >> 30 {
            0 => Level::Const,
            1 => Level::Deploy,
            2 => Level::Secret,
            _ => return None,
        };
        Some((Ty(self.0 & 0x3fff_ffff), level))
    }
}

/// A field of a kind.
#[derive(Debug, Clone)]
pub struct FieldInfo {
    /// Its name.
    pub name: Box<str>,
    /// Where it is declared.
    pub at: Place,
    /// The kind that declares it.
    pub owner: KindId,
    /// Its type with its level.
    pub ty: Ty,
    /// Its default.
    pub default: Option<ExprRef>,
    /// Whether some kind between its declaration and here gives it a value.
    pub preset: bool,
}

/// An output of a kind.
#[derive(Debug, Clone)]
pub struct OutputInfo {
    /// Its name.
    pub name: Box<str>,
    /// Where it is declared.
    pub at: Place,
    /// Its type with its level.
    pub ty: Ty,
    /// How it is computed from the fields; `None` where the platform makes it.
    pub value: Option<ExprRef>,
}

/// An entry `key: value` in a body.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// The field.
    pub slot: u16,
    /// The value.
    pub value: ExprRef,
    /// Where its key stands.
    pub key: Span,
}

/// A component nested in a kind.
#[derive(Debug, Clone)]
pub struct NestedInfo {
    /// Its name.
    pub name: Box<str>,
    /// Its item.
    pub item: ItemRef,
    /// Its kind.
    pub of: Option<KindId>,
    /// The kind in whose body it stands.
    pub owner: KindId,
}

/// A kind: its own part and all that it inherits.
#[derive(Debug, Clone, Default)]
pub struct KindInfo {
    /// Its name.
    pub name: Box<str>,
    /// What declares it.
    pub def: Option<DefId>,
    /// Its declaration.
    pub item: Option<ItemRef>,
    /// The kind it extends.
    pub base: Option<KindId>,
    /// The `extern` kind at the end of the chain; `None` for a pure composition.
    pub root: Option<KindId>,
    /// Whether it is `extern` itself.
    pub is_extern: bool,
    /// All fields, those of the base first, so that a slot means the same in a kind and in all that extend it.
    pub fields: Vec<FieldInfo>,
    /// Slot by name.
    pub field_index: FxHashMap<Box<str>, u16>,
    /// All outputs, those of the base first.
    pub outputs: Vec<OutputInfo>,
    /// What its own body sets, in order; the base's presets stand in the base.
    pub presets: Vec<Preset>,
    /// All nested components, those of the base first.
    pub nested: Vec<NestedInfo>,
    /// Slots of the fields that a component must set: no default, not optional, no preset.
    pub required: Vec<u16>,
    /// Asserts in its own body.
    pub asserts: Vec<ItemRef>,
    /// Its base, or one further up, is not known: what its components can have cannot be told.
    pub incomplete: bool,
    /// Its body, or a base's, holds something that means nothing, which is said: it may have been a field of its own, or the value of
    /// one that is missing now.
    pub garbled: bool,
}

/// One environment of the program.
#[derive(Debug, Clone)]
pub struct Environment {
    /// Its name.
    pub name: Box<str>,
    /// Its declaration; `None` for the `default` one of a program that declares none.
    pub item: Option<ItemRef>,
    /// Where its name stands.
    pub at: Option<Place>,
}

/// What an `environment` body says of one path.
#[derive(Debug, Clone)]
pub struct Override {
    /// The environment.
    pub environment: u8,
    /// What it concerns.
    pub target: Target,
    /// Keys below the target: the rest of the path, into records and maps.
    pub path: Vec<Box<str>>,
    /// The new value; `None` for `unset`.
    pub value: Option<ExprRef>,
    /// Where its path stands.
    pub at: Place,
}

/// What an override concerns.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// A param.
    Param(DefId),
    /// A field of a component, of one of a `for` component's instances (by key), or of a component nested in it (by names).
    Field {
        /// The component.
        component: DefId,
        /// The key of the instance, for a `for` component.
        key: Option<Box<str>>,
        /// Names of nested components on the way.
        nested: Vec<Box<str>>,
        /// The field's slot in the kind of the last one.
        slot: u16,
    },
}

/// What the names of one file are bound to.
#[derive(Debug, Default)]
pub struct Scope {
    /// Names declared in the file and brought in by `use … { … }`.
    pub names: hashbrown::HashTable<Binding>,
    /// Files brought in by `use … as name`.
    pub namespaces: Vec<Namespace>,
    /// Names that a broken `use` was to bring in: known to be meant, and nothing more.
    pub missing: Vec<Span>,
}

/// A name in a file's scope.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// Where it is bound in this file.
    pub name: Span,
    /// What to.
    pub def: DefId,
}

/// `use … as name`
#[derive(Debug, Clone, Copy)]
pub struct Namespace {
    /// The name.
    pub name: Span,
    /// The file.
    pub file: FileId,
    /// Whether anything refers to it.
    pub used: bool,
}

/// The program as names and tables.
#[derive(Debug, Default)]
pub struct Program {
    /// The files.
    pub project: Project,
    /// The application's name and item.
    pub app: Option<(Box<str>, ItemRef)>,
    /// The type of `app`'s body, where there is one.
    pub app_type: Option<Ty>,
    /// All declared names.
    pub defs: Vec<Def>,
    /// The type of each param, let and type that has been asked for.
    pub def_types: FxHashMap<DefId, Ty>,
    /// One scope a project file.
    pub scopes: Vec<Scope>,
    /// All types.
    pub types: Types,
    /// All kinds that have been asked for.
    pub kinds: Vec<KindInfo>,
    /// The environments, as declared; at least one.
    pub environments: Vec<Environment>,
    /// What the environments set and unset, as declared.
    pub overrides: Vec<Override>,
    /// Kinds by their definition.
    pub kind_of: FxHashMap<DefId, KindId>,
    /// Definitions of the prelude that were asked for, by name.
    pub std_defs: FxHashMap<&'static str, DefId>,
    /// What is known of expressions, in the files' order of `resolutions`; empty unless it was asked for.
    pub facts: Vec<Facts>,
    /// What names stand for, one a file of the project, then one a file of the prelude; see [`Program::resolved`].
    pub resolutions: Vec<Resolutions>,
    /// What remains to be computed, in source order.
    pub obligations: Vec<Obligation>,
    /// Which component mentions which, in source order.
    pub references: Vec<Reference>,
    /// Asserts of the files (those of kinds stand in their [`KindInfo`]).
    pub asserts: Vec<ItemRef>,
}

/// In whose body an expression stands: what gives bare names their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// The file itself: a param, a let, an assert.
    File,
    /// A component of the program.
    Component(DefId),
    /// A kind; the expression is evaluated once for each of its components.
    Kind(KindId),
    /// A component nested in a kind, by its index in the kind's [`KindInfo::nested`].
    Nested(KindId, u16),
    /// An environment.
    Environment(u8),
}

/// A value that fits its place as far as its type tells, and still has to be computed in each environment: something in it can
/// fail (a division, an index, a component that may be absent), or its place takes only some values of its type.
#[derive(Debug, Clone, Copy)]
pub struct Obligation {
    /// The value.
    pub value: ExprRef,
    /// What its place takes.
    pub expected: Ty,
    /// Whose body it stands in.
    pub owner: Owner,
    /// The entry's slot, where it is the value of a component's or kind's field: only the components that keep this value are
    /// concerned.
    pub slot: Option<u16>,
}

/// A mention of a component.
#[derive(Debug, Clone, Copy)]
pub struct Reference {
    /// Whose body it stands in.
    pub owner: Owner,
    /// The component.
    pub to: DefId,
    /// The name in the source.
    pub at: ExprRef,
}
