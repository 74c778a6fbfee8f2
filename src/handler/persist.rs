//! What is written to the queues: events to be delivered later, and events that never will be.

use std::borrow::Cow;
use std::time::Duration;

use crate::clock::TimeBudget;
use crate::ingress::{AcknowledgementScope, Intake, Receive};
use crate::json::Value;
use crate::outcome::{Actor, Entry, Ledger, MappingName, Outcome, Reason};
use crate::queue::{Buffered, Original, Queue, RejectedEvent, Written};

/// What a write that follows the work may take beyond the work's deadline; it is within the reply's reserve.
const AFTER_WORK: Duration = Duration::from_secs(1);

/// What is to be written to the buffer, and what is no event.
#[derive(Debug, Default)]
pub(super) struct Checked {
    event_indexes: Vec<u32>,
    rejected: Vec<Entry>,
}

impl Receive for Checked {
    fn expect(&mut self, events: usize) {
        self.event_indexes.reserve_exact(events);
    }

    fn receive(&mut self, intake: &Intake<'_>, event_index: u32) -> Option<u32> {
        match intake.event(event_index) {
            Ok(event) => {
                self.event_indexes.push(event_index);
                event.own_message_id().map(Value::position)
            }
            Err(explanation) => {
                self.rejected.push(Entry::new(event_index, None, explanation.into()));
                None
            }
        }
    }
}

/// Writes all events to the buffer; what is no event is rejected at once.
pub(super) async fn buffer(queue: &Queue, intake: &Intake<'_>, checked: Checked, budget: TimeBudget) -> Ledger {
    let Checked { event_indexes, rejected: mut entries } = checked;
    let now = budget.wall.as_millisecond();
    let event = |event_index: &u32| Buffered {
        text: intake.text(*event_index).unwrap_or_default(),
        received_at: intake.envelope_time(*event_index).unwrap_or(now),
        is_joined: false,
    };
    let events: Vec<_> = event_indexes.iter().map(event).collect();
    let written = queue.buffer(&events, budget).await;
    entries.extend(
        event_indexes
            .iter()
            .zip(written)
            .map(|(event_index, written)| Entry::new(*event_index, None, written.verdict())),
    );
    Ledger::close(intake.len(), entries, Vec::new())
}

/// Writes these events, which may succeed later, to a queue; gives those that are there now. A record that could not be
/// opened for now has no text, and is sent again by its source.
///
/// Those of which one overruled another are one message, since a queue may hand two of them to different invocations. It
/// is as old as the oldest of them, and has them by their own times.
pub(super) async fn leftovers(
    queue: &Queue,
    intake: &Intake<'_>,
    ledger: &Ledger,
    event_indexes: &[u32],
    budget: TimeBudget,
) -> Vec<u32> {
    let has_text = |event_index: &u32| intake.value(*event_index).is_some();
    let event_indexes: Vec<u32> = event_indexes.iter().copied().filter(has_text).collect();
    if event_indexes.is_empty() {
        return Vec::new();
    }
    let now = budget.wall.as_millisecond();
    let received_at = |event_index: u32| intake.envelope_time(event_index).unwrap_or(now);
    let mut groups = ledger.together(&event_indexes);
    let mut events = Vec::with_capacity(event_indexes.len());
    for group in &mut groups {
        group.sort_by_key(|event_index| (received_at(*event_index), *event_index));
        let oldest = group.first().map_or(now, |event_index| received_at(*event_index));
        events.extend(group.iter().enumerate().map(|(position, event_index)| Buffered {
            text: intake.text(*event_index).unwrap_or_default(),
            received_at: oldest,
            is_joined: position > 0,
        }));
    }
    let mut written = queue.buffer(&events, budget.extended(AFTER_WORK)).await.into_iter();
    let mut durable = Vec::with_capacity(event_indexes.len());
    for group in groups {
        // Without the others they would undo each other's work.
        if written.by_ref().take(group.len()).filter(|written| *written == Written::Durable).count() == group.len() {
            durable.extend(group);
        }
    }
    durable.sort_unstable();
    durable
}

