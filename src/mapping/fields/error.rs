//! Why an event does not fill a mapping's fields.

use std::fmt;

use crate::actions::Field;
use crate::mapping::expression::ResolveError;

/// Why an event does not fill a mapping's fields. Never holds a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// A field that the action cannot do without is missing or blank.
    #[error("{} is missing", .field.name())]
    Missing {
        /// The field.
        field: Field,
    },
    /// A value is not of the field's type, and cannot be converted.
    #[error("{} takes {expected}, found {found}", .field.name())]
    WrongType {
        /// The field.
        field: Field,
        /// What it takes, with its article.
        expected: Expected,
        /// What it got, with its article.
        found: &'static str,
    },
    /// A directive failed.
    #[error("{}: {source}", .field.name())]
    Expression {
        /// The field.
        field: Field,
        /// Why.
        source: ResolveError,
    },
    /// The directive that gives all fields failed.
    #[error("the mapping: {0}")]
    Whole(ResolveError),
    /// The directive that gives all fields gave something else than an object.
    #[error("the mapping gives {0}, expected an object")]
    NotAnObject(&'static str),
}

impl FieldError {
    /// The field that it is about, if it is about one.
    pub const fn field(&self) -> Option<Field> {
        match self {
            Self::Missing { field } | Self::WrongType { field, .. } | Self::Expression { field, .. } => Some(*field),
            Self::Whole(_) | Self::NotAnObject(_) => None,
        }
    }
}

/// What a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A text.
    Text,
    /// A text or several.
    Texts,
    /// A boolean.
    Boolean,
    /// One of these.
    Choice(&'static [&'static str]),
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("a string"),
            Self::Texts => f.write_str("a string or an array of strings"),
            Self::Boolean => f.write_str("a boolean"),
            Self::Choice(choices) => write!(f, "one of {}", choices.join(", ")),
        }
    }
}
