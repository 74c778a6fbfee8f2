//! The two queues of the function: the buffer in front of it, the dead-letter queue behind it.
//!
//! Knows nothing of how events arrive, of mappings or of TikTok: it takes texts and says which of them are now kept. It
//! is the only writer; the buffer is read by Lambda, and so every body must be one that the SQS ingress can open, also
//! after a redrive from the dead-letter queue, which operations read, to the buffer.
//!
//! When an event arrived travels with it as the attribute `RECEIVED_AT`, since an event without a time of its own is
//! ordered by it. SQS's `SentTimestamp` would not do: a redrive makes a new message with a new one, so that an old
//! event would win over everything that came since. Source: "Learn how to configure a dead-letter queue redrive",
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html>.

mod attributes;
mod buffered;
mod dead_letters;
mod error;
mod message;
mod pack;
mod rejected;
mod text;
mod wire;

pub(crate) use attributes::{BASE64, ENCODING, RECEIVED_AT};
pub use buffered::Buffered;
pub(crate) use dead_letters::{DeadLetter, Receipt};
pub use error::{QueueClass, QueueError, QueueRefusal};
pub use rejected::{Original, RejectedEvent};

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::clock::TimeBudget;
use crate::net::signed::{AwsRequest, AwsService, SignedClient, SignedError};
use crate::outcome::{Reason, Verdict};
use message::Message;
use wire::{BatchAnswer, Entries};

/// How the name of each FIFO queue ends, and of no other.
///
/// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html>.
const FIFO_SUFFIX: &str = ".fifo";
/// Calls under way at a time: each holds up to 1 MiB of events twice.
const CONCURRENT_CALLS: usize = 8;
/// How often a message is sent that SQS fails to take out of a call that it does take.
const ATTEMPTS: usize = 2;
/// One attempt of a call.
const PATIENCE: Duration = Duration::from_secs(2);
/// All attempts of a call, waits included.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);
/// The pause between those.
const PAUSE: Duration = Duration::from_millis(100);

/// What became of an event that was to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// SQS confirmed it.
    Durable,
    /// SQS did not, this time; it may be there all the same.
    Failed,
    /// It is larger than any message and cannot be written at all.
    TooLarge,
}

impl Written {
    /// What a write to the buffer means for the event.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Durable => Verdict::Accepted,
            Self::Failed => Reason::QueueUnavailable.into(),
            Self::TooLarge => Reason::TooLarge.into(),
        }
    }
}

/// A FIFO queue was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the queue is a FIFO queue; its messages hold events of many people, so it must be a standard queue")]
pub struct FifoQueue;

/// A queue that is written to.
#[derive(Debug)]
pub struct Queue {
    aws: SignedClient,
    url: String,
}

impl Queue {
    /// The queue at this URL; nothing is sent yet.
    ///
    /// # Errors
    /// The queue is a FIFO queue, as its name says: one group per person would leave a message to each event, and one
    /// group for all would let a single poison message stop everyone.
    pub fn new(aws: SignedClient, url: String) -> Result<Self, FifoQueue> {
        if url.strip_suffix(FIFO_SUFFIX).is_some() { Err(FifoQueue) } else { Ok(Self { aws, url }) }
    }

