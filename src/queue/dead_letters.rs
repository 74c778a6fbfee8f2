//! Reading the dead-letter queue: messages are held, looked at, and then given back, sent on or deleted.
//!
//! Nothing is lost by a run that ends in the middle: whatever it held and did not delete comes back by itself when its
//! hold ends. Knows nothing of what is chosen and why.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, DeleteMessageBatchResultEntry,
    Message as SdkMessage, MessageAttributeValue, MessageSystemAttributeName, SendMessageBatchRequestEntry,
    SendMessageBatchResultEntry,
};
use tokio::time::{Instant, timeout_at};

use super::message::MAX_BYTES;
use super::{Queue, QueueError};

/// The most messages of a call. Source: "Amazon SQS message quotas".
const MOST: usize = 10;
/// With it SQS asks all of its servers, so that an empty answer means an empty queue.
const LONG_POLL_SECONDS: i32 = 1;
/// The longest hold that SQS takes: 12 hours.
const LONGEST_HOLD: u64 = 43_200;

/// A message of the dead-letter queue that is held.
#[derive(Clone)]
pub struct DeadLetter {
    /// SQS's id of the message.
    pub id: String,
    /// When SQS took it, in milliseconds since 1970: its time in the queue counts from then.
    pub sent_at: Option<i64>,
    /// What it was written with: `reason`, `actor`, `mappings`, `message`, `received_at`, `encoding`.
    attributes: HashMap<String, MessageAttributeValue>,
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
    fn read(message: SdkMessage) -> Option<Self> {
        let sent_at = message.attributes.as_ref().and_then(|system| {
            system.get(&MessageSystemAttributeName::SentTimestamp).and_then(|time| time.parse().ok())
        });
        Some(Self {
            id: message.message_id.unwrap_or_default(),
            sent_at,
            attributes: message.message_attributes.unwrap_or_default(),
            body: message.body.unwrap_or_default(),
            receipt: message.receipt_handle?,
        })
    }

    /// The text of an attribute; blank is absent.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name)?.string_value().filter(|text| !text.is_empty())
    }

    /// The text of the message.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// What is needed to give it back or to delete it.
    pub fn into_receipt(self) -> Receipt {
        Receipt(self.receipt)
    }

    /// Bytes that it counts for in a call that sends it.
    fn bytes(&self) -> usize {
        let of_attribute = |(name, value): (&String, &MessageAttributeValue)| {
            let binary = value.binary_value().map_or(0, |binary| binary.as_ref().len());
            name.len() + value.data_type().len() + value.string_value().map_or(0, str::len) + binary
        };
        self.body.len() + self.attributes.iter().map(of_attribute).sum::<usize>()
    }
}

/// A held message of which only that is left that gives it back or deletes it.
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
    pub async fn hold(&self, hold: Duration, deadline: Instant) -> Result<Vec<DeadLetter>, QueueError> {
        let hold = i32::try_from(hold.as_secs().min(LONGEST_HOLD)).unwrap_or(i32::MAX);
        let most = i32::try_from(MOST).unwrap_or(i32::MAX);
        let request = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(most)
            .visibility_timeout(hold)
            .wait_time_seconds(LONG_POLL_SECONDS)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .message_attribute_names("All")
            .send();
        let output = timeout_at(deadline, request).await.map_err(|_deadline| QueueError::Timeout)?;
        let output = output.map_err(QueueError::from_call)?;
        Ok(output.messages.unwrap_or_default().into_iter().filter_map(DeadLetter::read).collect())
    }

    /// Gives held messages back at once; one that SQS does not take back comes back when its hold ends.
    ///
    /// # Errors
    /// SQS does not take the call.
    pub async fn give_back(&self, held: &[Receipt], deadline: Instant) -> Result<(), QueueError> {
        for held in held.chunks(MOST) {
            let entry = |(id, receipt): (usize, &Receipt)| {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(id.to_string());
                entry.receipt_handle(&receipt.0).visibility_timeout(0).build()
            };
            let entries: Vec<_> = held.iter().enumerate().map(entry).collect::<Result<_, _>>()?;
            let request = self.client.change_message_visibility_batch().queue_url(&self.url);
            let request = request.set_entries(Some(entries)).send();
            timeout_at(deadline, request)
                .await
                .map_err(|_deadline| QueueError::Timeout)?
                .map_err(QueueError::from_call)?;
        }
        Ok(())
    }

    /// Deletes up to ten held messages; says of each whether it is gone.
    ///
    /// # Errors
    /// SQS does not take the call.
    pub async fn delete(&self, letters: &[&DeadLetter], deadline: Instant) -> Result<Vec<bool>, QueueError> {
        let entry = |(id, letter): (usize, &&DeadLetter)| {
            let entry = DeleteMessageBatchRequestEntry::builder().id(id.to_string());
            entry.receipt_handle(&letter.receipt).build()
        };
        let entries: Vec<_> = letters.iter().enumerate().map(entry).collect::<Result<_, _>>()?;
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let request = self.client.delete_message_batch().queue_url(&self.url).set_entries(Some(entries)).send();
        let output = timeout_at(deadline, request).await.map_err(|_deadline| QueueError::Timeout)?;
        let output = output.map_err(QueueError::from_call)?;
        Ok(marked(letters.len(), output.successful().iter().map(DeleteMessageBatchResultEntry::id)))
    }

    /// Sends messages of another queue to this one as they are; says of each whether SQS has it.
    ///
    /// # Errors
    /// SQS does not take a call.
    pub async fn send_on(&self, letters: &[&DeadLetter], deadline: Instant) -> Result<Vec<bool>, QueueError> {
        let mut sent = Vec::with_capacity(letters.len());
        for batch in batches(letters) {
            let entry = |(id, letter): (usize, &&DeadLetter)| {
                let attributes = Some(letter.attributes.clone()).filter(|attributes| !attributes.is_empty());
                let entry = SendMessageBatchRequestEntry::builder().id(id.to_string()).message_body(&letter.body);
                entry.set_message_attributes(attributes).build()
            };
            let entries: Vec<_> = batch.iter().enumerate().map(entry).collect::<Result<_, _>>()?;
            let request = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries)).send();
            let output = timeout_at(deadline, request).await.map_err(|_deadline| QueueError::Timeout)?;
            let output = output.map_err(QueueError::from_call)?;
            sent.extend(marked(batch.len(), output.successful().iter().map(SendMessageBatchResultEntry::id)));
        }
        Ok(sent)
    }
}

/// Which of so many entries SQS names.
fn marked<'i>(count: usize, ids: impl Iterator<Item = &'i str>) -> Vec<bool> {
    let mut marked = vec![false; count];
    for id in ids {
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
        let message = SdkMessage::builder().message_id("m").receipt_handle("r").body("x".repeat(bytes)).build();
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
        assert!(DeadLetter::read(SdkMessage::builder().body("jane@example.com").build()).is_none());
        let shown = format!("{:?} {:?}", letter(1), letter(1).into_receipt());
        assert!(!shown.contains('x') && !shown.contains("\"r\""), "{shown}");
    }
}
