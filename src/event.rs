//! One message from a CDP: its members found once, so that everything behind looks them up from here.
//!
//! Knows nothing of how it arrived or what will become of it.

use std::borrow::Cow;
use std::fmt;

use crate::json::{Kind, Value};

/// An event in Segment's spec, borrowed from the text that it arrived in.
///
/// A member that is missing, or that is not what the spec says it is where that decides nothing, is `None`.
#[derive(Clone, Copy)]
pub struct Event<'d> {
    /// The whole message.
    pub root: Value<'d>,
    /// `type`: `track`, `identify`, `record`, …
    pub kind: Option<Value<'d>>,
    /// `event`: the name of a `track`.
    pub name: Option<Value<'d>>,
    /// `properties`
    pub properties: Option<Value<'d>>,
    /// `traits`
    pub traits: Option<Value<'d>>,
    /// `context`
    pub context: Option<Value<'d>>,
    /// `context.traits`
    pub context_traits: Option<Value<'d>>,
    /// `context.device`
    pub device: Option<Value<'d>>,
    /// `context.personas`: Segment Engage's description of the audience.
    pub personas: Option<Value<'d>>,
    /// `context.personas.computation_class`
    pub computation_class: Option<Value<'d>>,
    /// `context.personas.computation_key`: the key of the audience.
    pub computation_key: Option<Value<'d>>,
    /// `context.personas.audience_settings`
    pub audience_settings: Option<Value<'d>>,
    /// `integrations`
    pub integrations: Option<Value<'d>>,
    /// `messageId`
    pub message_id: Option<Value<'d>>,
    /// `userId`
    pub user_id: Option<Value<'d>>,
    /// `timestamp`
    pub timestamp: Option<Value<'d>>,
    /// `originalTimestamp`
    pub original_timestamp: Option<Value<'d>>,
    /// `receivedAt`
    pub received_at: Option<Value<'d>>,
}

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
                *slot = Some(value);
            }
        });
        if let Some(context) = event.context {
            context.each_member(|name, value| match name {
                b"traits" => event.context_traits = Some(value),
                b"device" => event.device = Some(value),
                b"personas" => event.personas = Some(value),
                _ => {}
            });
        }
        if let Some(personas) = event.personas {
            personas.each_member(|name, value| match name {
                b"computation_class" => event.computation_class = Some(value),
                b"computation_key" => event.computation_key = Some(value),
                b"audience_settings" => event.audience_settings = Some(value),
                _ => {}
            });
        }
        Ok(event)
    }

    const fn empty(root: Value<'d>) -> Self {
        Self {
            root,
            kind: None,
            name: None,
            properties: None,
            traits: None,
            context: None,
            context_traits: None,
            device: None,
            personas: None,
            computation_class: None,
            computation_key: None,
            audience_settings: None,
            integrations: None,
            message_id: None,
            user_id: None,
            timestamp: None,
            original_timestamp: None,
            received_at: None,
        }
    }

    fn slot(&mut self, name: &[u8]) -> Option<&mut Option<Value<'d>>> {
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

    /// Whether `type` is this word.
    pub fn is_kind(&self, word: &str) -> bool {
        self.kind.is_some_and(|kind| kind.is_str(word))
    }

    /// Whether this is a canonical record: an object of our own shape, which has an `action` and no `type`.
    pub fn is_canonical_record(&self) -> bool {
        self.kind.is_none_or(Value::is_null) && self.root.get("action").is_some()
    }

    /// Where the sender's id stands in a message that is read for nothing else.
    pub fn message_id_in(root: Value<'d>) -> Option<Value<'d>> {
        root.get("messageId").or_else(|| Self::read(root).ok()?.own_message_id())
    }

    /// Where the sender's id of the message stands.
    pub fn own_message_id(&self) -> Option<Value<'d>> {
        self.message_id.or_else(|| self.root.get("id").filter(|_| self.is_canonical_record()))
    }

    /// The sender's id of the message, for reports.
    pub fn message_id(&self) -> Option<Cow<'d, str>> {
        self.own_message_id()?.as_text()
    }
}
