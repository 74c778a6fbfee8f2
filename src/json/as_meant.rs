//! Values as senders mean them: an id that is written as a number, a single value in the place of an array.

use std::borrow::Cow;

use super::{Kind, Value};

impl<'d> Value<'d> {
    /// The text of a string, or a number as it stands in the text.
    pub fn as_text(self) -> Option<Cow<'d, str>> {
        self.as_str().or_else(|| self.as_number().map(Cow::Borrowed))
    }

    /// The items of an array; any other value is its own only item.
    pub fn items_or_itself(self) -> impl Iterator<Item = Self> {
        let itself = (self.kind() != Kind::Array).then_some(self);
        itself.into_iter().chain(self.items())
    }
}
