//! What an action says of itself.

use super::field::FieldSpec;

/// What an action is: everything about it that needs no event.
#[derive(Debug)]
pub struct Declaration {
    /// The name in configuration and reports.
    pub slug: &'static str,
    /// The name that people read.
    pub title: &'static str,
    /// One sentence for people.
    pub description: &'static str,
    /// The trigger of a mapping that states none.
    pub default_trigger: &'static str,
    /// The action's own fields.
    pub own_fields: &'static [FieldSpec],
    /// The fields that it shares with other actions.
    pub shared_fields: &'static [FieldSpec],
}

impl Declaration {
    /// All fields of the action.
    pub fn fields(&self) -> impl Iterator<Item = &'static FieldSpec> {
        self.own_fields.iter().chain(self.shared_fields)
    }
}
