//! An identifier that was there and was not sent.

use crate::identity::Unusable;

/// One identifier that an event has and that TikTok did not get, also where the event was delivered by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LeftOut {
    /// The field of the mapping, or the column of the record.
    pub field: &'static str,
    /// Why, as a constant for machines.
    pub reason: &'static str,
}

impl LeftOut {
    /// An identifier that can't be used.
    pub const fn unusable(field: &'static str, unusable: Unusable) -> Self {
        Self { field, reason: unusable.code() }
    }

    /// An identifier of another column than the only one that the audience takes.
    pub const fn other_id_type(field: &'static str) -> Self {
        Self { field, reason: "OTHER_ID_TYPE" }
    }
}

/// The identifiers that were left out of one action; nothing where all were sent, which is the rule.
pub type AllLeftOut = Option<Box<[LeftOut]>>;
