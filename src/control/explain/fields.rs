//! The fields of a mapping as an event fills them, and what is wrong with each identifier.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;

use super::mask;
use crate::actions::{Consent, Field, Filled, Judged, judge};
use crate::app::App;
use crate::destination::{ConfiguredMapping, evaluation};
use crate::event::Event;
use crate::identity::IdType;
use crate::mapping::Fields;

/// One identifier, judged by itself.
#[derive(Serialize)]
pub(super) struct IdentifierJson {
    field: &'static str,
    /// Its shape.
    value: String,
    /// Whether the mapping sends this kind.
    sent: bool,
    /// The column that it would be sent in.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemJson>,
}

#[derive(Serialize)]
struct ProblemJson {
    code: &'static str,
    message: String,
}

/// The fields that have a value; identifiers by their shape.
pub(super) fn shown(filled: &Filled<'_>, fields: &Fields) -> BTreeMap<&'static str, Json> {
    filled.fields().map(|field| (field.name(), value(field, filled, fields))).collect()
}

fn value(field: Field, filled: &Filled<'_>, fields: &Fields) -> Json {
    if let Some(boolean) = filled.boolean(field) {
        return boolean.into();
    }
    let show = |text: &str| match () {
        () if is_identifier(field) => mask::shape(text),
        // What the configuration says is no secret.
        () if !fields.uses_event(field) => text.to_owned(),
        () => mask::text(text),
    };
    let mut texts: Vec<Json> = filled.texts(field).map(|text| show(text).into()).collect();
    match texts.len() {
        1 => texts.pop().unwrap_or_default(),
        _ => texts.into(),
    }
}

const fn is_identifier(field: Field) -> bool {
    matches!(field, Field::Email | Field::Phone | Field::AdvertisingId)
}

/// Each identifier by itself; those of records are no fields and show in the result only.
pub(super) fn identifiers<'e>(
    app: &App,
    configured: &ConfiguredMapping,
    event: &Event<'e>,
    filled: &Filled<'e>,
) -> Vec<IdentifierJson> {
    let consent = Consent::Granted;
    let input = evaluation::input(&app.router.destination, configured, event, filled, &consent);
    let direction = evaluation::direction(&app.router.destination, configured, event);
    let one = |(field, text, judged): Judged<'_>| {
        let (column, problem) = match judged {
            Ok(column) => (column.map(IdType::as_str), None),
            Err(reason) => (None, Some(ProblemJson { code: reason.code(), message: reason.to_string() })),
        };
        IdentifierJson { field: field.name(), value: mask::shape(text), sent: is_sent(field, filled), column, problem }
    };
    judge(input, direction).map(one).collect::<Vec<_>>()
}

fn is_sent(field: Field, filled: &Filled<'_>) -> bool {
    let switches = [
        (Field::Email, Field::SendEmail),
        (Field::Phone, Field::SendPhone),
        (Field::AdvertisingId, Field::SendAdvertisingId),
    ];
    let switch = switches.into_iter().find(|(kind, _)| *kind == field).map(|(_, switch)| switch);
    switch.and_then(|switch| filled.boolean(switch)).unwrap_or(false)
}
