//! What a mapping can do: one declaration, and one file, per action.
//!
//! Slugs, titles, field names and default triggers are Segment's, so that its documentation and its exported mappings
//! apply. Source: Segment's `actions-tiktok-audiences` destination, and for `syncRecords` RudderStack's record shapes.

mod add_to_audience;
mod add_user;
mod audience_entry;
mod consent;
mod create_audience;
mod declaration;
mod field;
mod filled;
mod found;
mod input;
mod membership;
mod native;
mod operation;
mod own_audience;
mod people;
mod remove_from_audience;
mod remove_user;
mod sync_audience;
mod sync_records;
mod target;

use strum::VariantArray;

use crate::identity::Direction;

pub use audience_entry::AudienceEntry;
pub(crate) use audience_entry::advertiser_of;
pub use consent::Consent;
pub(crate) use consent::Permitted;
pub use declaration::Declaration;
pub use field::{Default, Field, FieldKind, FieldSpec};
pub(crate) use filled::Content;
pub use filled::Filled;
pub(crate) use found::{MAX_VALUES, too_many_values};
pub use input::Input;
use input::Switch;
pub(crate) use operation::Sink;
pub use operation::{Evaluated, Operation, PlannedOperation};
pub use own_audience::OwnAudience;
pub(crate) use people::Judged;
pub use people::{clean, judge};
pub use sync_records::rows::{Columns, Meaning};
pub(crate) use sync_records::rows::{ListRules, RowReader, Spelling};
pub use target::{AdvertiserRef, AudienceRef, MAX_NAME_CHARS};
pub(crate) use target::{advertiser_or, kept_name, known_audience, named_audience};

/// An action, by what it is called in a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, VariantArray)]
pub enum ActionKind {
    /// Add Users (Legacy).
    AddUser,
    /// Remove Users (Legacy).
    RemoveUser,
    /// Create Audience (Legacy).
    CreateAudience,
    /// Add to Audience.
    AddToAudience,
    /// Remove from Audience.
    RemoveFromAudience,
    /// Sync Audience.
    SyncAudience,
    /// Sync Records.
    SyncRecords,
}

impl ActionKind {
    /// Every action.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// What the action is.
    pub const fn declaration(self) -> &'static Declaration {
        match self {
            Self::AddUser => &add_user::DECLARATION,
            Self::RemoveUser => &remove_user::DECLARATION,
            Self::CreateAudience => &create_audience::DECLARATION,
            Self::AddToAudience => &add_to_audience::DECLARATION,
            Self::RemoveFromAudience => &remove_from_audience::DECLARATION,
            Self::SyncAudience => &sync_audience::DECLARATION,
            Self::SyncRecords => &sync_records::DECLARATION,
        }
    }

    /// The name in configuration and reports.
    pub const fn slug(self) -> &'static str {
        self.declaration().slug
    }

    /// The direction of an action that has one of its own; the others add unless the event says otherwise.
    pub const fn direction(self) -> Direction {
        match self {
            Self::RemoveUser | Self::RemoveFromAudience => Direction::Remove,
            Self::AddUser | Self::CreateAudience | Self::AddToAudience | Self::SyncAudience | Self::SyncRecords => {
                Direction::Add
            }
        }
    }

    /// The action of that slug.
    pub fn parse(slug: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.slug() == slug)
    }
}

impl ActionKind {
    /// Reads an event and says what is to be done.
    pub fn evaluate(self, input: Input<'_, '_>, sink: &mut Sink<'_>) {
        sink.result(match self {
            Self::AddUser => add_user::evaluate(input, Direction::Add),
            Self::RemoveUser => add_user::evaluate(input, Direction::Remove),
            Self::CreateAudience => create_audience::evaluate(input),
            Self::AddToAudience => native::evaluate(input, Direction::Add),
            Self::RemoveFromAudience => native::evaluate(input, Direction::Remove),
            Self::SyncAudience => sync_audience::evaluate(input),
            Self::SyncRecords => return sync_records::evaluate(input, sink),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_unique_and_parse_back() {
        for &action in ActionKind::ALL {
            assert_eq!(ActionKind::parse(action.slug()), Some(action));
        }
        assert_eq!(ActionKind::parse("adduser"), None);
    }

    #[test]
    fn no_action_has_a_field_twice() {
        for &action in ActionKind::ALL {
            let mut names: Vec<_> = action.declaration().fields().map(|spec| spec.field.name()).collect();
            names.sort_unstable();
            let count = names.len();
            names.dedup();
            assert_eq!(names.len(), count, "{}", action.slug());
        }
    }
}
