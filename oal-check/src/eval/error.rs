//! Why an expression has no value, as data; `elaborate::findings` says it in words.

use crate::eval::Task;
use crate::program::{DefId, ExprRef};

/// Why an expression has no value, and which part of it is to blame.
#[derive(Debug, Clone, PartialEq)]
pub struct EvalError {
    /// The part.
    pub at: ExprRef,
    /// The reason.
    pub fault: Fault,
}

/// What can go wrong in an expression whose types are right.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// A division by zero.
    DivisionByZero,
    /// A result that does not fit; as the calculation reads with its values.
    Overflow(Box<str>),
    /// A quantity below zero; as the calculation reads with its values.
    NegativeQuantity(Box<str>),
    /// An index that the list does not have.
    IndexOutOfRange {
        /// The index.
        index: i64,
        /// How many elements there are.
        len: usize,
    },
    /// A key that the map does not have.
    KeyNotFound {
        /// The key.
        key: Box<str>,
        /// One of its keys that may have been meant.
        near: Option<Box<str>>,
        /// Some of its keys.
        some: Vec<Box<str>>,
    },
    /// A key that no instance of the repeated component has.
    NoInstance {
        /// The component.
        component: DefId,
        /// The key.
        key: Box<str>,
        /// A key that may have been meant.
        near: Option<Box<str>>,
        /// Some of its keys.
        some: Vec<Box<str>>,
    },
    /// A component that does not exist in the environment.
    Absent {
        /// Its path, as it is referred to.
        component: Box<str>,
        /// Its definition, unless it is nested in another one.
        def: Option<DefId>,
    },
    /// A value that needs itself: the way from it to itself.
    Cycle {
        /// Names on the way; the last is the first.
        way: Vec<Box<str>>,
    },
    /// The budget of steps is used up.
    Budget,
    /// A text, list or map beyond the largest size.
    TooLarge(Size),
    /// Two instances of a repeated component would have this key.
    DuplicateInstance(Box<str>),
    /// A map comprehension made this key twice.
    DuplicateKey(Box<str>),
    /// `min` or `max` of nothing; the function's name.
    EmptyList(&'static str),
    /// A function cannot work with the value of an argument.
    BadArgument {
        /// The function.
        function: &'static str,
        /// The parameter.
        parameter: &'static str,
        /// What is wrong with the value.
        problem: Box<str>,
    },
}

/// What grew too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// A text.
    Text,
    /// Lists in lists in lists.
    Nest,
    /// A list.
    List,
    /// A map.
    Map,
    /// The instances of a repeated component.
    Instances,
}

/// Why an evaluation stops.
#[derive(Debug)]
pub(crate) enum Stop {
    /// There is no value.
    Error(Box<EvalError>),
    /// Something else has to be made first; see [`super::Evaluator::run`].
    Need(Task, u8),
}

impl EvalError {
    /// Stops with an error.
    pub(crate) fn stop(at: ExprRef, fault: Fault) -> Stop {
        Stop::Error(Box::new(Self { at, fault }))
    }
}

impl From<Box<EvalError>> for Stop {
    fn from(error: Box<EvalError>) -> Self {
        Self::Error(error)
    }
}
