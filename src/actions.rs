//! What a mapping can do: one declaration, and one file, per action.
//!
//! Slugs, titles, field names and default triggers are Segment's, so that its documentation and its exported mappings
//! apply. Source: Segment's `actions-tiktok-audiences` destination, and for `syncRecords` RudderStack's record shapes.

mod add_to_audience;
mod add_user;
mod create_audience;
mod field;
mod membership;
mod native;
mod people;
mod remove_from_audience;
mod remove_user;
mod sync_audience;
mod sync_records;
mod target;

use smallvec::{SmallVec, smallvec};

use crate::batch::{Rows, Verb};
use crate::config::{Destination, OwnAudience, Treatment};
use crate::event::Event;
use crate::mapping::Filled;
use crate::outcome::{Explanation, Note};
use crate::tiktok::AdvertiserId;

pub use field::{Default, Field, FieldKind, FieldSpec};
pub use people::{Judged, judge};
pub use target::{Advertiser, Audience, MAX_NAME_CHARS, kept_name};

/// An action, by what it is called in a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

impl ActionKind {
    /// Every action.
    pub const ALL: [Self; 7] = [
        Self::AddUser,
        Self::RemoveUser,
        Self::CreateAudience,
        Self::AddToAudience,
        Self::RemoveFromAudience,
        Self::SyncAudience,
        Self::SyncRecords,
    ];

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

    /// The action of that slug.
    pub fn parse(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.slug() == slug)
    }
}

/// What an action reads: an event, the fields that its mapping filled from it, and what the destination says.
#[derive(Clone, Copy, Debug)]
pub struct Input<'i, 'e> {
    /// The event.
    pub event: &'i Event<'e>,
    /// The mapping's fields.
    pub filled: &'i Filled<'e>,
    /// When the audience is the mapping's own, so that the event's membership does not speak of it.
    pub own_audience: OwnAudience,
    /// How identifiers are normalised.
    pub treatment: &'i Treatment,
    /// The destination.
    pub destination: &'i Destination,
}

/// What an action wants done.
#[derive(Clone, Debug)]
pub enum Intent {
    /// Add or remove people.
    Members {
        /// Add or remove.
        verb: Verb,
        /// The ad account.
        advertiser: Advertiser,
        /// The audience.
        audience: Audience,
        /// The people.
        rows: Rows,
        /// What is done otherwise than the event asked for.
        note: Option<Note>,
    },
    /// Remove people from every audience that they could be in.
    Forget {
        /// The ad accounts that the configuration names; those of the secret come to them.
        advertisers: Vec<AdvertiserId>,
        /// The people, under every rule that may have added them.
        rows: Rows,
    },
    /// Find an audience, else create it.
    Create {
        /// The ad account.
        advertiser: Advertiser,
        /// The name, as TikTok will keep it.
        name: String,
        /// Create without looking for it.
        allow_duplicate: bool,
    },
}

/// What an action makes of an event: what goes on, and whom of a record it has to leave out.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    /// What is wanted: one thing, but for lists of people.
    pub intents: SmallVec<[Intent; 1]>,
    /// Why people of the record are left out; nothing but for records of several people.
    pub left_out: Vec<Explanation>,
}

impl From<Intent> for Prepared {
    fn from(intent: Intent) -> Self {
        Self { intents: smallvec![intent], left_out: Vec::new() }
    }
}

impl ActionKind {
    /// Reads an event.
    ///
    /// # Errors
    /// Why there is nothing to do, or nothing that can be done.
    pub fn prepare(self, input: Input<'_, '_>) -> Result<Prepared, Explanation> {
        let intent = match self {
            Self::AddUser => add_user::prepare(input, Verb::Add),
            Self::RemoveUser => add_user::prepare(input, Verb::Remove),
            Self::CreateAudience => create_audience::prepare(input),
            Self::AddToAudience => native::prepare(input, Verb::Add),
            Self::RemoveFromAudience => native::prepare(input, Verb::Remove),
            Self::SyncAudience => sync_audience::prepare(input),
            Self::SyncRecords => return sync_records::prepare(input),
        };
        intent.map(Prepared::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_unique_and_parse_back() {
        for action in ActionKind::ALL {
            assert_eq!(ActionKind::parse(action.slug()), Some(action));
        }
        assert_eq!(ActionKind::parse("adduser"), None);
    }

    #[test]
    fn no_action_has_a_field_twice() {
        for action in ActionKind::ALL {
            let mut names: Vec<_> = action.declaration().fields().map(|spec| spec.field.name()).collect();
            names.sort_unstable();
            let count = names.len();
            names.dedup();
            assert_eq!(names.len(), count, "{}", action.slug());
        }
    }
}
