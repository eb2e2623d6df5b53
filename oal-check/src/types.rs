//! Types as the checker holds them: a number each, alike types alike numbers. How they are written is `oal_syntax::ast`; which
//! expression has which is `infer`.

use crate::program::{ExprRef, KindId, Place};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// A type, by its number in a [`Types`] table. Equal numbers are equal types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ty(pub u32);

/// When a value is known and who may see it, in rising order. An expression has the highest level of its parts; a field accepts
/// its own and below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Level {
    /// The checker knows it.
    #[default]
    Const,
    /// The platform knows it once it has placed things.
    Deploy,
    /// As `deploy`, and nobody may be shown it.
    Secret,
}

impl Level {
    /// As it is written before a type.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Const => "const",
            Self::Deploy => "deploy",
            Self::Secret => "secret",
        }
    }
}

/// A text with a grammar of its own; a literal of it is validated to the byte.
pub use crate::text::TextType;

/// What a type is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TyData {
    /// What stands where something is wrong already; fits everything and is fitted by everything, silently.
    Unknown,
    /// The type of `null` alone.
    Null,
    /// `Bool`
    Bool,
    /// `Int`, 64 bits
    Int,
    /// `Float`, 64 bits
    Float,
    /// `String`
    String,
    /// `Duration`, in milliseconds
    Duration,
    /// `Size`, in bytes
    Size,
    /// `Cpu`, in thousandths of a core
    Cpu,
    /// `Percent`
    Percent,
    /// `Port`: an `Int` from 1 to 65535
    Port,
    /// A checked text
    Text(TextType),
    /// `PortName`: a key of `ports` of the component around
    PortName,
    /// `Endpoint`: a named port of a component
    Endpoint,
    /// The names of the program's environments
    Environment,
    /// `a..b`, to be gone through or looked into
    Range,
    /// `List<T>`
    List(Ty),
    /// `Map<K, V>`
    Map(Ty, Ty),
    /// `T?`
    Optional(Ty),
    /// A record type, by its number in [`Types::record`]
    Record(u32),
    /// A union type, by its number in [`Types::union`]
    Union(u32),
    /// A component of this kind or of one derived from it
    Kind(KindId),
    /// `T where …`, by the number of the refinement in [`Types::refinement`]
    Refined(Ty, u32),
    /// `deploy T`, `secret T`
    Leveled(Level, Ty),
}

impl TyData {
    /// Whether its values are numbers or quantities.
    #[must_use]
    pub const fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Float | Self::Duration | Self::Size | Self::Cpu | Self::Percent | Self::Port)
    }
}

/// A field of a record or of a variant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MemberInfo {
    /// Its name.
    pub name: Box<str>,
    /// Where it is declared.
    pub at: Place,
    /// Its type with its level.
    pub ty: Ty,
    /// Its default.
    pub default: Option<ExprRef>,
}

/// A record type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RecordInfo {
    /// The name it was given with `type`, if any.
    pub name: Option<Box<str>>,
    /// Its fields, as declared.
    pub fields: Vec<MemberInfo>,
}

/// A union type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UnionInfo {
    /// The name it was given with `type`, if any.
    pub name: Option<Box<str>>,
    /// Its variants, as declared.
    pub variants: Vec<VariantInfo>,
}

/// A variant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VariantInfo {
    /// Its name.
    pub name: Box<str>,
    /// Where it is declared.
    pub at: Place,
    /// Its fields, none for a plain one.
    pub fields: Vec<MemberInfo>,
}

/// What a refined type asks of its values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Refinement {
    /// Least and greatest value, both included, in the type's own unit (elements for a list, characters for a text); floats
    /// by their bits.
    Range {
        /// Least.
        low: Option<Bound>,
        /// Greatest.
        high: Option<Bound>,
    },
    /// The whole text must match.
    Matches(Box<str>),
}

/// An end of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bound {
    /// In the type's unit.
    Int(i64),
    /// The bits of an `f64`.
    Float(u64),
}

impl Bound {
    /// As a float, for comparisons with floats.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "only compared with floats")]
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Int(i) => i as f64,
            Self::Float(bits) => f64::from_bits(bits),
        }
    }
}

/// A refinement with the words it was written in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RefinementInfo {
    /// What it asks.
    pub rule: Refinement,
    /// As written behind `where`.
    pub text: Box<str>,
    /// Where it is written.
    pub at: Place,
}

/// A value's type that is nested deeper than this is *unknown*: nobody writes one, and walks over types may recurse.
const MOST_DEPTH: u16 = 200;

