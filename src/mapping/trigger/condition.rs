//! A trigger, read.

use super::glob::Glob;
use super::subject::Subject;

/// A condition with its parts.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::mapping) enum Condition {
    /// Every part holds.
    All(Vec<Condition>),
    /// One part or more holds.
    Any(Vec<Condition>),
    /// The part does not hold.
    Not(Box<Condition>),
    /// A test of one value.
    Test(Test),
}

/// A test of one value of the event.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::mapping) struct Test {
    pub(in crate::mapping) subject: Subject,
    pub(in crate::mapping) check: Check,
}

/// What a value is tested for.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::mapping) enum Check {
    /// `= "text"`: the value is this text.
    Is(Box<str>),
    /// `!= "text"`: the value is missing, or not this text.
    IsNot(Box<str>),
    /// A comparison with a number; only a number passes one.
    Number(Comparison, f64),
    /// `!= null`: the value is neither missing nor null.
    Exists,
    /// `= null`
    Absent,
    /// `= true` or `= false`: the value is this boolean.
    IsBoolean(bool),
    /// `!= true` or `!= false`: the value is anything but this boolean.
    IsNotBoolean(bool),
    /// `contains(…)`; false: `!contains(…)`. Only a text passes either.
    Contains(Box<str>, bool),
    /// `match(…)`; false: `!match(…)`. Only a text passes either.
    Matches(Glob, bool),
}

/// How a number is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::mapping) enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}
