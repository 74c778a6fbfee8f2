//! What a condition is about: a value of the event by its path.

use super::super::walk::{Found, walk};
use crate::event::Event;
use crate::json::Value;

/// The words that a subject starts with.
pub(super) const WORDS: [&str; 9] =
    ["type", "event", "name", "userId", "anonymousId", "messageId", "properties", "traits", "context"];

/// A value of the event.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::mapping) enum Subject {
    /// `type`
    Kind,
    /// `event`
    Event,
    /// `name`
    Name,
    /// `userId`
    UserId,
    /// `anonymousId`
    AnonymousId,
    /// `messageId`
    MessageId,
    /// `properties.…`
    Properties(Box<[Box<str>]>),
    /// `traits.…`
    Traits(Box<[Box<str>]>),
    /// `context.…`
    Context(Box<[Box<str>]>),
}

impl Subject {
    /// The value in an event.
    pub(in crate::mapping) fn find<'e>(&self, event: &Event<'e>) -> Found<'e> {
        let top = |value: Option<Value<'e>>| value.map_or(Found::Missing, Found::Value);
        match self {
            Self::Kind => top(event.kind()),
            Self::Event => top(event.name()),
            Self::Name => top(event.root.get("name")),
            Self::UserId => top(event.user_id()),
            Self::AnonymousId => top(event.root.get("anonymousId")),
            Self::MessageId => top(event.stated_message_id()),
            Self::Properties(keys) => walk(top(event.properties()), keys),
            Self::Traits(keys) => walk(top(event.traits()), keys),
            Self::Context(keys) => context(event, keys),
        }
    }

    /// The word that it starts with, and the keys behind that.
    pub(super) fn parts(&self) -> (&'static str, &[Box<str>]) {
        match self {
            Self::Kind => ("type", &[]),
            Self::Event => ("event", &[]),
            Self::Name => ("name", &[]),
            Self::UserId => ("userId", &[]),
            Self::AnonymousId => ("anonymousId", &[]),
            Self::MessageId => ("messageId", &[]),
            Self::Properties(keys) => ("properties", keys),
            Self::Traits(keys) => ("traits", keys),
            Self::Context(keys) => ("context", keys),
        }
    }

    /// Whether `= true` means the boolean: Segment compares the other subjects with the text.
    pub(super) const fn has_booleans(&self) -> bool {
        match self {
            Self::Kind | Self::Event | Self::Name => false,
            Self::UserId
            | Self::AnonymousId
            | Self::MessageId
            | Self::Properties(_)
            | Self::Traits(_)
            | Self::Context(_) => true,
        }
    }

    /// Whether `= 5` means the number: Segment compares the other subjects with the text.
    pub(super) const fn has_numbers(&self) -> bool {
        match self {
            Self::Kind | Self::Event | Self::Name | Self::UserId | Self::AnonymousId | Self::MessageId => false,
            Self::Properties(_) | Self::Traits(_) | Self::Context(_) => true,
        }
    }
}

/// A value below `context`, starting from the members that the event has found already.
fn context<'e>(event: &Event<'e>, keys: &[Box<str>]) -> Found<'e> {
    if let Some((first, rest)) = keys.split_first() {
        let known = match &**first {
            "traits" => event.context_traits(),
            "device" => event.device(),
            "personas" => event.personas(),
            _ => None,
        };
        if let Some(value) = known {
            return walk(Found::Value(value), rest);
        }
    }
    walk(event.context().map_or(Found::Missing, Found::Value), keys)
}
