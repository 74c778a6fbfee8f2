//! How events share messages and messages share calls; nothing is copied here.

use super::message::{self, Attribute, Body, DataType, MAX_BYTES, Message};
use super::{Buffered, RECEIVED_AT, text};

/// The largest message of several events, attributes included: SQS bills each 64 KiB begun as a call of its own.
///
/// Source: <https://aws.amazon.com/sqs/pricing/>.
const ARRAY_BYTES: usize = 65_536;
/// Messages in one call.
///
/// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>.
const BATCH_ENTRIES: usize = 10;

/// Packs events into arrays, in order; an event that is too large for any message is in none.
///
/// A message carries one receipt time, so it ends where that changes. What is joined is not parted. Each further message of one receipt time says a
/// millisecond more: calls run side by side and a standard queue has no order, yet events that bring no time of their
/// own stay in the order in which they came.
pub(super) fn arrays<'e>(events: &'e [Buffered<'e>]) -> Vec<Message<'e>> {
    let mut messages = Vec::new();
    let (mut start, mut shift) = (0, 0);
    let mut previous = None;
    while let Some((first, rest)) = events.get(start..).and_then(|events| Some((events.first()?, events))) {
        shift = if previous == Some(first.received_at) { shift + 1 } else { 0 };
        previous = Some(first.received_at);
        let attribute = received_at(first.received_at.saturating_add(shift));
        let count = fitting(first.received_at, rest, attribute.bytes());
        let body = Body::Array(rest.get(..count).unwrap_or_default());
        messages.extend(Message::new(body, vec![attribute], start..start + count));
        start += count;
    }
    messages
}

/// When the event arrived, in milliseconds since 1970.
pub(super) fn received_at(milliseconds: i64) -> Attribute {
    Attribute { name: RECEIVED_AT, data_type: DataType::Number, value: milliseconds.to_string() }
}

/// How many of the events go into one message: the first and those joined to it, and what fits behind them.
fn fitting(received_at: i64, events: &[Buffered<'_>], attribute_bytes: usize) -> usize {
    let (mut texts, mut count, mut limit) = (0, 0, MAX_BYTES);
    let mut next_is_joined = events.iter().skip(1).map(|event| event.is_joined);
    for (position, event) in events.iter().enumerate() {
        texts += text::json_len(&event.text);
        let bytes = message::array_bytes(position + 1, texts) + attribute_bytes;
        if position > 0 && (event.received_at != received_at || bytes > limit) {
            // Only what is larger than a message is parted.
            return if count > 0 { count } else { position };
        }
        if next_is_joined.next() != Some(true) {
            (count, limit) = (position + 1, ARRAY_BYTES);
        }
    }
    count
}

/// Packs messages into calls, in order.
pub(super) fn batches<'m, 'e>(messages: &'m [Message<'e>]) -> Vec<&'m [Message<'e>]> {
    let mut batches = Vec::with_capacity(messages.len().div_ceil(BATCH_ENTRIES));
    let mut rest = messages;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = |message: &&Message<'_>| {
            bytes += message.bytes();
            bytes <= MAX_BYTES
        };
        // No message is larger than a call, so each round takes one at least.
        let count = rest.iter().take(BATCH_ENTRIES).take_while(fits).count().max(1);
        let (batch, behind) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        batches.push(batch);
        rest = behind;
    }
    batches
}

#[cfg(test)]
mod tests;
