//! The events in the body of a request, one entry each.

use super::{MAX_BODY_BYTES, MAX_EVENTS, MAX_MESSAGE_BYTES};
use crate::ingress::Intake;
use crate::ingress::direct::batch_of;
use crate::ingress::merge::Common;
use crate::json::{Document, Kind, Value};
use crate::outcome::{Explanation, Reason};

/// Why a body that is JSON has no events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventsError {
    /// Neither an event nor several.
    #[error("expected an event, an array of events or {{\"batch\": […]}}; found {}", .0.described())]
    NotEvents(Kind),
    /// An SDK's endpoint for one event got something else.
    #[error("expected one event, an object; found {}", .0.described())]
    NotAnEvent(Kind),
    /// An SDK's endpoint for batches got something else.
    #[error("expected {{\"batch\": […]}}")]
    NoBatch,
    /// Newline-delimited JSON without one event.
    #[error("no line of the body, of {0}, is an event: expected a JSON object on each line")]
    NoEventLine(usize),
    /// More events than a request may carry.
    #[error("{0} events are more than the {MAX_EVENTS} that a request may carry")]
    TooMany(usize),
    /// The batch's `context` and `integrations`, which count for each event, make the body too large.
    #[error("with what the batch says about all of them, the events are larger than {} MB", MAX_BODY_BYTES / 1024 / 1024)]
    TooLarge,
    /// They alone are larger than an event may be.
    #[error("what the batch says about all of its events is larger than {} KB", MAX_MESSAGE_BYTES / 1024)]
    LargeContext,
}

impl EventsError {
    /// The status that says it.
    pub const fn status(self) -> u16 {
        match self {
            Self::NotEvents(_) | Self::NotAnEvent(_) | Self::NoBatch | Self::NoEventLine(_) => 400,
            Self::TooMany(_) | Self::TooLarge | Self::LargeContext => 413,
        }
    }

    /// The code in replies.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotEvents(_) | Self::NotAnEvent(_) | Self::NoEventLine(_) => "NOT_EVENTS",
            Self::NoBatch => "NO_BATCH",
            Self::TooMany(_) => "TOO_MANY_EVENTS",
            Self::TooLarge | Self::LargeContext => "BATCH_TOO_LARGE",
        }
    }
}

/// Opens the body of `POST /events`: an event, an array of events, or `{"batch":[…]}`.
///
/// `received_at` is when AWS received the request, in milliseconds since 1970.
///
/// # Errors
/// The body is none of these, or holds too many events.
pub fn open(body: Document<'_>, received_at: Option<i64>) -> Result<Intake<'_>, EventsError> {
    let root = body.root();
    let batch = batch_of(root);
    let events = match (root.kind(), batch) {
        (Kind::Object, Some(batch)) => batch,
        (Kind::Object | Kind::Array, _) => root,
        (kind @ (Kind::Null | Kind::Bool | Kind::Number | Kind::String), _) => {
            return Err(EventsError::NotEvents(kind));
        }
    };
    let common = if batch.is_some() { Common::of_batch(root) } else { Common::default() };
    let taken = taken(events, &common, None)?;
    Ok(intake(body, taken, received_at, 0))
}

/// An event of a body, or what stands in its place.
pub(in crate::ingress) enum Taken {
    /// The value at a position, as it was sent.
    AsSent(u32),
    /// The event with what was merged into it.
    Respelt(String),
    /// Larger than its endpoint takes.
    TooLarge(String),
}

/// Takes the events: the items of an array, or the value itself; each of at most so many bytes, and no more of them than a
/// request may carry.
pub(super) fn taken(
    events: Value<'_>,
    common: &Common<'_>,
    max_bytes: Option<usize>,
) -> Result<Vec<Taken>, EventsError> {
    let count = if events.kind() == Kind::Array { events.len() } else { 1 };
    if count > MAX_EVENTS {
        return Err(EventsError::TooMany(count));
    }
    merged_bytes(events, count, common)?;
    Ok(take(events, common, max_bytes))
}

/// Bytes of so many events with what their batch says about all of them; none where it says nothing. Without it an event is
/// another one: a consent or an `integrations` would be lost.
pub(in crate::ingress) fn merged_bytes(
    events: Value<'_>,
    count: usize,
    common: &Common<'_>,
) -> Result<usize, EventsError> {
    let added = common.added();
    if added > MAX_MESSAGE_BYTES {
        return Err(EventsError::LargeContext);
    }
    let merged = if added == 0 { 0 } else { added.saturating_mul(count) + events.raw().len() };
    if merged > MAX_BODY_BYTES { Err(EventsError::TooLarge) } else { Ok(merged) }
}

/// The same, for a caller who knows that there are not too many.
pub(in crate::ingress) fn take(events: Value<'_>, common: &Common<'_>, max_bytes: Option<usize>) -> Vec<Taken> {
    let added = common.added();
    let take = |event: Value<'_>| {
        let respelt = common.applied_to(event);
        if max_bytes.is_some_and(|max| event.raw().len() + added > max) {
            return Taken::TooLarge(respelt.unwrap_or_else(|| event.raw().to_owned()));
        }
        respelt.map_or(Taken::AsSent(event.position()), Taken::Respelt)
    };
    if events.kind() == Kind::Array { events.items().map(take).collect() } else { vec![take(events)] }
}

/// The events, each in an entry; `clock_skew` is what the sender's clock is behind ours, in milliseconds.
pub(super) fn intake(body: Document<'_>, taken: Vec<Taken>, received_at: Option<i64>, clock_skew: i64) -> Intake<'_> {
    let mut intake = Intake::default();
    add(&mut intake, body, taken, received_at, clock_skew);
    intake
}

/// Puts each event into an entry.
pub(in crate::ingress) fn add<'b>(
    intake: &mut Intake<'b>,
    body: Document<'b>,
    taken: Vec<Taken>,
    received_at: Option<i64>,
    clock_skew: i64,
) {
    let body = intake.add_document(body);
    for event in taken {
        match event {
            Taken::AsSent(position) => intake.add_skewed_event(body, position, received_at, clock_skew),
            Taken::Respelt(text) => match Document::try_parse(text) {
                Ok(document) => {
                    let document = intake.add_document(document);
                    intake.add_skewed_event(document, 0, received_at, clock_skew);
                }
                Err(unparsed) => {
                    let explanation = Explanation::new(Reason::InvalidRecord, unparsed.error.to_string());
                    intake.add_rejected(explanation, unparsed.text.into_owned(), received_at);
                }
            },
            Taken::TooLarge(original) => {
                let explanation = Explanation::new(Reason::InvalidRecord, "larger than 32 KB");
                intake.add_rejected(explanation, original, received_at);
            }
        }
    }
}
