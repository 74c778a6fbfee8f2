//! What an expression is resolved against.

use std::cell::Cell;

use super::super::path::Root;
use super::super::resolved::Resolved;
use super::{MAX_WRITTEN, Outcome, ResolveError};
use crate::event::Event;

/// The root of paths, and how much may still be written.
pub(in crate::mapping) struct Scope<'s, 'e> {
    pub(super) root: Root<'s, 'e>,
    left: &'s Cell<usize>,
}

impl<'s, 'e> Scope<'s, 'e> {
    /// Resolves something against an event.
    pub(in crate::mapping) fn enter<T>(event: &Event<'e>, resolve: impl FnOnce(&Scope<'_, 'e>) -> T) -> T {
        resolve(&Scope { root: Root::Event(event), left: &Cell::new(MAX_WRITTEN) })
    }

    /// The same with another root.
    pub(super) const fn with_root<'t>(&'t self, root: &'t Resolved<'e>) -> Scope<'t, 'e>
    where
        's: 't,
    {
        Scope { root: Root::Tree(root), left: self.left }
    }

    /// Notes that so many bytes or values were written.
    pub(super) fn spend(&self, written: usize) -> Result<(), ResolveError> {
        let left = self.left.get().checked_sub(written).ok_or(ResolveError::TooLarge)?;
        self.left.set(left);
        Ok(())
    }

    /// Notes that a value was copied.
    pub(super) fn spend_copy(&self, value: Resolved<'e>) -> Outcome<'e> {
        self.spend(size(&value))?;
        Ok(value)
    }
}

/// What a copy takes: values that stay in the event's text take next to nothing.
fn size(value: &Resolved<'_>) -> usize {
    match value {
        Resolved::Missing | Resolved::Value(_) | Resolved::Null | Resolved::Bool(_) => 1,
        Resolved::Number(text) | Resolved::Text(text) => text.len() + 1,
        Resolved::Array(items) => items.iter().map(size).sum::<usize>() + 1,
        Resolved::Object(members) => members.iter().map(|(key, value)| key.len() + size(value)).sum::<usize>() + 1,
    }
}