    /// Writes events as arrays of at most 64 KiB, and says for each what became of it.
    pub async fn buffer(&self, events: &[Buffered<'_>], time: TimeBudget) -> Vec<Written> {
        self.write("buffer", &pack::arrays(events), events.len(), time).await
    }

    /// Writes rejected events, one message each with the reasons as attributes, and says for each what became of it.
    ///
    /// An event that is redriven and rejected again is written again.
    pub async fn reject(&self, events: &[RejectedEvent<'_>], time: TimeBudget) -> Vec<Written> {
        let messages: Vec<_> =
            events.iter().enumerate().filter_map(|(position, event)| rejected::message(event, position)).collect();
        self.write("rejected", &messages, events.len(), time).await
    }

    /// Writes the messages; an event that is in none of them is too large.
    async fn write(
        &self,
        queue: &'static str,
        messages: &[Message<'_>],
        events: usize,
        time: TimeBudget,
    ) -> Vec<Written> {
        let sent = self.write_batches(pack::batches(messages), time).await;
        let mut written = vec![Written::TooLarge; events];
        let mut mark = |message: &Message<'_>, what| written.get_mut(message.events()).unwrap_or_default().fill(what);
        for message in messages {
            mark(message, Written::Failed);
        }
        for message in sent.iter().flat_map(|sent| &sent.durable) {
            mark(message, Written::Durable);
        }
        if let Some(error) = sent.into_iter().find_map(|sent| sent.error) {
            let failed = written.iter().filter(|each| **each == Written::Failed).count();
            report(queue, &error, failed);
        }
        written
    }

    /// Sends batches side by side.
    ///
    /// A call that failed as a whole was repeated already; what has not begun by then is given up, so that
    /// an invocation does not spend its time on a queue that is out of reach.
    async fn write_batches<'m, 'e>(&self, batches: Vec<&'m [Message<'e>]>, time: TimeBudget) -> Vec<Sent<'m, 'e>> {
        let mut waiting = batches.into_iter();
        let mut under_way = FuturesUnordered::new();
        let mut done = Vec::new();
        loop {
            while under_way.len() < CONCURRENT_CALLS
                && let Some(batch) = waiting.next()
            {
                under_way.push(self.write_batch(batch, time));
            }
            let Some(sent) = under_way.next().await else { break };
            if sent.call_failed {
                waiting = Vec::new().into_iter();
            }
            done.push(sent);
        }
        done
    }

    /// Sends a batch, and what SQS failed to take out of it once more.
    async fn write_batch<'m, 'e>(&self, batch: &'m [Message<'e>], time: TimeBudget) -> Sent<'m, 'e> {
        let mut sent = Sent::default();
        let mut pending: Vec<_> = batch.iter().collect();
        for attempt in 0..ATTEMPTS {
            if pending.is_empty() || sent.call_failed {
                break;
            }
            if attempt > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            match self.send(&pending, time).await {
                Ok(answers) => pending = sent.sort(pending, answers),
                Err(error) => {
                    sent.call_failed = true;
                    sent.error = Some(error);
                }
            }
        }
        sent
    }

    /// Sends one call and gives SQS's answer to each message in it.
    async fn send(&self, messages: &[&Message<'_>], time: TimeBudget) -> Result<Vec<Answer>, QueueError> {
        let entries = messages.iter().enumerate().map(|(id, message)| message.entry(id)).collect();
        let input = Entries { queue_url: &self.url, entries };
        let output: BatchAnswer = self.call("SendMessageBatch", input, time).await?;

        let mut answers: Vec<Answer> = messages.iter().map(|_message| Err(QueueError::Unanswered)).collect();
        let taken = output.successful.into_iter().map(|entry| (entry.id, Ok(())));
        let refused = output
            .failed
            .into_iter()
            .map(|entry| (entry.id, Err(QueueError::from_entry(&entry.code, entry.sender_fault))));
        for (id, answer) in taken.chain(refused) {
            if let Some(slot) = id.parse().ok().and_then(|id: usize| answers.get_mut(id)) {
                *slot = answer;
            }
        }
        Ok(answers)
    }

    /// Calls SQS; nothing is sent once the time is up.
    async fn call<A: DeserializeOwned>(
        &self,
        operation: &'static str,
        input: impl Serialize,
        time: TimeBudget,
    ) -> Result<A, QueueError> {
        if Instant::now() >= time.deadline {
            return Err(QueueError::Timeout);
        }
        let body = serde_json::to_vec(&input).map_err(|_never| QueueError::Build(SignedError::Malformed))?;
        // It holds the events once more.
        drop(input);
        let request = AwsRequest::json(AwsService::Sqs, &format!("AmazonSQS.{operation}"), body);
        let deadline = time.deadline.min(Instant::now() + CALL_TIMEOUT);
        let time = TimeBudget { deadline, ..time };
        let answer = self.aws.call(&request, time, PATIENCE).await.map_err(QueueError::from_call)?;
        serde_json::from_slice(&answer).map_err(|_quotes| QueueError::Unreadable)
    }
}

/// What SQS says of one message of a call.
type Answer = Result<(), QueueError>;

/// What became of a batch.
#[derive(Debug, Default)]
struct Sent<'m, 'e> {
    durable: Vec<&'m Message<'e>>,
    /// Whether a call failed as a whole.
    call_failed: bool,
    /// Why others are not, or were not at first.
    error: Option<QueueError>,
}

impl<'m, 'e> Sent<'m, 'e> {
    /// Takes SQS's answers and gives back the messages that are worth another attempt.
    fn sort(&mut self, messages: Vec<&'m Message<'e>>, answers: Vec<Answer>) -> Vec<&'m Message<'e>> {
        let mut again = Vec::new();
        for (message, answer) in messages.into_iter().zip(answers) {
            match answer {
                Ok(()) => self.durable.push(message),
                Err(error) => {
                    if error.class() == QueueClass::Retryable {
                        again.push(message);
                    }
                    self.error = Some(error);
                }
            }
        }
        again
    }
}

/// Logs a failed write once, for all its events.
fn report(queue: &'static str, error: &QueueError, events: usize) {
    let error: &(dyn std::error::Error + 'static) = error;
    if events > 0 {
        tracing::error!(error, queue, events, "events could not be written to the queue");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::aws::{AwsKeys, AwsSettings};
    use crate::net::https;
    use crate::net::signed::Endpoints;
    use crate::outcome::Outcome;

    #[test]
    fn a_write_decides_the_outcome_of_a_buffered_event() {
        for (written, outcome) in [
            (Written::Durable, Outcome::Accepted),
            (Written::Failed, Outcome::Retryable),
            (Written::TooLarge, Outcome::Rejected),
        ] {
            assert_eq!(written.verdict().outcome(), outcome, "{written:?}");
        }
    }

    #[test]
    fn a_fifo_queue_is_refused() {
        let keys = AwsKeys { access_key_id: "k".into(), secret_access_key: "s".into(), session_token: None };
        let settings = AwsSettings { region: Some("us-east-1".to_owned()), keys: Some(keys) };
        let aws = SignedClient::new(&settings, Endpoints::default(), https::client(None).unwrap()).unwrap();
        let url = "https://sqs.us-east-1.amazonaws.com/123456789012/events.fifo";
        assert_eq!(Queue::new(aws, url.to_owned()).err(), Some(FifoQueue));
    }
}