/// All types of one check.
#[derive(Debug)]
pub struct Types {
    data: Vec<TyData>,
    /// How deep each type is nested, so that walks over types may recurse.
    depths: Vec<u16>,
    known: FxHashMap<TyData, Ty>,
    records: Vec<Arc<RecordInfo>>,
    unions: Vec<Arc<UnionInfo>>,
    refinements: Vec<RefinementInfo>,
}

macro_rules! primitives {
    ($($(#[$doc:meta])* $name:ident = $data:expr;)*) => {
        const PRIMITIVES: &[TyData] = &[$($data),*];
        #[derive(Clone, Copy)]
        #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "names the constants below")]
        enum Number { $($name),* }
        impl Ty {
            $($(#[$doc])* pub const $name: Self = Self(Number::$name as u32);)*
        }
    };
}

primitives! {
    /// See [`TyData::Unknown`].
    UNKNOWN = TyData::Unknown;
    /// See [`TyData::Null`].
    NULL = TyData::Null;
    /// See [`TyData::Bool`].
    BOOL = TyData::Bool;
    /// See [`TyData::Int`].
    INT = TyData::Int;
    /// See [`TyData::Float`].
    FLOAT = TyData::Float;
    /// See [`TyData::String`].
    STRING = TyData::String;
    /// See [`TyData::Duration`].
    DURATION = TyData::Duration;
    /// See [`TyData::Size`].
    SIZE = TyData::Size;
    /// See [`TyData::Cpu`].
    CPU = TyData::Cpu;
    /// See [`TyData::Percent`].
    PERCENT = TyData::Percent;
    /// See [`TyData::Port`].
    PORT = TyData::Port;
    /// See [`TyData::PortName`].
    PORT_NAME = TyData::PortName;
    /// See [`TyData::Endpoint`].
    ENDPOINT = TyData::Endpoint;
    /// See [`TyData::Environment`].
    ENVIRONMENT = TyData::Environment;
    /// See [`TyData::Range`].
    RANGE = TyData::Range;
}

impl Default for Types {
    fn default() -> Self {
        Self {
            data: PRIMITIVES.to_vec(),
            depths: vec![1; PRIMITIVES.len()],
            known: FxHashMap::default(),
            records: Vec::new(),
            unions: Vec::new(),
            refinements: Vec::new(),
        }
    }
}

impl Types {
    /// The number of a type that is made of others (primitives have constants).
    pub fn intern(&mut self, data: TyData) -> Ty {
        if let Some(ty) = self.known.get(&data) {
            return *ty;
        }
        if let Some(at) = PRIMITIVES.iter().position(|p| *p == data) {
            return Ty(u32::try_from(at).unwrap_or(0));
        }
        let ty = Ty(u32::try_from(self.data.len()).unwrap_or(0));
        let depth = self.depth_within(&data).saturating_add(1);
        if depth > MOST_DEPTH {
            return Ty::UNKNOWN;
        }
        self.depths.push(depth);
        self.data.push(data);
        self.known.insert(data, ty);
        ty
    }

    /// The number of a type that is made of others, where some value or place has it.
    #[must_use]
    pub fn known(&self, data: TyData) -> Option<Ty> {
        self.known.get(&data).copied()
    }

    /// How deep a type is nested; 1 for a plain one. Kinds count as plain.
    #[must_use]
    pub fn depth(&self, ty: Ty) -> u16 {
        self.depths.get(ty.0 as usize).copied().unwrap_or(1)
    }

    fn depth_within(&self, data: &TyData) -> u16 {
        let members = |members: &[MemberInfo]| members.iter().map(|member| self.depth(member.ty)).max().unwrap_or(0);
        match *data {
            TyData::List(inner) | TyData::Optional(inner) | TyData::Refined(inner, _) | TyData::Leveled(_, inner) => {
                self.depth(inner)
            }
            TyData::Map(key, value) => self.depth(key).max(self.depth(value)),
            TyData::Record(number) => self.record(number).map_or(0, |record| members(&record.fields)),
            TyData::Union(number) => self
                .union(number)
                .map_or(0, |union| union.variants.iter().map(|variant| members(&variant.fields)).max().unwrap_or(0)),
            _ => 0,
        }
    }

    /// What a type is.
    #[must_use]
    pub fn data(&self, ty: Ty) -> &TyData {
        self.data.get(ty.0 as usize).unwrap_or(&TyData::Unknown)
    }

    /// A new record type; alike ones share a number only where they have the same declaration.
    pub fn add_record(&mut self, record: RecordInfo) -> Ty {
        self.records.push(Arc::new(record));
        self.intern(TyData::Record(u32::try_from(self.records.len() - 1).unwrap_or(0)))
    }

    /// A new union type.
    pub fn add_union(&mut self, union: UnionInfo) -> Ty {
        self.unions.push(Arc::new(union));
        self.intern(TyData::Union(u32::try_from(self.unions.len() - 1).unwrap_or(0)))
    }

    /// `base where rule`
    pub fn add_refined(&mut self, base: Ty, refinement: RefinementInfo) -> Ty {
        let at = self.refinements.iter().position(|r| *r == refinement).unwrap_or_else(|| {
            self.refinements.push(refinement);
            self.refinements.len() - 1
        });
        self.intern(TyData::Refined(base, u32::try_from(at).unwrap_or(0)))
    }

    /// `T?`; of an optional type, itself.
    pub fn optional(&mut self, ty: Ty) -> Ty {
        match self.data(ty) {
            TyData::Optional(_) | TyData::Unknown | TyData::Null => ty,
            _ => self.intern(TyData::Optional(ty)),
        }
    }

    /// `T` at a level; the higher of the two where it has one.
    pub fn leveled(&mut self, level: Level, ty: Ty) -> Ty {
        match *self.data(ty) {
            TyData::Leveled(own, inner) if own < level => self.intern(TyData::Leveled(level, inner)),
            TyData::Leveled(..) | TyData::Unknown => ty,
            _ if level == Level::Const => ty,
            _ => self.intern(TyData::Leveled(level, ty)),
        }
    }

    /// The type without its level, and the level.
    #[must_use]
    pub fn split_level(&self, ty: Ty) -> (Ty, Level) {
        match *self.data(ty) {
            TyData::Leveled(level, inner) => (inner, level),
            _ => (ty, Level::Const),
        }
    }

    /// The type without `?`, and whether it had one. Its level stays.
    #[must_use]
    pub fn split_optional(&self, ty: Ty) -> (Ty, bool) {
        match *self.data(ty) {
            TyData::Optional(inner) => (inner, true),
            _ => (ty, false),
        }
    }

    /// Whether `null` is among its values.
    #[must_use]
    pub fn is_optional(&self, mut ty: Ty) -> bool {
        while let TyData::Leveled(_, inner) | TyData::Refined(inner, _) = *self.data(ty) {
            ty = inner;
        }
        matches!(self.data(ty), TyData::Optional(_) | TyData::Null)
    }

    /// The type without level, `?` and refinements.
    #[must_use]
    pub fn bare(&self, mut ty: Ty) -> Ty {
        while let TyData::Leveled(_, inner) | TyData::Optional(inner) | TyData::Refined(inner, _) = *self.data(ty) {
            ty = inner;
        }
        ty
    }

    /// The record type with this number.
    #[must_use]
    pub fn record(&self, number: u32) -> Option<&Arc<RecordInfo>> {
        self.records.get(number as usize)
    }

    /// The union type with this number.
    #[must_use]
    pub fn union(&self, number: u32) -> Option<&Arc<UnionInfo>> {
        self.unions.get(number as usize)
    }

    /// The union with this number, to give it its name.
    pub fn union_mut(&mut self, number: u32) -> Option<&mut UnionInfo> {
        self.unions.get_mut(number as usize).map(Arc::make_mut)
    }

    /// The record with this number, to give it its name.
    pub fn record_mut(&mut self, number: u32) -> Option<&mut RecordInfo> {
        self.records.get_mut(number as usize).map(Arc::make_mut)
    }

    /// The field of a record or variant that is declared at a place.
    #[must_use]
    pub fn member_at(&self, at: Place) -> Option<&MemberInfo> {
        let of_records = self.records.iter().flat_map(|record| &record.fields);
        let of_unions = self.unions.iter().flat_map(|union| &union.variants).flat_map(|variant| &variant.fields);
        of_records.chain(of_unions).find(|member| member.at == at)
    }

    /// The variant that is declared at a place, with its union.
    #[must_use]
    pub fn variant_at(&self, at: Place) -> Option<(&UnionInfo, &VariantInfo)> {
        self.unions.iter().find_map(|union| {
            let variant = union.variants.iter().find(|variant| variant.at == at)?;
            Some((&**union, variant))
        })
    }

    /// The refinement with this number.
    #[must_use]
    pub fn refinement(&self, number: u32) -> Option<&RefinementInfo> {
        self.refinements.get(number as usize)
    }
}
