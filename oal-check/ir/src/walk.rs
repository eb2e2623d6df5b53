//! Going through everything a component holds: [`Leaf`]s with the place each stands at. What a consumer wants to find in
//! every kind (images, secrets, references, files of the project) is a leaf; numbers and plain texts are not.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::Pointer;
use crate::v1::{Endpoint, Image, NodeId, SourcePath, Template, UlimitName};

/// Something inside a component that points out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Leaf<'a> {
    /// A text that may hold references and secrets; also where it is constant.
    Template(&'a Template),
    /// The name of a container image.
    Image(&'a Image),
    /// A component that this one uses or waits for.
    Node(&'a NodeId),
    /// A port of a service.
    Endpoint(&'a Endpoint),
    /// Something beside the program: a file, a directory.
    Source(&'a SourcePath),
}

/// The same as [`Leaf`], to be changed.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeafMut<'a> {
    /// A text that may hold references and secrets; also where it is constant.
    Template(&'a mut Template),
    /// The name of a container image.
    Image(&'a mut Image),
    /// A component that this one uses or waits for.
    Node(&'a mut NodeId),
    /// A port of a service.
    Endpoint(&'a mut Endpoint),
    /// Something beside the program: a file, a directory.
    Source(&'a mut SourcePath),
}

/// What can be walked through. Implemented by `shape!` for all that components are made of.
pub(crate) trait Walk {
    /// Reports the leaves in here.
    fn walk<'a>(&'a self, step: &mut Step<'_, 'a>);
    /// Reports the leaves in here, to be changed.
    fn walk_mut(&mut self, step: &mut StepMut<'_>);
}

/// Where a walk stands and whom it tells.
pub(crate) struct Step<'s, 'a> {
    at: Pointer,
    found: &'s mut dyn FnMut(&Pointer, Leaf<'a>),
}

impl<'s, 'a> Step<'s, 'a> {
    pub(crate) fn new(found: &'s mut dyn FnMut(&Pointer, Leaf<'a>)) -> Self {
        Self { at: Pointer::root(), found }
    }

    pub(crate) fn member(&mut self, name: &str, value: &'a impl Walk) {
        self.at.push(name);
        value.walk(self);
        self.at.pop();
    }

    pub(crate) fn variant(&mut self, name: &str, fields: impl FnOnce(&mut Self)) {
        self.at.push(&snake_case(name));
        fields(self);
        self.at.pop();
    }

    fn leaf(&mut self, leaf: Leaf<'a>) {
        (self.found)(&self.at, leaf);
    }
}

/// Where a changing walk stands and whom it tells.
pub(crate) struct StepMut<'s> {
    at: Pointer,
    found: &'s mut dyn FnMut(&Pointer, LeafMut<'_>),
}

impl<'s> StepMut<'s> {
    pub(crate) fn new(found: &'s mut dyn FnMut(&Pointer, LeafMut<'_>)) -> Self {
        Self { at: Pointer::root(), found }
    }

    pub(crate) fn member(&mut self, name: &str, value: &mut impl Walk) {
        self.at.push(name);
        value.walk_mut(self);
        self.at.pop();
    }

    pub(crate) fn variant(&mut self, name: &str, fields: impl FnOnce(&mut Self)) {
        self.at.push(&snake_case(name));
        fields(self);
        self.at.pop();
    }

    fn leaf(&mut self, leaf: LeafMut<'_>) {
        (self.found)(&self.at, leaf);
    }
}

/// The name in JSON of a variant called `name` in Rust, as serde's `rename_all = "snake_case"` makes it.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 2);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

macro_rules! leaves {
    ($($ty:ty => $variant:ident,)*) => {$(
        impl Walk for $ty {
            fn walk<'a>(&'a self, step: &mut Step<'_, 'a>) {
                step.leaf(Leaf::$variant(self));
            }

            fn walk_mut(&mut self, step: &mut StepMut<'_>) {
                step.leaf(LeafMut::$variant(self));
            }
        }
    )*};
}

macro_rules! nothing_inside {
    ($($ty:ty,)*) => {$(
        impl Walk for $ty {
            fn walk<'a>(&'a self, _: &mut Step<'_, 'a>) {}
            fn walk_mut(&mut self, _: &mut StepMut<'_>) {}
        }
    )*};
}

leaves! {
    Template => Template,
    Image => Image,
    NodeId => Node,
    Endpoint => Endpoint,
    SourcePath => Source,
}

nothing_inside! {
    bool, u64, i64, String,
    crate::v1::Bytes, crate::v1::Millis, crate::v1::MilliCpu, crate::v1::BasisPoints, crate::v1::Port,
    crate::v1::Host, crate::v1::Url, crate::v1::HttpPath, crate::v1::FilePath, crate::v1::Cron, crate::v1::IpAddr,
    crate::v1::EnvName, crate::v1::PortName,
}

impl<T: Walk> Walk for Option<T> {
    fn walk<'a>(&'a self, step: &mut Step<'_, 'a>) {
        if let Some(value) = self {
            value.walk(step);
        }
    }

    fn walk_mut(&mut self, step: &mut StepMut<'_>) {
        if let Some(value) = self {
            value.walk_mut(step);
        }
    }
}

impl<T: Walk> Walk for Vec<T> {
    fn walk<'a>(&'a self, step: &mut Step<'_, 'a>) {
        for (index, item) in self.iter().enumerate() {
            step.member(&index.to_string(), item);
        }
    }

    fn walk_mut(&mut self, step: &mut StepMut<'_>) {
        for (index, item) in self.iter_mut().enumerate() {
            step.member(&index.to_string(), item);
        }
    }
}

impl<K: Key, T: Walk> Walk for BTreeMap<K, T> {
    fn walk<'a>(&'a self, step: &mut Step<'_, 'a>) {
        for (key, value) in self {
            step.member(&key.text(), value);
        }
    }

    fn walk_mut(&mut self, step: &mut StepMut<'_>) {
        for (key, value) in self {
            step.member(&key.text(), value);
        }
    }
}

/// What stands as a member's name in JSON.
pub(crate) trait Key {
    fn text(&self) -> Cow<'_, str>;
}

impl<T: std::ops::Deref<Target = str>> Key for T {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl Key for UlimitName {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.name())
    }
}
