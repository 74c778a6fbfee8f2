//! TikTok's envelope: the `code` that decides over success, whatever the HTTP status says.
//!
//! Knows nothing of requests. Source: `code`, `message`, `request_id` and `data` in every operation of TikTok's SDK;
//! failures come as HTTP 200 with a `code` that is not 0.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::codes::PARTIAL;
use super::error::{BodyProblem, RequestId, SendError};

/// Phrases of a 40002 message that tell a busy audience from a wrong parameter.
///
/// Source: the description of 40002 names an audience of size 0 and one that is being updated; the message reads like
/// "Audience is not editable".
const BUSY: [&str; 4] = ["not editable", "processing", "being processed", "being updated"];

/// All fields as raw text, so that one of an unexpected type does not hide the others.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    code: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    request_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

/// A success.
#[derive(Debug)]
pub struct ApiReply<T> {
    /// What the endpoint promises.
    pub data: T,
    /// TikTok's id of the request.
    pub request_id: Option<RequestId>,
}

/// Reads the answer of a call that may change something. A success is HTTP 2xx *and* the integer code 0, and nothing else.
///
/// # Errors
/// Why the call was not a success.
pub fn read<T: DeserializeOwned>(status: u16, body: &[u8]) -> Result<ApiReply<T>, SendError> {
    parse(accept(status, body, false)?)
}

/// Reads the answer of a call that changes nothing: 20001, some of it succeeded, with data is a success too.
///
/// # Errors
/// Why the call was not a success.
pub fn read_some<T: DeserializeOwned>(status: u16, body: &[u8]) -> Result<ApiReply<T>, SendError> {
    parse(accept(status, body, true)?)
}

fn parse<T: DeserializeOwned>((data, request_id): (&str, Option<RequestId>)) -> Result<ApiReply<T>, SendError> {
    match serde_json::from_str(data) {
        Ok(data) => Ok(ApiReply { data, request_id }),
        // The parser's own words may quote the answer.
        Err(_quotes) => Err(SendError::Body { problem: BodyProblem::Data, request_id }),
    }
}

/// The text of `data` (`null` if absent) of an answer that is a success, in full or as far as there is any data.
fn accept(status: u16, body: &[u8], or_in_part: bool) -> Result<(&str, Option<RequestId>), SendError> {
    let success = (200..300).contains(&status);
    let fail = |problem, request_id| {
        if success { SendError::Body { problem, request_id } } else { SendError::Status { status } }
    };
    // The parser skips what is not read here, valid text or not.
    let text = std::str::from_utf8(body).map_err(|_where| fail(BodyProblem::NotJson, None))?;
    // Serde would read an array's elements as the fields in their order.
    if !text.trim_ascii_start().starts_with('{') {
        return Err(fail(BodyProblem::NotJson, None));
    }
    let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|_quotes| fail(BodyProblem::NotJson, None))?;
    let request_id = envelope.request_id.and_then(string).as_deref().and_then(RequestId::parse);
    let Some(code) = envelope.code else { return Err(fail(BodyProblem::NoCode, request_id)) };
    let data = envelope.data.map_or("null", RawValue::get);
    match code.get().parse::<i64>() {
        Ok(0) if success => Ok((data, request_id)),
        Ok(PARTIAL) if success && or_in_part && data != "null" => Ok((data, request_id)),
        Ok(0) => Err(SendError::Status { status }),
        Ok(code) => {
            let busy = envelope.message.and_then(string).is_some_and(|message| is_busy(&message));
            Err(SendError::Api { code, status, busy, request_id })
        }
        Err(_not_an_integer) => Err(fail(BodyProblem::CodeNotInteger, request_id)),
    }
}

fn string(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

fn is_busy(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    BUSY.iter().any(|phrase| message.contains(phrase))
}

#[cfg(test)]
mod tests;
