//! The events that an operation is given.

use super::arguments::{self, Arguments};
use super::error::OperationError;
use crate::ingress::Intake;
use crate::json::{Document, Value};

/// The most events that one operation takes.
const MOST_EVENTS: usize = 100;

/// The argument `events`, opened as a direct invocation would be.
pub(super) fn events<'d>(arguments: &Arguments<'d>) -> Result<Intake<'d>, OperationError> {
    let items = arguments.items("events")?.ok_or_else(|| arguments::missing("events"))?;
    if items.len() > MOST_EVENTS {
        return Err(OperationError::new("TOO_MANY_EVENTS", format!("at most {MOST_EVENTS} events at once")));
    }
    let text = arguments.value("events").map(Value::raw).unwrap_or_default();
    let document = Document::parse(text).map_err(|error| OperationError::new("INVALID_FIELD", error.to_string()))?;
    let mut intake = Intake::default();
    let document = intake.add_document(document);
    intake.add_events(document, 0, None);
    Ok(intake)
}
