//! Values of `destination.json` with their paths.

use crate::json::Value;
use crate::mapping::{item_path, member_path};

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
        Self { path: member_path(&self.path, key), value }
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
        Self { path: item_path(&self.path, index), value }
    }
}
