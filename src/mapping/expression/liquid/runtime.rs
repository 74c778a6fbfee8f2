//! Where a template's variables come from: what it assigned itself, else the event; nothing is never an error.

use std::cell::Cell;
use std::collections::BTreeSet;

use liquid_core::error::{Error, Result};
use liquid_core::model::{KString, KStringCow, KStringRef, ScalarCow, Value, ValueCow, ValueView};
use liquid_core::runtime::{PartialStore, Registers, Runtime};

use super::super::super::path::Root;
use super::super::super::resolved::Resolved;
use super::filters::{self, MAX_TEXT};
use super::node::{Node, Step};

/// What the event does not have.
static MISSING: Node = Node::Missing;

/// What the template has set to nothing.
static NULL: Node = Node::Null;

/// The library's runtime over the event's values.
pub(super) struct EventRuntime<'r> {
    inner: &'r dyn Runtime,
    /// The event's members that the template may name.
    members: Vec<(KString, Node)>,
    looked: Cell<bool>,
    found: Cell<bool>,
}

impl<'r> EventRuntime<'r> {
    /// Takes from the event what appears in the template's text.
    pub(super) fn new(inner: &'r dyn Runtime, root: Root<'_, '_>, source: &str) -> Self {
        let root = match root {
            Root::Event(event) => &Resolved::Value(event.root),
            Root::Tree(tree) => tree,
        };
        let members = root.members().unwrap_or_default().into_iter();
        let named = members.filter(|(key, _)| source.contains(&**key));
        let members = named.map(|(key, value)| (KString::from(key.into_owned()), Node::from(&*value)));
        Self { inner, members: members.collect(), looked: Cell::new(false), found: Cell::new(false) }
    }

    /// Whether the template asked for values of the event, and none was there.
    pub(super) const fn found_nothing(&self) -> bool {
        self.looked.get() && !self.found.get()
    }

    fn find(&self, path: &[ScalarCow<'_>]) -> Option<ValueCow<'_>> {
        let (first, keys) = path.split_first()?;
        if let Some(own) = self.inner.try_get(std::slice::from_ref(first)) {
            let found = if keys.is_empty() { own } else { ValueCow::Owned(in_own(own.into_owned(), keys)?) };
            return Some(if found.is_nil() { ValueCow::Borrowed(&NULL) } else { found });
        }
        let found = self.find_in_event(first, keys);
        let is_blank = |value: &ValueCow<'_>| value.is_nil() || value.to_kstr().trim().is_empty();
        self.looked.set(true);
        self.found.set(self.found.get() || found.as_ref().is_some_and(|found| !is_blank(found)));
        found
    }

    fn find_in_event(&self, first: &ScalarCow<'_>, keys: &[ScalarCow<'_>]) -> Option<ValueCow<'_>> {
        let name = first.to_kstr();
        let (_, start) = self.members.iter().find(|(key, _)| *key == *name)?;
        let mut node = start;
        for (number, key) in keys.iter().enumerate() {
            node = match node.step(key) {
                Step::Found(found) => found,
                Step::Made(made) => return in_own(made, keys.get(number + 1..)?).map(ValueCow::Owned),
                Step::Missing => {
                    let is_size = number + 1 == keys.len() && key.to_kstr() == "size";
                    return is_size.then(|| filters::size_of(node).map(ValueCow::Owned)).flatten();
                }
            };
        }
        Some(ValueCow::Borrowed(node))
    }
}

/// What a path leads to in what is not of the event.
fn in_own(value: Value, keys: &[ScalarCow<'_>]) -> Option<Value> {
    keys.iter().try_fold(value, |from, key| match Node::of(&from).step(key) {
        Step::Found(found) => Some(found.to_value()),
        Step::Made(made) => Some(made),
        Step::Missing if key.to_kstr() == "size" => filters::size_of(&from),
        Step::Missing => None,
    })
}

impl Runtime for EventRuntime<'_> {
    fn partials(&self) -> &dyn PartialStore {
        self.inner.partials()
    }

    fn name(&self) -> Option<KStringRef<'_>> {
        self.inner.name()
    }

    fn roots(&self) -> BTreeSet<KStringCow<'_>> {
        self.inner.roots()
    }

    fn try_get(&self, path: &[ScalarCow<'_>]) -> Option<ValueCow<'_>> {
        Some(self.find(path).unwrap_or(ValueCow::Borrowed(&MISSING)))
    }

    fn get(&self, path: &[ScalarCow<'_>]) -> Result<ValueCow<'_>> {
        let found = self.find(path).unwrap_or(ValueCow::Borrowed(&MISSING));
        if found.as_scalar().is_some_and(|scalar| scalar.to_kstr().len() > MAX_TEXT) {
            return Err(Error::with_msg("the value is too long"));
        }
        Ok(found)
    }

    fn set_global(&self, name: KString, value: Value) -> Option<Value> {
        self.inner.set_global(name, value)
    }

    fn set_index(&self, name: KString, value: Value) -> Option<Value> {
        self.inner.set_index(name, value)
    }

    fn get_index<'a>(&'a self, name: &str) -> Option<ValueCow<'a>> {
        self.inner.get_index(name)
    }

    fn registers(&self) -> &Registers {
        self.inner.registers()
    }
}
