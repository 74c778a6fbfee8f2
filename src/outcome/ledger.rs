//! One outcome per event, in the order in which the events came.

use std::collections::{BTreeSet, HashMap};

use super::{AllLeftOut, LeftOut, Note, Outcome, Verdict};
use crate::batch::Overruled;
use crate::sorting::sort_by_key;
use crate::tiktok::{AdvertiserId, AudienceId};

/// One action on one event.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The event.
    pub event_index: u32,
    /// Position of the mapping in the destination; `None` where no mapping was involved.
    pub mapping: Option<u16>,
    /// How it ended.
    pub verdict: Verdict,
    /// The advertiser, once known.
    pub advertiser: Option<AdvertiserId>,
    /// The audience, once known.
    pub audience: Option<AudienceId>,
    /// What was done otherwise than the event asked for.
    pub note: Option<Note>,
    /// The identifiers that were there and are not sent.
    pub left_out: AllLeftOut,
    /// `createAudience`: whether it was created (or found).
    pub created: Option<bool>,
    /// TikTok's id of the call, as a position in [`Ledger::request_id`].
    pub request: Option<u32>,
    /// Whether it is one of a deletion request.
    pub is_deletion: bool,
}

impl Entry {
    /// An entry that has nothing but a verdict.
    pub const fn new(event_index: u32, mapping: Option<u16>, verdict: Verdict) -> Self {
        Self {
            event_index,
            mapping,
            verdict,
            advertiser: None,
            audience: None,
            note: None,
            left_out: None,
            created: None,
            request: None,
            is_deletion: false,
        }
    }

    /// Whether reports say the same of both: all but which events they are of.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        let Self {
            event_index: _,
            mapping,
            verdict,
            advertiser,
            audience,
            note,
            left_out,
            created,
            request,
            is_deletion: _,
        } = self;
        *mapping == other.mapping
            && *request == other.request
            && *audience == other.audience
            && *advertiser == other.advertiser
            && *verdict == other.verdict
            && (*note, *created) == (other.note, other.created)
            && *left_out == other.left_out
    }

    /// The identifiers that were there and are not sent.
    pub fn left_out(&self) -> &[LeftOut] {
        self.left_out.as_deref().unwrap_or_default()
    }
}

/// Counts of events by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Events in.
    pub received: usize,
    counts: [usize; Outcome::ALL.len()],
}

impl Summary {
    /// Number of events that ended like this.
    pub fn count(&self, outcome: Outcome) -> usize {
        Outcome::ALL.iter().zip(self.counts).find_map(|(each, count)| (*each == outcome).then_some(count)).unwrap_or(0)
    }

    fn add(&mut self, outcome: Outcome) {
        for (each, count) in Outcome::ALL.iter().zip(&mut self.counts) {
            *count += usize::from(*each == outcome);
        }
    }
}

/// What became of every event of an invocation.
///
/// Built from the entries of all actions; an event without any entry has none to its name and counts as retryable, so
/// that a mistake in this program can delay an event but not lose it.
#[derive(Debug)]
pub struct Ledger {
    outcomes: Vec<Outcome>,
    /// Sorted by entry and mapping.
    entries: Vec<Entry>,
    requests: Vec<String>,
    /// Sorted, each once.
    overruled: Vec<Overruled>,
    summary: Summary,
}

impl Ledger {
    /// Closes the books over `events` events.
    pub fn close(events: usize, mut entries: Vec<Entry>, requests: Vec<String>) -> Self {
        sort_by_key(&mut entries, |entry| (entry.event_index, entry.mapping));
        let mut worst = vec![None; events];
        for entry in &entries {
            if let Some(event_index) = worst.get_mut(entry.event_index as usize) {
                let outcome = entry.verdict.outcome();
                *event_index = Some(event_index.map_or(outcome, |so_far: Outcome| so_far.worst(outcome)));
            }
        }
        let outcomes: Vec<_> = worst.into_iter().map(|outcome| outcome.unwrap_or(Outcome::Retryable)).collect();
        let mut summary = Summary { received: events, ..Summary::default() };
        for outcome in &outcomes {
            summary.add(*outcome);
        }
        Self { outcomes, entries, requests, overruled: Vec::new(), summary }
    }

