//! What is written to the queues: events to be delivered later, and events that never will be.

use std::borrow::Cow;
use std::time::Duration;

use tokio::time::Instant;

use crate::ingress::{Intake, Units};
use crate::outcome::{Entry, Explanation, Ledger, Outcome, Reason, Verdict};
use crate::queue::{Buffered, Original, Queue, Rejected, Written};
use crate::report::MappingName;
use crate::session::Window;

/// What a write that follows the work may take beyond the work's deadline; it is within the reply's reserve.
const AFTER_WORK: Duration = Duration::from_secs(1);

/// Writes all events to the buffer; what is no event is rejected at once.
pub(super) async fn buffer(queue: &Queue, intake: &Intake<'_>, window: Window) -> Ledger {
    let (mut entries, mut slots) = (Vec::new(), Vec::new());
    for slot in 0..slot_count(intake) {
        match intake.event(slot) {
            Ok(_event) => slots.push(slot),
            Err(explanation) => entries.push(Entry::new(slot, None, explanation.into())),
        }
    }
    let written = write(queue, intake, &slots, window.deadline, window).await;
    entries.extend(slots.iter().zip(written).map(|(slot, written)| Entry::new(*slot, None, written.verdict())));
    Ledger::close(intake.len(), entries, Vec::new())
}

/// Writes what may succeed later to the buffer, for a caller who waited for the rest.
pub(super) async fn leftovers(queue: &Queue, intake: &Intake<'_>, ledger: Ledger, window: Window) -> Ledger {
    let slots: Vec<u32> = ledger.retryable().filter_map(|slot| u32::try_from(slot).ok()).collect();
    if slots.is_empty() {
        return ledger;
    }
    let written = write(queue, intake, &slots, window.deadline + AFTER_WORK, window).await;
    let durable = slots.iter().zip(written).filter(|(_, written)| *written == Written::Durable);
    let durable: Vec<u32> = durable.map(|(slot, _)| *slot).collect();
    ledger.accepted(&durable)
}

async fn write(queue: &Queue, intake: &Intake<'_>, slots: &[u32], deadline: Instant, window: Window) -> Vec<Written> {
    let now = window.wall.as_millisecond();
    let event = |slot: &u32| Buffered {
        text: intake.text(*slot).unwrap_or_default(),
        received_at: intake.envelope_time(*slot).unwrap_or(now),
    };
    let events: Vec<_> = slots.iter().map(event).collect();
    queue.buffer(&events, deadline).await
}

/// Writes the rejected events that will not come back to the dead-letter queue; one that can't be written has to.
pub(super) async fn rejected(
    queue: &Queue,
    mappings: &[MappingName],
    intake: &Intake<'_>,
    units: &Units<'_>,
    ledger: Ledger,
    window: Window,
) -> Ledger {
    let slots: Vec<u32> = units.settled(&ledger).collect();
    if slots.is_empty() {
        return ledger;
    }
    let texts: Vec<Option<Cow<'_, str>>> = slots.iter().map(|slot| intake.text(*slot)).collect();
    let letters: Vec<_> = slots
        .iter()
        .zip(&texts)
        .map(|(slot, text)| letter(*slot, text.as_deref(), mappings, intake, &ledger))
        .collect();
    let written = queue.reject(&letters, window.deadline + AFTER_WORK).await;
    let has_to_return = |written: Written| match written {
        Written::Durable => false,
        Written::Failed => true,
        // A stream's own on-failure destination takes what is too large for a queue; other senders have the report.
        Written::TooLarge => matches!(units, Units::Kinesis(_)),
    };
    let failed = slots.iter().zip(written).filter(|(_, written)| has_to_return(*written));
    let failed: Vec<_> = failed.map(|(slot, _)| Entry::new(*slot, None, Reason::QueueUnavailable.into())).collect();
    ledger.with(failed)
}

fn letter<'l>(
    slot: u32,
    text: Option<&'l str>,
    mappings: &'l [MappingName],
    intake: &'l Intake<'_>,
    ledger: &'l Ledger,
) -> Rejected<'l> {
    let entries = ledger.entries_of(slot).iter().filter(|entry| entry.verdict.outcome() == Outcome::Rejected);
    let mut reasons: Vec<Reason> = Vec::new();
    let (mut names, mut message) = (Vec::new(), Cow::Borrowed(""));
    for entry in entries {
        let Some(explanation) = explanation(entry) else { continue };
        if !reasons.contains(&explanation.reason) {
            reasons.push(explanation.reason);
        }
        if message.is_empty() {
            message = Cow::Borrowed(explanation.message());
        }
        let mapping = entry.mapping.and_then(|number| mappings.get(usize::from(number)));
        names.extend(mapping.map(|mapping| mapping.name.as_str()));
    }
    let record = || Original::Record(intake.record(slot).unwrap_or_default());
    let original = text.map_or_else(record, Original::Event);
    Rejected { original, received_at: intake.envelope_time(slot), reasons, mappings: names, message }
}

const fn explanation(entry: &Entry) -> Option<&Explanation> {
    match &entry.verdict {
        Verdict::Because(explanation) => Some(explanation),
        Verdict::Delivered | Verdict::Accepted | Verdict::Superseded => None,
    }
}

fn slot_count(intake: &Intake<'_>) -> u32 {
    u32::try_from(intake.len()).unwrap_or(u32::MAX)
}
