//! The delivery journal: one line per identifier and outcome, to the customer's own bucket through Firehose.
//!
//! The declared exception to "no hash in any output": its lines hold the hashes that TikTok got, so that the question
//! whether a person was sent can be answered. Off unless `JOURNAL_STREAM` is set; the function may put lines and not
//! read them. A journal that fails neither undoes nor delays a delivery beyond its time: it is counted and logged.

mod line;
mod pack;

pub use line::{Answered, Line};

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;

use crate::clock::TimeBudget;
use crate::net::signed::{AwsRequest, AwsService, SignedClient, SignedError};
use pack::{Batch, Packer};

/// The longest that the writing of an invocation takes, unless a test says otherwise.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often records are put that Firehose fails to take out of a call that it does take.
const ATTEMPTS: usize = 3;
/// The pause between those.
const PAUSE: Duration = Duration::from_millis(100);
/// The action of Firehose's JSON protocol.
const ACTION: &str = "Firehose_20150804.PutRecordBatch";
/// The longest answer: one short entry for each of at most a hundred records.
const MOST_ANSWER_BYTES: usize = 64 * 1024;

/// Firehose's answer to a call.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    failed_put_count: u64,
    #[serde(default)]
    request_responses: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    error_code: Option<String>,
}

/// Why lines were not taken.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The call.
    #[error("Firehose did not take the call")]
    Call(#[source] SignedError),
    /// Some records of it.
    #[error("Firehose did not take every record")]
    Records,
    /// The answer is not one of Firehose's.
    #[error("the answer is not one of Firehose's")]
    Unreadable,
}

/// The stream that takes the journal.
#[derive(Debug)]
pub struct Journal {
    stream: String,
    /// The longest that writing may take, also where the invocation has more time.
    patience: Duration,
    /// The id of the invocation that is under way: lines of the log have it too.
    invocation: Mutex<String>,
}

impl Journal {
    /// Of the stream of this name; nothing is sent.
    pub fn new(stream: String) -> Self {
        Self { stream, patience: PATIENCE, invocation: Mutex::default() }
    }

    /// The same with more or less patience.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Notes the invocation whose events come next.
    pub fn begin(&self, request_id: &str) {
        let mut invocation = self.invocation.lock().unwrap_or_else(PoisonError::into_inner);
        request_id.clone_into(&mut invocation);
    }

    /// What the ids of events begin with.
    pub fn invocation(&self) -> String {
        self.invocation.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts lines into the stream; gives back how many it did not take, for which there is a line in the log.
    ///
    /// Calls go out one after the other, so that memory stays flat.
    pub async fn write<'l>(
        &self,
        aws: &SignedClient,
        lines: impl IntoIterator<Item = Line<'l>>,
        time: TimeBudget,
    ) -> usize {
        let time = TimeBudget { deadline: time.deadline.min(Instant::now() + self.patience), ..time };
        let mut packer = Packer::new(&self.stream, &format!("{:.3}", time.wall), &self.invocation());
        let mut lines = lines.into_iter();
        let mut lost = 0;
        let mut failure = None;
        while let Some(batch) = packer.next(&mut lines) {
            if let Err((left, error)) = self.put(aws, batch, time).await {
                lost += left;
                failure = failure.or(Some(error));
            }
        }
        if let Some(error) = failure {
            let error: &(dyn std::error::Error + 'static) = &error;
            tracing::error!(error, lines = lost, "the journal lacks lines; the deliveries stand");
        }
        lost
    }

    /// Puts the records of one call, and again those that were not taken; an error says how many lines are lost.
    async fn put(&self, aws: &SignedClient, mut batch: Batch, time: TimeBudget) -> Result<(), (usize, JournalError)> {
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                if Instant::now() + PAUSE >= time.deadline {
                    break;
                }
                tokio::time::sleep(PAUSE).await;
            }
            let request = AwsRequest::json(AwsService::Firehose, ACTION, batch.body());
            let taken = async { answer(aws.send(&request, time).await.map_err(JournalError::Call)?).await };
            let taken = tokio::time::timeout_at(time.deadline, taken).await;
            // The client has repeated a call that failed already.
            let answer = taken.unwrap_or(Err(JournalError::Call(SignedError::Timeout)));
            let answer = answer.map_err(|error| (batch.lines(), error))?;
            if answer.failed_put_count == 0 {
                return Ok(());
            }
            let entry = |position| answer.request_responses.get(position);
            batch = batch.without(|position| entry(position).is_some_and(|entry| entry.error_code.is_none()));
        }
        Err((batch.lines(), JournalError::Records))
    }
}

async fn answer(mut response: reqwest::Response) -> Result<Answer, JournalError> {
    let mut body = Vec::new();
    let failed = |error: reqwest::Error| JournalError::Call(SignedError::Transport(error.without_url()));
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        body.extend_from_slice(&chunk);
        if body.len() > MOST_ANSWER_BYTES {
            return Err(JournalError::Unreadable);
        }
    }
    serde_json::from_slice(&body).map_err(|_quotes| JournalError::Unreadable)
}