    /// The same books with whom others overruled, in any order.
    #[must_use]
    pub fn with_overruled(self, mut overruled: Vec<Overruled>) -> Self {
        overruled.sort_unstable();
        overruled.dedup();
        Self { overruled, ..self }
    }

    /// The same books with further entries.
    #[must_use]
    pub fn with(self, more: Vec<Entry>) -> Self {
        if more.is_empty() {
            return self;
        }
        let mut entries = self.entries;
        entries.extend(more);
        Self { overruled: self.overruled, ..Self::close(self.outcomes.len(), entries, self.requests) }
    }

    /// The same books once what may succeed later of these events was queued.
    #[must_use]
    pub fn accepted(self, event_indexes: &[u32]) -> Self {
        let mut entries = self.entries;
        for entry in &mut entries {
            if entry.verdict.outcome() == Outcome::Retryable && event_indexes.binary_search(&entry.event_index).is_ok()
            {
                entry.verdict = Verdict::Accepted;
            }
        }
        Self { overruled: self.overruled, ..Self::close(self.outcomes.len(), entries, self.requests) }
    }

    /// The events that overruled one.
    fn overruling(&self, event_index: u32) -> impl Iterator<Item = u32> {
        let start = self.overruled.partition_point(|overruled| overruled.event_index < event_index);
        let from_there = self.overruled.get(start..).unwrap_or_default().iter();
        from_there.take_while(move |overruled| overruled.event_index == event_index).map(|overruled| overruled.by)
    }

    /// These events, and those that overruled them, and those that overruled these; in order.
    pub fn with_overruling(&self, mut event_indexes: Vec<u32>) -> Vec<u32> {
        let mut all: BTreeSet<u32> = event_indexes.iter().copied().collect();
        while let Some(event_index) = event_indexes.pop() {
            event_indexes.extend(self.overruling(event_index).filter(|by| all.insert(*by)));
        }
        all.into_iter().collect()
    }

    /// These events, those together of which one overruled another.
    pub fn together(&self, event_indexes: &[u32]) -> Vec<Vec<u32>> {
        if self.overruled.is_empty() {
            return event_indexes.iter().map(|event_index| vec![*event_index]).collect();
        }
        let mut left: BTreeSet<u32> = event_indexes.iter().copied().collect();
        let mut neighbours: HashMap<u32, Vec<u32>> = HashMap::new();
        for Overruled { event_index, by } in &self.overruled {
            neighbours.entry(*event_index).or_default().push(*by);
            neighbours.entry(*by).or_default().push(*event_index);
        }
        let mut groups = Vec::new();
        while let Some(first) = left.pop_first() {
            let mut group = vec![first];
            let mut position = 0;
            while let Some(event_index) = group.get(position) {
                let near = neighbours.get(event_index).map(Vec::as_slice).unwrap_or_default();
                group.extend(near.iter().filter(|near| left.remove(near)));
                position += 1;
            }
            groups.push(group);
        }
        groups
    }

    /// One outcome per event.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// Whether an event ended in one of these ways.
    pub fn is_one_of(&self, event_index: u32, outcomes: &[Outcome]) -> bool {
        self.outcomes.get(event_index as usize).is_some_and(|outcome| outcomes.contains(outcome))
    }

    /// The counts.
    pub const fn summary(&self) -> &Summary {
        &self.summary
    }

    /// All entries, by entry.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries of one event.
    pub fn entries_of(&self, event_index: u32) -> &[Entry] {
        let start = self.entries.partition_point(|entry| entry.event_index < event_index);
        let end = self.entries.partition_point(|entry| entry.event_index <= event_index);
        self.entries.get(start..end).unwrap_or_default()
    }

    /// TikTok's id of the call that decided an entry.
    pub fn request_id(&self, entry: &Entry) -> Option<&str> {
        self.requests.get(entry.request? as usize).map(String::as_str)
    }

