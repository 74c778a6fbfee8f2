//! What the SDKs of Segment and RudderStack send to `/v1/…`, and the replies that they understand.
//!
//! Source of shapes and limits: Segment, HTTP Tracking API. Two limits are wider here: Segment takes 500 KB and 2,500
//! events per batch and answers 200 to more without keeping them.

use jiff::Timestamp;
use serde_json::json;

use super::events::{self, EventsError};
use super::{HttpReply, MAX_MESSAGE_BYTES, SdkCall};
use crate::ingress::Intake;
use crate::ingress::merge::Common;
use crate::json::{Document, Kind, Value};
use crate::outcome::{Outcome, Summary};

/// A difference below one second, in milliseconds, is the way through the network and no wrong clock.
const MIN_CLOCK_SKEW: i64 = 1_000;

/// Opens the body of an SDK's request.
///
/// `received_at` is when AWS received the request, in milliseconds since 1970. What it is ahead of the body's `sentAt`
/// is what the sender's clock is behind ours. Messages above [`MAX_MESSAGE_BYTES`] are rejected in place.
///
/// # Errors
/// The body is not what the endpoint takes, or holds too many events.
pub fn open(call: SdkCall, body: Document<'_>, received_at: Option<i64>) -> Result<Intake<'_>, EventsError> {
    let root = body.root();
    let (events, common) = match call {
        SdkCall::One(_) if root.kind() != Kind::Object => return Err(EventsError::NotAnEvent(root.kind())),
        SdkCall::One(kind) => (root, Common { kind: Some(kind), ..Common::default() }),
        SdkCall::Batch => (batch_in(root).ok_or(EventsError::NoBatch)?, Common::of_batch(root)),
    };
    let clock_skew = clock_skew(root, received_at).unwrap_or(0);
    let taken = events::taken(events, &common, Some(MAX_MESSAGE_BYTES))?;
    Ok(events::intake(body, taken, received_at, clock_skew))
}

/// The array of the endpoint for batches, which needs no other sign.
fn batch_in(root: Value<'_>) -> Option<Value<'_>> {
    root.get("batch").filter(|batch| batch.kind() == Kind::Array)
}

/// What the sender's clock is behind ours, in milliseconds. Source: Segment, "Spec: Common Fields", timestamps.
fn clock_skew(body: Value<'_>, received_at: Option<i64>) -> Option<i64> {
    let sent_at: Timestamp = body.get("sentAt")?.as_str()?.parse().ok()?;
    let skew = received_at?.checked_sub(sent_at.as_millisecond())?;
    Some(skew).filter(|skew| skew.unsigned_abs() >= MIN_CLOCK_SKEW.unsigned_abs())
}

/// The reply once every event has its outcome. Older SDKs take any other 2xx than 200 for a failure, and all of them
/// drop a whole batch on 400, so that only what may succeed later is told.
pub fn reply(summary: &Summary, retry_after_seconds: u32) -> HttpReply {
    let retryable = summary.count(Outcome::Retryable);
    if retryable == 0 {
        return HttpReply::json(200, json!({"success": true}).to_string());
    }
    let message = format!("{retryable} of {} events may succeed later", summary.received);
    error(503, "RETRYABLE", &message).with_header("retry-after", retry_after_seconds.to_string())
}

/// An error. Segment's SDK for Python reads `code` and `message` at the top of the body; without them its older versions
/// take a refusal for a failure of the network and repeat the request.
pub fn error(status: u16, code: &str, message: &str) -> HttpReply {
    HttpReply::json(status, json!({"success": false, "code": code, "message": message}).to_string())
}

#[cfg(test)]
mod tests;
