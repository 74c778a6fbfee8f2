//! `syncAudience`: adds or removes people by the membership that the event states.

use crate::identity::Direction;
use crate::outcome::{Actor, Explanation, Reason};

use super::field::IDENTIFIER_FIELDS;
use super::membership::{self, ComputationClass};
use super::{Declaration, Field, FieldSpec, Input, Operation, native, target};

pub(super) const DECLARATION: Declaration = Declaration {
    slug: "syncAudience",
    title: "Sync Audience",
    description: "Adds or removes people by the membership that the event states.",
    default_trigger: "type = \"track\" or type = \"identify\"",
    own_fields: &[
        FieldSpec::id(Field::AdvertiserId),
        FieldSpec::id_at(Field::ExternalAudienceId, &["context.personas.external_audience_id"]),
        FieldSpec::text(Field::AudienceName),
        FieldSpec::choice(Field::SyncMode, &["add", "update", "upsert", "delete", "mirror"]),
        FieldSpec::text(Field::EnteredEvent),
        FieldSpec::text(Field::ExitedEvent),
    ],
    shared_fields: IDENTIFIER_FIELDS,
};

pub(super) fn evaluate(input: Input<'_, '_>) -> Result<Operation, Explanation> {
    native::refuse_traits(input)?;
    let is_member = membership(input).ok_or_else(|| unstated(input))?;
    native::members(input, if is_member { Direction::Add } else { Direction::Remove })
}

/// Why no membership is known: a flag that is a text, for one, comes from a sender who does not mean it so.
fn unstated(input: Input<'_, '_>) -> Explanation {
    match membership::stated(input.event).filter(|flag| !flag.is_null()) {
        Some(flag) => {
            let detail = format!("the flag is {}, a boolean is expected", flag.kind().described());
            Explanation::new(Reason::NoMembership, detail).with_actor(Actor::Sender)
        }
        None => Reason::NoMembership.into(),
    }
}

/// Whether the event says that the person is in the audience: the flag, else the direction of a warehouse row, else a
/// journey step as such, else the event's name.
fn membership(input: Input<'_, '_>) -> Option<bool> {
    if let Some(flag) = membership::flag(input.event) {
        return Some(flag);
    }
    let name = input.event.name().and_then(crate::json::Value::as_str);
    if input.event.is_kind("track")
        && let Some(mode) = target::present(input.filled.text(Field::SyncMode))
        && let Some(direction) = name.as_deref().and_then(|name| row_membership(mode, name))
    {
        return Some(direction);
    }
    if ComputationClass::of(input.event) == Some(ComputationClass::JourneyStep) {
        return Some(true);
    }
    let name = name?;
    let is = |field, usual: &str| {
        name == usual || target::present(input.filled.text(field)).is_some_and(|chosen| chosen == name)
    };
    if is(Field::EnteredEvent, "Audience Entered") {
        return Some(true);
    }
    is(Field::ExitedEvent, "Audience Exited").then_some(false)
}

/// What a reverse-ETL row says in a sync mode. Source: Segment's actions-core, `audience-membership.ts`.
fn row_membership(mode: &str, event: &str) -> Option<bool> {
    match (mode, event) {
        ("add" | "upsert" | "mirror", "new") | ("update" | "upsert" | "mirror", "updated") => Some(true),
        ("delete" | "mirror", "deleted") => Some(false),
        _ => None,
    }
}
