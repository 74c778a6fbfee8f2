//! Whether an event says that the person is in the audience.

use crate::event::Event;
use crate::json::Value;

/// What Engage puts into `context.personas.computation_class`.
///
/// Source: Segment's actions-core, `audience-membership.ts`: only these two classes carry a membership flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ComputationClass {
    Audience,
    JourneyStep,
    /// A computed trait: no audience at all.
    Trait,
}

impl ComputationClass {
    pub(super) fn of(event: &Event<'_>) -> Option<Self> {
        let class = event.computation_class()?.as_str()?;
        match class.as_ref() {
            "audience" => Some(Self::Audience),
            "journey_step" => Some(Self::JourneyStep),
            "trait" => Some(Self::Trait),
            _ => None,
        }
    }
}

/// The flag of an Engage audience: the JSON boolean under the audience's key.
///
/// RudderStack keeps the traits of an `identify` in `context.traits`, and its SDK for Python nowhere else; they are read
/// where the event's own lack the key. Source: rudder-sdk-python, `Client.identify`.
pub(super) fn flag(event: &Event<'_>) -> Option<bool> {
    stated(event)?.as_bool()
}

/// What stands in the place of the flag.
pub(super) fn stated<'d>(event: &Event<'d>) -> Option<Value<'d>> {
    if event.is_kind("identify") {
        stated_in(event, [event.traits(), event.context_traits()])
    } else if event.is_kind("track") {
        stated_in(event, [event.properties(), None])
    } else {
        None
    }
}

/// The same flag whatever the type of the event, to be compared with what its name says; also as a text.
pub(super) fn any_flag(event: &Event<'_>) -> Option<bool> {
    read(stated(event)).or_else(|| read(stated_in(event, [event.properties(), event.traits()])))
}

fn read(flag: Option<Value<'_>>) -> Option<bool> {
    let flag = flag?;
    flag.as_bool().or_else(|| flag.as_str()?.trim().to_ascii_lowercase().parse().ok())
}

fn stated_in<'d>(event: &Event<'d>, carriers: [Option<Value<'d>>; 2]) -> Option<Value<'d>> {
    match ComputationClass::of(event)? {
        ComputationClass::Audience | ComputationClass::JourneyStep => {}
        ComputationClass::Trait => return None,
    }
    let key = event.computation_key().and_then(Value::as_str)?;
    carriers.into_iter().flatten().find_map(|carrier| carrier.get(&key))
}
