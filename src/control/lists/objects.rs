//! Objects of lists, read line by line, and what is wrong when they cannot be.

use crate::app::App;
use crate::clock::TimeBudget;
use crate::control::error::OperationError;
use crate::net::s3;
use crate::net::signed::SignedError;

/// The longest line that is read: a reply has 200 KB, a failed batch its input of 256 KB as a text in a text.
const MOST_LINE_BYTES: usize = 4 * 1024 * 1024;

/// An object, chunk by chunk.
#[derive(Debug)]
pub(super) struct Object {
    response: reqwest::Response,
}

impl Object {
    /// Opens an object, or its first bytes.
    ///
    /// # Errors
    /// It is not there or not to be read.
    pub(super) async fn open(
        app: &App,
        budget: TimeBudget,
        bucket: &str,
        key: &str,
        first_bytes: Option<u64>,
    ) -> Result<Self, OperationError> {
        let response = s3::get(&app.aws, bucket, key, first_bytes, budget).await;
        response.map(|response| Self { response }).map_err(|error| failed(&error, "read"))
    }

    /// All of it, if it is no longer than this.
    ///
    /// # Errors
    /// It breaks off or is longer.
    pub(super) async fn bytes(mut self, most: usize) -> Result<Vec<u8>, OperationError> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.response.chunk().await.map_err(|_broken| broken())? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > most {
                return Err(OperationError::new("OBJECT_TOO_LARGE", "an object of a run is larger than expected"));
            }
        }
        Ok(bytes)
    }

    /// Hands each line on.
    ///
    /// # Errors
    /// It breaks off, a line is too long or no text, or the line is refused.
    pub(super) async fn lines(
        mut self,
        mut take: impl FnMut(&str) -> Result<(), OperationError>,
    ) -> Result<(), OperationError> {
        let mut pending: Vec<u8> = Vec::new();
        let mut hand_on = |line: &[u8]| {
            let line = std::str::from_utf8(line).map_err(|_not_text| not_a_result())?.trim();
            if line.is_empty() { Ok(()) } else { take(line) }
        };
        while let Some(chunk) = self.response.chunk().await.map_err(|_broken| broken())? {
            let mut parts = chunk.split(|byte| *byte == b'\n').peekable();
            while let Some(part) = parts.next() {
                pending.extend_from_slice(part);
                if pending.len() > MOST_LINE_BYTES {
                    return Err(not_a_result());
                }
                if parts.peek().is_some() {
                    hand_on(&pending)?;
                    pending.clear();
                }
            }
        }
        hand_on(&pending)
    }
}

/// Writes an object.
///
/// # Errors
/// It could not be written.
pub(super) async fn write(
    app: &App,
    budget: TimeBudget,
    bucket: &str,
    key: &str,
    content_type: &str,
    body: Vec<u8>,
) -> Result<(), OperationError> {
    let written = s3::put(&app.aws, bucket, key, content_type, body, budget).await;
    written.map_err(|error| failed(&error, "written"))
}

/// What the state machine keeps of a run is not what it should be.
pub(super) fn not_a_result() -> OperationError {
    OperationError::new("NOT_A_RESULT", "an object of the run is no result of Step Functions")
}

fn broken() -> OperationError {
    OperationError { may_pass: true, ..OperationError::new("OBJECT_UNREADABLE", "the object broke off") }
}

fn failed(error: &SignedError, done: &str) -> OperationError {
    let (code, message) = match error.code() {
        Some("NoSuchKey" | "NoSuchBucket") => ("NO_SUCH_OBJECT", "there is no such object".to_owned()),
        Some("AccessDenied") => ("ACCESS_DENIED", format!("the object may not be {done} by this function's role")),
        Some("InvalidRange") => ("EMPTY_FILE", "the file is empty".to_owned()),
        Some(_) | None => ("OBJECT_UNAVAILABLE", format!("the object could not be {done}: {error}")),
    };
    OperationError { may_pass: error.may_pass(), ..OperationError::new(code, message) }
}
