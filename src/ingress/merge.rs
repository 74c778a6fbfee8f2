//! Events that can't stay as they were sent: a key to take out, a type to add, what their batch says about
//! all of them to merge in. Every other event is used where it stands.

use std::borrow::Cow;
use std::collections::HashSet;

use foldhash::fast::RandomState;

use super::write_key::WRITE_KEY;
use crate::json::{Kind, ObjectText, Value};

/// What the events of one request have in common.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Common<'b> {
    /// The type of an event that states none.
    pub(super) kind: Option<&'static str>,
    /// The batch's `context`.
    pub(super) context: Option<Value<'b>>,
    /// The batch's `integrations`.
    pub(super) integrations: Option<Value<'b>>,
}

impl<'b> Common<'b> {
    /// What a batch says about all of its events.
    ///
    /// It is looked at where it stands and copied only into events that stay within [`Common::added`]'s limits.
    pub(super) fn of_batch(body: Value<'b>) -> Self {
        let object = |name| body.get(name).filter(|value| value.kind() == Kind::Object && !value.is_empty());
        Self { kind: None, context: object("context"), integrations: object("integrations") }
    }

    /// How many bytes it adds to an event at most.
    pub(super) fn added(&self) -> usize {
        [self.context, self.integrations].into_iter().flatten().map(|value| value.raw().len()).sum()
    }

    /// The text of an event with it; `None` where the event stays as it was sent.
    pub(super) fn applied_to(&self, event: Value<'_>) -> Option<String> {
        if event.kind() != Kind::Object {
            return None;
        }
        let kind = self.kind.filter(|_kind| event.get("type").is_none_or(Value::is_null));
        if kind.is_none() && self.context.is_none() && self.integrations.is_none() {
            return event.without_member(WRITE_KEY);
        }
        let outer = [("context", self.context), ("integrations", self.integrations)];
        let mut object = ObjectText::with_capacity(event.raw().len() + self.added() + 64);
        if let Some(kind) = kind {
            object.push("\"type\"", &format!("\"{kind}\""));
        }
        for (key, value) in event.members() {
            match key.as_str().as_deref() {
                Some(WRITE_KEY) => {}
                Some("type") if kind.is_some() => {}
                Some("context") => object.push(key.raw(), &merged(value, self.context)),
                Some("integrations") => object.push(key.raw(), &merged(value, self.integrations)),
                _ => object.push(key.raw(), value.raw()),
            }
        }
        for (name, value) in outer {
            if let Some(value) = value.filter(|_value| event.get(name).is_none()) {
                object.push(&format!("\"{name}\""), value.raw());
            }
        }
        Some(object.finish())
    }
}

/// The event's own object with those members of the batch's that it lacks, one level deep: a `traits` or `device` is a
/// description of one person, so that half of it must not come from elsewhere. Segment documents that the two are
/// merged, not how deep. Source: Segment, HTTP Tracking API, "Batch".
fn merged<'v>(own: Value<'v>, outer: Option<Value<'v>>) -> Cow<'v, str> {
    let Some(outer) = outer else { return Cow::Borrowed(own.raw()) };
    match own.kind() {
        Kind::Object => {}
        Kind::Null => return Cow::Borrowed(outer.raw()),
        Kind::Bool | Kind::Number | Kind::String | Kind::Array => return Cow::Borrowed(own.raw()),
    }
    let mut object = ObjectText::with_capacity(own.raw().len() + outer.raw().len());
    let mut names = HashSet::with_capacity_and_hasher(own.len(), RandomState::default());
    for (key, value) in own.members() {
        object.push(key.raw(), value.raw());
        names.extend(key.as_str());
    }
    for (key, value) in outer.members() {
        if key.as_str().is_some_and(|key| !names.contains(&key)) {
            object.push(key.raw(), value.raw());
        }
    }
    Cow::Owned(object.finish())
}
