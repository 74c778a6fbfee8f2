//! Reading the dead-letter queue: messages are held, looked at, and then given back, sent on or deleted.
//!
//! Nothing is lost by a run that ends in the middle: whatever it held and did not delete is there again by itself when its
//! hold ends. Knows nothing of what is chosen and why.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use super::attributes::{ENCODING, RECEIVED_AT};
use super::message::{DataType, MAX_BYTES};
use super::wire::{
    AttributeValue, BatchAnswer, Entries, HeldEntry, Receive, Received, ReceivedMessage, SendEntry, Taken,
};
use super::{Queue, QueueError};
use crate::clock::TimeBudget;

/// The most messages of a call. Source: "Amazon SQS message quotas".
const MOST: usize = 10;
/// With it SQS asks all of its servers, so that an empty answer means an empty queue.
const LONG_POLL_SECONDS: u32 = 1;
/// The longest hold that SQS takes: 12 hours.
const LONGEST_HOLD: u64 = 43_200;

/// A message of the dead-letter queue that is held.
#[derive(Clone)]
pub struct DeadLetter {
    /// SQS's id of the message.
    pub id: String,
    /// When SQS took it, in milliseconds since 1970: its time in the queue counts from then.
    pub sent_at: Option<i64>,
    /// What it was written with: `reason`, `actor`, `mappings`, `message`, `received_at`, `encoding`. A message that SQS
    /// has put there itself may have none, and has arrived when it was sent.
    attributes: HashMap<String, AttributeValue>,
    body: String,
    receipt: String,
}

/// Prints the id only: the body holds personal data, and with the receipt the message could be deleted.
impl fmt::Debug for DeadLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetter").field("id", &self.id).finish_non_exhaustive()
    }
}

impl DeadLetter {
    fn read(message: ReceivedMessage) -> Option<Self> {
        let sent_at = message.attributes.sent_timestamp.and_then(|time| time.parse().ok());
        let mut attributes = message.message_attributes;
        if let Some(time) = sent_at {
            attributes.entry(RECEIVED_AT.to_owned()).or_insert_with(|| arrival(time));
        }
        Some(Self { id: message.message_id, sent_at, attributes, body: message.body, receipt: message.receipt_handle? })
    }

    /// The text of an attribute; blank is absent.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name)?.string_value.as_deref().filter(|text| !text.is_empty())
    }

    /// The text of the message.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// What is needed to give it back or to delete it.
    pub fn into_receipt(self) -> Receipt {
        Receipt(self.receipt)
    }

    /// The attributes that go on with it: those which the buffer is read by. Why it was rejected is over, and would be said
    /// of it again where SQS moves it back.
    fn passed_on(&self) -> impl Iterator<Item = (&str, &AttributeValue)> {
        [RECEIVED_AT, ENCODING].into_iter().filter_map(|name| Some((name, self.attributes.get(name)?)))
    }

    /// The same message to be sent, under an id that is unique in its call.
    fn entry(&self, id: usize) -> SendEntry<'_> {
        SendEntry {
            id: id.to_string(),
            message_body: self.body.as_str().into(),
            message_attributes: self.passed_on().map(|(name, value)| (name, value.text())).collect(),
        }
    }

    /// Bytes that it counts for in a call that sends it.
    fn bytes(&self) -> usize {
        let of_attribute = |(name, value): (&str, &AttributeValue)| {
            let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
            name.len() + value.data_type.len() + text(&value.string_value) + text(&value.binary_value).div_ceil(4) * 3
        };
        self.body.len() + self.passed_on().map(of_attribute).sum::<usize>()
    }
}

/// When a message has arrived that does not say so.
fn arrival(sent_at: i64) -> AttributeValue {
    let data_type = DataType::Number.as_str().to_owned();
    AttributeValue { data_type, string_value: Some(sent_at.to_string()), binary_value: None }
}

/// What releases or deletes a held message.
pub struct Receipt(String);

/// Prints nothing: with the receipt the message could be deleted.
impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receipt(..)")
    }
}

impl Queue {
    /// Up to ten messages, which nobody else sees for as long as they are held.
    ///
    /// # Errors
    /// SQS does not give any; none of them is lost.
    pub async fn hold(&self, hold: Duration, time: TimeBudget) -> Result<Vec<DeadLetter>, QueueError> {
        let input = Receive {
            queue_url: &self.url,
            max_number_of_messages: MOST,
            visibility_timeout: hold.as_secs().min(LONGEST_HOLD),
            wait_time_seconds: LONG_POLL_SECONDS,
            message_system_attribute_names: ["SentTimestamp"],
            message_attribute_names: ["All"],
        };
        let output: Received = self.call("ReceiveMessage", input, time).await?;
        Ok(output.messages.unwrap_or_default().into_iter().filter_map(DeadLetter::read).collect())
    }

