//! One message from a CDP: its members found once, so that everything behind looks them up from here.
//!
//! Knows nothing of how it arrived or what will become of it.

pub mod time;

use std::borrow::Cow;
use std::fmt;

use crate::json::{Kind, Value};

/// An event in Segment's spec, borrowed from the text that it arrived in.
///
/// A member that is missing, or that is not what the spec says it is where that decides nothing, is `None`. Its places are
/// kept and not its values: an event is handed on by copying it.
#[derive(Clone, Copy)]
pub struct Event<'d> {
    /// The whole message.
    pub root: Value<'d>,
    kind: Place,
    name: Place,
    properties: Place,
    traits: Place,
    context: Place,
    context_traits: Place,
    device: Place,
    personas: Place,
    computation_class: Place,
    computation_key: Place,
    audience_settings: Place,
    integrations: Place,
    message_id: Place,
    user_id: Place,
    timestamp: Place,
    original_timestamp: Place,
    received_at: Place,
}

/// Where a member is in the document of the message; 0, where a document begins, for none.
type Place = u32;

/// Prints nothing of the content.
impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").finish_non_exhaustive()
    }
}

/// A record that is not an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event is an object, this is {}", .0.described())]
pub struct NotAnObject(pub Kind);

impl<'d> Event<'d> {
    /// Finds the members of a message.
    ///
    /// # Errors
    /// The value is not an object.
    pub fn read(root: Value<'d>) -> Result<Self, NotAnObject> {
        if root.kind() != Kind::Object {
            return Err(NotAnObject(root.kind()));
        }
        let mut event = Self::empty(root);
        root.each_member(|name, value| {
            if let Some(slot) = event.slot(name) {
                *slot = value.position();
            }
        });
        if let Some(context) = event.context() {
            context.each_member(|name, value| match name {
                b"traits" => event.context_traits = value.position(),
                b"device" => event.device = value.position(),
                b"personas" => event.personas = value.position(),
                _ => {}
            });
        }
        if let Some(personas) = event.personas() {
            personas.each_member(|name, value| match name {
                b"computation_class" => event.computation_class = value.position(),
                b"computation_key" => event.computation_key = value.position(),
                b"audience_settings" => event.audience_settings = value.position(),
                _ => {}
            });
        }
        Ok(event)
    }

    const fn empty(root: Value<'d>) -> Self {
        Self {
            root,
            kind: 0,
            name: 0,
            properties: 0,
            traits: 0,
            context: 0,
            context_traits: 0,
            device: 0,
            personas: 0,
            computation_class: 0,
            computation_key: 0,
            audience_settings: 0,
            integrations: 0,
            message_id: 0,
            user_id: 0,
            timestamp: 0,
            original_timestamp: 0,
            received_at: 0,
        }
    }

    fn slot(&mut self, name: &[u8]) -> Option<&mut Place> {
        Some(match name {
            b"type" => &mut self.kind,
            b"event" => &mut self.name,
            b"properties" => &mut self.properties,
            b"traits" => &mut self.traits,
            b"context" => &mut self.context,
            b"integrations" => &mut self.integrations,
            b"messageId" => &mut self.message_id,
            b"userId" => &mut self.user_id,
            b"timestamp" => &mut self.timestamp,
            b"originalTimestamp" => &mut self.original_timestamp,
            b"receivedAt" => &mut self.received_at,
            _ => return None,
        })
    }

    fn member(&self, place: Place) -> Option<Value<'d>> {
        (place != 0).then(|| self.root.at(place))
    }

    /// `type`: `track`, `identify`, `record`, …
    pub fn kind(&self) -> Option<Value<'d>> {
        self.member(self.kind)
    }

    /// `event`: the name of a `track`.
    pub fn name(&self) -> Option<Value<'d>> {
        self.member(self.name)
    }

    /// `properties`
    pub fn properties(&self) -> Option<Value<'d>> {
        self.member(self.properties)
    }

    /// `traits`
    pub fn traits(&self) -> Option<Value<'d>> {
        self.member(self.traits)
    }

    /// `context`
    pub fn context(&self) -> Option<Value<'d>> {
        self.member(self.context)
    }

    /// `context.traits`
    pub fn context_traits(&self) -> Option<Value<'d>> {
        self.member(self.context_traits)
    }

    /// `context.device`
    pub fn device(&self) -> Option<Value<'d>> {
        self.member(self.device)
    }

    /// `context.personas`: Segment Engage's description of the audience.
    pub fn personas(&self) -> Option<Value<'d>> {
        self.member(self.personas)
    }

    /// `context.personas.computation_class`
    pub fn computation_class(&self) -> Option<Value<'d>> {
        self.member(self.computation_class)
    }

    /// `context.personas.computation_key`: the key of the audience.
    pub fn computation_key(&self) -> Option<Value<'d>> {
        self.member(self.computation_key)
    }

    /// `context.personas.audience_settings`
    pub fn audience_settings(&self) -> Option<Value<'d>> {
        self.member(self.audience_settings)
    }

    /// `integrations`
    pub fn integrations(&self) -> Option<Value<'d>> {
        self.member(self.integrations)
    }

    /// `messageId`
    pub fn stated_message_id(&self) -> Option<Value<'d>> {
        self.member(self.message_id)
    }

    /// `userId`
    pub fn user_id(&self) -> Option<Value<'d>> {
        self.member(self.user_id)
    }

    /// `timestamp`
    pub fn timestamp(&self) -> Option<Value<'d>> {
        self.member(self.timestamp)
    }

    /// `originalTimestamp`
    pub fn original_timestamp(&self) -> Option<Value<'d>> {
        self.member(self.original_timestamp)
    }

    /// `receivedAt`
    pub fn received_at(&self) -> Option<Value<'d>> {
        self.member(self.received_at)
    }

    /// Whether `type` is this word.
    pub fn is_kind(&self, word: &str) -> bool {
        self.kind().is_some_and(|kind| kind.is_str(word))
    }

    /// Whether this is a canonical record: an object of our own shape, which has an `action` and no `type`.
    pub fn is_canonical_record(&self) -> bool {
        self.kind().is_none_or(Value::is_null) && self.root.get("action").is_some()
    }

    /// Where the sender's id stands in a message that is read for nothing else.
    pub fn message_id_in(root: Value<'d>) -> Option<Value<'d>> {
        root.get("messageId").or_else(|| Self::read(root).ok()?.own_message_id())
    }

    /// Where the sender's id of the message stands.
    pub fn own_message_id(&self) -> Option<Value<'d>> {
        self.stated_message_id().or_else(|| self.root.get("id").filter(|_| self.is_canonical_record()))
    }

    /// The sender's id of the message, for reports.
    pub fn message_id(&self) -> Option<Cow<'d, str>> {
        self.own_message_id()?.as_text()
    }
}