    /// Slots that may succeed later.
    pub fn retryable(&self) -> impl Iterator<Item = usize> {
        let event_indexes = self.outcomes.iter().enumerate();
        event_indexes.filter(|(_, outcome)| **outcome == Outcome::Retryable).map(|(event_index, _)| event_index)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::outcome::Reason;

    fn verdict(number: u8) -> Verdict {
        match number % 6 {
            0 => Verdict::Delivered,
            1 => Verdict::Accepted,
            2 => Verdict::Superseded,
            3 => Reason::NoMapping.into(),
            4 => Reason::NoAudience.into(),
            _ => Reason::OutOfTime.into(),
        }
    }

    #[test]
    fn an_event_is_as_good_as_its_worst_action() {
        let entries = [(0, 3), (0, 0), (1, 0), (1, 4), (2, 5), (2, 4), (3, 2), (3, 3)]
            .map(|(event_index, number)| Entry::new(event_index, None, verdict(number)));
        let ledger = Ledger::close(5, entries.to_vec(), Vec::new());
        let expected =
            [Outcome::Delivered, Outcome::Rejected, Outcome::Retryable, Outcome::Superseded, Outcome::Retryable];
        assert_eq!(ledger.outcomes(), expected);
        assert_eq!(ledger.retryable().collect::<Vec<_>>(), [2, 4]);
        assert_eq!(ledger.entries_of(1).len(), 2);
        assert!(ledger.entries_of(4).is_empty());
    }

    #[test]
    fn only_what_may_succeed_later_is_accepted_and_only_where_it_was_queued() {
        let entries = [(0, 5), (1, 5), (2, 0), (3, 4), (3, 5)];
        let entries = entries.map(|(event_index, number)| Entry::new(event_index, None, verdict(number)));
        let ledger = Ledger::close(4, entries.to_vec(), Vec::new()).accepted(&[0, 2, 3]);
        let expected = [Outcome::Accepted, Outcome::Retryable, Outcome::Delivered, Outcome::Rejected];
        assert_eq!(ledger.outcomes(), expected);
        assert_eq!(ledger.summary().count(Outcome::Accepted), 1);
    }

    #[test]
    fn whoever_was_overruled_goes_with_those_who_did_it() {
        let overruled = [(4, 2), (1, 2), (2, 3), (4, 2)].map(|(event_index, by)| Overruled { event_index, by });
        let ledger = Ledger::close(5, Vec::new(), Vec::new()).with_overruled(overruled.to_vec());
        assert_eq!(ledger.overruling(4).collect::<Vec<_>>(), [2]);
        assert_eq!(ledger.with_overruling(vec![0]), [0]);
        assert_eq!(ledger.with_overruling(vec![4, 0]), [0, 2, 3, 4]);
        let ledger = ledger.with(vec![Entry::new(0, None, Verdict::Delivered)]).accepted(&[1]);
        assert_eq!(ledger.with_overruling(vec![1]), [1, 2, 3]);
        assert_eq!(ledger.together(&[0, 1, 3, 4]), [vec![0], vec![1], vec![3], vec![4]]);
        assert_eq!(ledger.together(&[0, 1, 2, 3, 4]), [vec![0], vec![1, 2, 3, 4]]);
    }

    #[test]
    fn entries_are_kept_by_event_with_the_id_of_their_call() {
        let entry = |event_index, request| Entry { request, ..Entry::new(event_index, None, Verdict::Delivered) };
        let entries = vec![entry(1, Some(1)), entry(0, Some(0)), entry(1, None), entry(1, Some(2))];
        let ledger = Ledger::close(2, entries, vec!["first".to_owned(), "second".to_owned()]);
        assert_eq!(ledger.entries().iter().map(|entry| entry.event_index).collect::<Vec<_>>(), [0, 1, 1, 1]);
        let ids: Vec<_> = ledger.entries().iter().map(|entry| ledger.request_id(entry)).collect();
        assert_eq!(ids, [Some("first"), Some("second"), None, None]);
    }

    proptest! {
        #[test]
        fn events_in_are_outcomes_out(
            events in 0_usize..40,
            entries in prop::collection::vec((0_u32..50, any::<u8>()), 0..120),
        ) {
            let entries = entries.into_iter().map(|(event_index, number)| Entry::new(event_index, None, verdict(number))).collect();
            let ledger = Ledger::close(events, entries, Vec::new());
            let summary = ledger.summary();
            prop_assert_eq!(summary.received, events);
            prop_assert_eq!(Outcome::ALL.iter().map(|outcome| summary.count(*outcome)).sum::<usize>(), events);
            prop_assert_eq!(ledger.outcomes().len(), events);
        }
    }
}
