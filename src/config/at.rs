//! Values of `destination.json` with their paths.

use std::fmt;

use crate::json::Value;

/// A value and its path.
#[derive(Clone, Debug)]
pub(super) struct At<'d> {
    pub(super) path: String,
    pub(super) value: Value<'d>,
}

impl<'d> At<'d> {
    pub(super) fn root(value: Value<'d>) -> Self {
        Self { path: "$".to_owned(), value }
    }

    /// A value under a key of this object.
    pub(super) fn under(&self, key: &str, value: Value<'d>) -> Self {
        Self { path: format!("{}{}", self.path, Segment(key)), value }
    }

    /// The member of that name, `null` included.
    pub(super) fn member(&self, key: &str) -> Option<Self> {
        self.value.get(key).map(|value| self.under(key, value))
    }

    /// The member of that name; `null` is as good as absent.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        self.member(key).filter(|at| !at.value.is_null())
    }

    /// A missing member: its path, shown at this object.
    pub(super) fn missing(&self, key: &str) -> Self {
        self.under(key, self.value)
    }

    /// An item of this array.
    pub(super) fn item(&self, index: usize, value: Value<'d>) -> Self {
        Self { path: format!("{}[{index}]", self.path), value }
    }
}

/// A key as it stands in a path: `.key`, or `['any key']`.
struct Segment<'k>(&'k str);

impl fmt::Display for Segment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(key) = self;
        let plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && key.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
        if plain { write!(f, ".{key}") } else { write!(f, "['{}']", key.escape_debug()) }
    }
}
