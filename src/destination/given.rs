//! What a mapping says of a field before any event: a literal, something of the event's, or nothing.
//!
//! Knows what follows from that for its audience; `mapping` computes values.

use std::fmt;

use crate::actions::{Field, MAX_NAME_CHARS, OwnAudience};
use crate::mapping::Fields;

/// What a field is filled with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// Nothing, ever.
    Absent,
    /// This text, or this boolean or number as a text.
    Literal(String),
    /// What the event says.
    OfEvent,
}

impl Given {
    pub(crate) fn of(fields: &Fields, field: Field) -> Self {
        if fields.uses_event(field) {
            return Self::OfEvent;
        }
        let text = fields.literal(field).filter(|text| !text.trim().is_empty());
        text.map_or(Self::Absent, Self::Literal)
    }

    /// Whether a switch is off for every event.
    pub(crate) fn is_off(&self) -> bool {
        match self {
            Self::Absent => true,
            Self::Literal(text) => text == "false" || text == "0",
            Self::OfEvent => false,
        }
    }

    /// The text that the field has for every event, if there is one.
    fn into_literal(self) -> Option<String> {
        match self {
            Self::Literal(text) => Some(text),
            Self::Absent | Self::OfEvent => None,
        }
    }
}

/// An audience that a mapping names itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LiteralAudience {
    /// By id.
    Id(String),
    /// By name, and the mapping's own advertiser if it names one.
    Name(String, Option<String>),
}

impl LiteralAudience {
    /// The audience that a mapping names: by an id that no event can change, else by a name. An event may bring an id
    /// that goes before the name, and only that event goes elsewhere.
    pub(crate) fn of(fields: &Fields) -> Option<Self> {
        let id = Field::AUDIENCE_IDS.into_iter().find_map(|field| Given::of(fields, field).into_literal());
        if let Some(id) = id {
            return Some(Self::Id(id));
        }
        // Space around a name is dropped before it is looked up.
        let name = Given::of(fields, Field::AudienceName).into_literal()?.trim().to_owned();
        match Given::of(fields, Field::AdvertiserId) {
            Given::Literal(advertiser) => Some(Self::Name(name, Some(advertiser))),
            Given::Absent => Some(Self::Name(name, None)),
            Given::OfEvent => None,
        }
    }
}

impl fmt::Display for LiteralAudience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => f.write_str(id),
            Self::Name(name, _) => write!(f, "`{name}`"),
        }
    }
}

/// When the audience of a mapping is its own choice.
pub(crate) fn own_audience(fields: &Fields) -> OwnAudience {
    let is_literal = |field| matches!(Given::of(fields, field), Given::Literal(_));
    if Field::AUDIENCE_IDS.into_iter().any(is_literal) {
        OwnAudience::Always
    } else if !is_literal(Field::AudienceName) {
        OwnAudience::Never
    } else if fields.uses_event(Field::ExternalAudienceId) {
        OwnAudience::WithoutExternalId
    } else {
        OwnAudience::Always
    }
}

/// Whether an event may bring the id of another audience than the mapping names.
pub(crate) fn event_may_bring_id(fields: &Fields) -> bool {
    Field::AUDIENCE_IDS.into_iter().any(|field| fields.uses_event(field))
}

/// A name by which an audience can be found: longer ones are cut when audiences are made.
pub(crate) fn audience_name(name: &str) -> Result<String, String> {
    let length = name.chars().count();
    if name.trim().is_empty() || length > MAX_NAME_CHARS {
        return Err(format!("must be 1 to {MAX_NAME_CHARS} characters, not all blank"));
    }
    Ok(name.to_owned())
}
