//! The lines about single events: those that failed, or all; and deletion requests always.
//!
//! Outcomes, reason codes, mapping names, positions, ids of messages and calls; never anything about a person.

use std::borrow::Cow;

use tracing::level_filters::LevelFilter;
use tracing::{debug, info, warn};

use crate::outcome::plain_id::is_plain_id;
use crate::outcome::{Actor, Entry, Explanation, Ledger, MappingName, Outcome};
use crate::tiktok::AdvertiserId;

/// Failed events that get a line each where only those do; the summary counts all.
const MAX_LINES: usize = 100;

/// Which events get a line of their own: `LOG_EVENTS`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogEvents {
    /// Those that were rejected or have to be tried again, up to a hundred an invocation.
    #[default]
    Failed,
    /// All.
    All,
}

/// What the lines of an invocation's events are made of.
pub(super) struct Lines<'l> {
    pub(super) ledger: &'l Ledger,
    pub(super) mappings: &'l [MappingName],
    pub(super) message_id: &'l dyn Fn(u32) -> Option<Cow<'l, str>>,
}

impl Lines<'_> {
    /// Writes the lines; returns how many failures have none.
    pub(super) fn write(&self, which: LogEvents) -> usize {
        let says_all = which == LogEvents::All;
        let is_debugged = tracing::enabled!(tracing::Level::DEBUG);
        let (mut failures, mut without_a_line) = (0, 0);
        let mut entries = self.ledger.entries().iter().peekable();
        while let Some(entry) = entries.next() {
            if entry.is_deletion {
                let mut all = vec![entry];
                while let Some(more) = entries.next_if(|more| is_alike(entry, more)) {
                    all.push(more);
                }
                self.deletion(&all);
                continue;
            }
            let level = match entry.verdict.outcome() {
                Outcome::Rejected | Outcome::Retryable => {
                    failures += 1;
                    if !says_all && failures > MAX_LINES {
                        without_a_line += 1;
                        continue;
                    }
                    LevelFilter::WARN
                }
                _ if says_all => LevelFilter::INFO,
                Outcome::Skipped | Outcome::Superseded if is_debugged => LevelFilter::DEBUG,
                Outcome::Delivered | Outcome::Accepted | Outcome::Skipped | Outcome::Superseded => continue,
            };
            self.event(entry, level);
        }
        without_a_line
    }

    fn message_id(&self, entry: &Entry) -> Option<Cow<'_, str>> {
        (self.message_id)(entry.event_index).filter(|id| is_plain_id(id))
    }

    #[expect(clippy::cognitive_complexity, reason = "what the macros of tracing become, once for each level")]
    fn event(&self, entry: &Entry, level: LevelFilter) {
        let mapping = entry.mapping.and_then(|number| self.mappings.get(usize::from(number)));
        let explanation = entry.verdict.explanation();
        let message_id = self.message_id(entry);
        macro_rules! line {
            ($level:ident, $message:literal) => {
                $level!(
                    index = entry.event_index,
                    message_id = message_id.as_deref(),
                    outcome = entry.verdict.outcome().as_str(),
                    reason = explanation.map(|explanation| explanation.reason.code()),
                    actor = explanation.map(|explanation| explanation.actor().as_str()),
                    detail = explanation.map(Explanation::message),
                    tiktok_code = explanation.and_then(Explanation::tiktok_code),
                    mapping = mapping.map(|mapping| mapping.name.as_str()),
                    request_id = self.ledger.request_id(entry),
                    left_out = some(entry.left_out().len()),
                    $message
                )
            };
        }
        if level == LevelFilter::WARN {
            line!(warn, "event not delivered");
        } else if level == LevelFilter::INFO {
            line!(info, "event done");
        } else {
            line!(debug, "event done");
        }
    }

    /// One line for the audiences of a deletion request that one call reached: what its receipt is made of.
    fn deletion(&self, entries: &[&Entry]) {
        let Some(first) = entries.first() else { return };
        let explanation = first.verdict.explanation();
        let audiences: Vec<_> =
            entries.iter().filter_map(|entry| entry.audience).map(|audience| audience.to_string()).collect();
        info!(
            index = first.event_index,
            message_id = self.message_id(first).as_deref(),
            outcome = first.verdict.outcome().as_str(),
            reason = explanation.map(|explanation| explanation.reason.code()),
            detail = explanation.map(Explanation::message),
            tiktok_code = explanation.and_then(Explanation::tiktok_code),
            advertiser_id = first.advertiser.map(AdvertiserId::text).as_deref(),
            audiences = audiences.len(),
            audience_ids = audiences.join(","),
            request_id = self.ledger.request_id(first),
            "deletion request"
        );
    }
}

/// One line for the first row that was not delivered, where TikTok or somebody besides the person can say why.
pub(super) fn first_refused_row(ledger: &Ledger) {
    let mut refused = ledger.entries().iter().filter_map(|entry| Some((entry, entry.verdict.explanation()?)));
    let first = refused.find(|(entry, explanation)| {
        let is_told = explanation.actor() != Actor::Person || explanation.tiktok_code().is_some();
        matches!(entry.verdict.outcome(), Outcome::Rejected | Outcome::Retryable) && is_told
    });
    let Some((entry, explanation)) = first else { return };
    warn!(
        index = entry.event_index,
        outcome = entry.verdict.outcome().as_str(),
        reason = explanation.reason.code(),
        actor = explanation.actor().as_str(),
        detail = explanation.message(),
        tiktok_code = explanation.tiktok_code(),
        request_id = ledger.request_id(entry),
        "first row not delivered"
    );
}

/// Whether two entries of deletion requests are of one request, one call and one end.
fn is_alike(one: &Entry, other: &Entry) -> bool {
    other.is_deletion
        && (one.event_index, one.advertiser, one.request, &one.verdict)
            == (other.event_index, other.advertiser, other.request, &other.verdict)
}

/// The count, unless it is zero.
pub(super) fn some(count: usize) -> Option<usize> {
    (count > 0).then_some(count)
}
