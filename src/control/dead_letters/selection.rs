//! Which dead letters an operation is about.

use std::time::Duration;

use jiff::Timestamp;

use crate::did_you_mean::nearest;
use crate::outcome::{Outcome, Reason};
use crate::queue::DeadLetter;

use super::super::OperationError;
use super::super::arguments::Arguments;

/// The most messages of one run: SQS holds 120,000 of a queue at most, and the rest belongs to others.
pub(super) const MOST: usize = 100_000;
/// The reason of messages that SQS has put there itself: they were tried until their attempts were used up.
const RETRIES_USED_UP: &str = "RETRIES_USED_UP";
/// The reason of events that EventBridge has put there itself, since the buffer queue did not take them.
const NOT_HANDED_OVER: &str = "NOT_HANDED_OVER";
/// The reasons of messages that this function did not put there.
pub(super) const OTHERS: [&str; 2] = [RETRIES_USED_UP, NOT_HANDED_OVER];
/// What EventBridge says in an attribute of its dead letters.
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html>
const ERROR_OF_EVENTBRIDGE: &str = "ERROR_CODE";

/// Which dead letters an operation is about; what is not said does not matter.
#[derive(Debug)]
pub(super) struct Selection {
    /// One of their reasons.
    pub(super) reason: Option<String>,
    /// One of their mappings.
    mapping: Option<String>,
    /// When they were put there at the latest, in milliseconds since 1970.
    put_before: Option<i64>,
    /// So many at most.
    pub(super) limit: usize,
}

impl Selection {
    /// Reads `reason`, `mapping`, `older_than_hours` and `limit`.
    pub(super) fn read(arguments: &Arguments<'_>, now: Timestamp) -> Result<Self, OperationError> {
        let reason = arguments.text("reason")?.map(|given| known_reason(&given)).transpose()?;
        let hours = arguments.whole("older_than_hours", 0..=24 * 14)?;
        let older = hours.map(|hours| Duration::from_secs(hours * 3_600));
        let put_before = older.map(|older| now.saturating_sub(older).unwrap_or(Timestamp::MIN).as_millisecond());
        let most = u64::try_from(MOST).unwrap_or(u64::MAX);
        let limit = arguments.whole("limit", 1..=most)?.and_then(|limit| usize::try_from(limit).ok());
        let mapping = arguments.text("mapping")?.map(std::borrow::Cow::into_owned);
        Ok(Self { reason, mapping, put_before, limit: limit.unwrap_or(MOST) })
    }

    /// The same, without messages that are put there later: one that is sent again may be back at once, and a run would
    /// send it round and round. What is put there in the moment by which SQS's clock is ahead waits for the next run.
    pub(super) fn until(mut self, now: Timestamp) -> Self {
        let now = now.as_millisecond();
        self.put_before = Some(self.put_before.map_or(now, |before| before.min(now)));
        self
    }

    /// Whether it leaves nothing out.
    pub(super) const fn is_everything(&self) -> bool {
        self.reason.is_none() && self.mapping.is_none() && self.put_before.is_none() && self.limit == MOST
    }

    /// Whether it is about this message.
    pub(super) fn has(&self, letter: &DeadLetter) -> bool {
        let has_reason = self.reason.as_deref().is_none_or(|reason| reasons(letter).any(|each| each == reason));
        let has_mapping = self.mapping.as_deref().is_none_or(|mapping| mappings(letter).any(|each| each == mapping));
        let is_old_enough = self.put_before.is_none_or(|before| letter.sent_at.is_some_and(|sent| sent <= before));
        has_reason && has_mapping && is_old_enough
    }
}

/// The reasons of a message, as their codes.
pub(super) fn reasons(letter: &DeadLetter) -> impl Iterator<Item = &str> {
    let is_of_eventbridge = letter.attribute(ERROR_OF_EVENTBRIDGE).is_some();
    let without = if is_of_eventbridge { NOT_HANDED_OVER } else { RETRIES_USED_UP };
    letter.attribute("reason").unwrap_or(without).split(',').map(str::trim)
}

/// The names of the mappings that failed.
pub(super) fn mappings(letter: &DeadLetter) -> impl Iterator<Item = &str> {
    letter.attribute("mappings").into_iter().flat_map(|names| names.split(", "))
}

fn known_reason(given: &str) -> Result<String, OperationError> {
    let rejections = Reason::ALL.iter().filter(|reason| reason.outcome() == Outcome::Rejected);
    let known: Vec<_> = rejections.map(|reason| reason.code()).chain(OTHERS).collect();
    if known.contains(&given) {
        return Ok(given.to_owned());
    }
    let hint = nearest(given, known.iter().copied()).map(|code| format!(", did you mean {code}?")).unwrap_or_default();
    let message = format!("reason is none of {}{hint}", known.join(", "));
    Err(OperationError::new("INVALID_FIELD", message))
}