    /// Releases held messages at once; one that SQS does not release is there again when its hold ends.
    ///
    /// # Errors
    /// SQS does not take the call.
    pub async fn give_back(&self, held: &[Receipt], time: TimeBudget) -> Result<(), QueueError> {
        for held in held.chunks(MOST) {
            let receipts = held.iter().map(|receipt| receipt.0.as_str());
            let _taken: BatchAnswer =
                self.call("ChangeMessageVisibilityBatch", self.held(receipts, Some(0)), time).await?;
        }
        Ok(())
    }

    /// Deletes up to ten held messages; says of each whether it is gone.
    ///
    /// # Errors
    /// SQS does not take the call.
    pub async fn delete(&self, letters: &[&DeadLetter], time: TimeBudget) -> Result<Vec<bool>, QueueError> {
        if letters.is_empty() {
            return Ok(Vec::new());
        }
        let receipts = letters.iter().map(|letter| letter.receipt.as_str());
        let output = self.call("DeleteMessageBatch", self.held(receipts, None), time).await?;
        Ok(marked(letters.len(), &output))
    }

    /// Sends messages of another queue to this one, their texts as they are; says of each whether SQS has it.
    ///
    /// # Errors
    /// SQS does not take a call.
    pub async fn send_on(&self, letters: &[&DeadLetter], time: TimeBudget) -> Result<Vec<bool>, QueueError> {
        let mut sent = Vec::with_capacity(letters.len());
        for batch in batches(letters) {
            let entries = batch.iter().enumerate().map(|(id, letter)| letter.entry(id)).collect();
            let input = Entries { queue_url: &self.url, entries };
            let output = self.call("SendMessageBatch", input, time).await?;
            sent.extend(marked(batch.len(), &output));
        }
        Ok(sent)
    }

    fn held<'h>(
        &'h self,
        receipts: impl Iterator<Item = &'h str>,
        visibility_timeout: Option<u32>,
    ) -> Entries<'h, HeldEntry<'h>> {
        let entry =
            |(id, receipt_handle): (usize, _)| HeldEntry { id: id.to_string(), receipt_handle, visibility_timeout };
        Entries { queue_url: &self.url, entries: receipts.enumerate().map(entry).collect() }
    }
}

/// Which of so many entries SQS names.
fn marked(count: usize, answer: &BatchAnswer) -> Vec<bool> {
    let mut marked = vec![false; count];
    for Taken { id } in &answer.successful {
        if let Some(entry) = id.parse().ok().and_then(|id: usize| marked.get_mut(id)) {
            *entry = true;
        }
    }
    marked
}

/// The messages in order, cut where a call would have too many or be too large.
fn batches<'b, 'l>(letters: &'b [&'l DeadLetter]) -> Vec<&'b [&'l DeadLetter]> {
    let (mut batches, mut start, mut bytes) = (Vec::new(), 0, 0);
    for (position, letter) in letters.iter().enumerate() {
        let more = letter.bytes();
        if position > start && (position - start == MOST || bytes + more > MAX_BYTES) {
            batches.extend(letters.get(start..position));
            (start, bytes) = (position, 0);
        }
        bytes += more;
    }
    batches.extend(letters.get(start..).filter(|rest| !rest.is_empty()));
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(bytes: usize) -> DeadLetter {
        let receipt_handle = Some("r".to_owned());
        let message = ReceivedMessage { receipt_handle, body: "x".repeat(bytes), ..ReceivedMessage::default() };
        DeadLetter::read(message).unwrap()
    }

    #[test]
    fn a_call_has_at_most_ten_messages_and_a_mebibyte() {
        let letters: Vec<_> = [10, MAX_BYTES - 20, 10, 10, MAX_BYTES].map(letter).into();
        let all: Vec<_> = letters.iter().collect();
        assert_eq!(batches(&all).iter().map(|batch| batch.len()).collect::<Vec<_>>(), [3, 1, 1]);
        let small: Vec<_> = (0..21).map(|_| letter(1)).collect();
        let all: Vec<_> = small.iter().collect();
        assert_eq!(batches(&all).iter().map(|batch| batch.len()).collect::<Vec<_>>(), [10, 10, 1]);
        assert!(batches(&[]).is_empty());
    }

    #[test]
    fn a_message_without_a_receipt_is_left_alone_and_none_is_shown() {
        let message = ReceivedMessage { body: "jane@example.com".to_owned(), ..ReceivedMessage::default() };
        assert!(DeadLetter::read(message).is_none());
        let shown = format!("{:?} {:?}", letter(1), letter(1).into_receipt());
        assert!(!shown.contains('x') && !shown.contains("\"r\""), "{shown}");
    }
}