/// Writes the rejected events that will not come back to the dead-letter queue; one that can't be written has to. One of
/// which a part may succeed later, and is queued for that, is judged again there.
pub(super) async fn rejected(
    queue: &Queue,
    mappings: &[MappingName],
    intake: &Intake<'_>,
    scope: &AcknowledgementScope<'_>,
    queued: &[u32],
    ledger: Ledger,
    budget: TimeBudget,
) -> Ledger {
    let settled = scope.settled(&ledger);
    let event_indexes: Vec<u32> = settled.filter(|event_index| queued.binary_search(event_index).is_err()).collect();
    if event_indexes.is_empty() {
        return ledger;
    }
    let texts: Vec<Option<Cow<'_, str>>> = event_indexes.iter().map(|event_index| intake.text(*event_index)).collect();
    let now = budget.wall.as_millisecond();
    let letters: Vec<_> = event_indexes
        .iter()
        .zip(&texts)
        .map(|(event_index, text)| letter(*event_index, text.as_deref(), mappings, intake, &ledger, now))
        .collect();
    let budget = budget.extended(AFTER_WORK);
    let mut written = queue.reject(&letters, budget).await;
    let large = written.iter().enumerate().filter(|(_, written)| **written == Written::TooLarge);
    let large: Vec<usize> = large.map(|(position, _)| position).collect();
    let written_instead = keep_what_is_known(queue, scope, &event_indexes, &letters, &large, budget).await;
    for (position, instead) in large.into_iter().zip(written_instead) {
        if let Some(written) = written.get_mut(position) {
            *written = instead;
        }
    }
    let failed = event_indexes.iter().zip(written).filter(|(_, written)| *written != Written::Durable);
    let failed: Vec<_> =
        failed.map(|(event_index, _)| Entry::new(*event_index, None, Reason::QueueUnavailable.into())).collect();
    ledger.with(failed)
}

/// Writes what is known of originals that are larger than a message of the queue can be: a record stays in its stream,
/// and whoever reads the letter finds it there.
async fn keep_what_is_known(
    queue: &Queue,
    scope: &AcknowledgementScope<'_>,
    event_indexes: &[u32],
    letters: &[RejectedEvent<'_>],
    large: &[usize],
    budget: TimeBudget,
) -> Vec<Written> {
    let known: Vec<_> = large
        .iter()
        .filter_map(|position| Some((event_indexes.get(*position)?, letters.get(*position)?)))
        .map(|(event_index, letter)| (letter, scope.described(*event_index, letter.original.bytes())))
        .collect();
    let letters: Vec<_> = known.iter().map(|(letter, text)| letter.instead(text)).collect();
    if letters.is_empty() { Vec::new() } else { queue.reject(&letters, budget).await }
}

fn letter<'l>(
    event_index: u32,
    text: Option<&'l str>,
    mappings: &'l [MappingName],
    intake: &'l Intake<'_>,
    ledger: &'l Ledger,
    now: i64,
) -> RejectedEvent<'l> {
    let entries = ledger.entries_of(event_index).iter().filter(|entry| entry.verdict.outcome() == Outcome::Rejected);
    let mut reasons: Vec<Reason> = Vec::new();
    let mut actor = Actor::Nobody;
    let (mut names, mut message) = (Vec::new(), Cow::Borrowed(""));
    for entry in entries {
        let Some(explanation) = entry.verdict.explanation() else { continue };
        actor = actor.min(explanation.actor());
        if !reasons.contains(&explanation.reason) {
            reasons.push(explanation.reason);
        }
        if message.is_empty() {
            message = Cow::Borrowed(explanation.message());
        }
        let mapping = entry.mapping.and_then(|number| mappings.get(usize::from(number)));
        names.extend(mapping.map(|mapping| mapping.name.as_str()));
    }
    let received_at = intake.envelope_time(event_index).unwrap_or(now);
    let record = || Original::Record(intake.record(event_index).unwrap_or_default());
    let original = text.map_or_else(record, Original::Event);
    RejectedEvent { original, received_at, reasons, actor, mappings: names, message }
}
