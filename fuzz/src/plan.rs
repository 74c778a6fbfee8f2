//! Events to calls and outcomes as they are delivered, with stand-ins for what only TikTok or the secret knows.

use std::sync::Arc;

use jiff::Timestamp;
use tiktok_audiences::actions::{AdvertiserRef, AudienceRef, MAX_NAME_CHARS, Operation};
use tiktok_audiences::actions::{Evaluated, PlannedOperation};
use tiktok_audiences::batch::{self, Call, Coalesced, Limits, Task};
use tiktok_audiences::destination::Router;
use tiktok_audiences::destination::evaluation::evaluate;
use tiktok_audiences::identity::Direction;
use tiktok_audiences::ingress::{Intake, Order};
use tiktok_audiences::outcome::{Entry, Ledger, Reason, Verdict};
use tiktok_audiences::tiktok::{AdvertiserId, AudienceId};

use crate::model::Model;

/// The clock of all runs, so that a finding can be repeated.
pub fn now() -> Timestamp {
    Timestamp::constant(1_795_000_000, 0)
}

/// What came of the events: the calls, and one outcome each if TikTok takes every call.
#[derive(Debug)]
pub struct Planned {
    /// In the order in which they are sent.
    pub calls: Vec<Call>,
    /// The books.
    pub ledger: Ledger,
}

/// Delivers events as far as that goes without TikTok, in calls of at most so many bytes, and holds every step to
/// [`Model`].
pub fn deliver(router: &Router, intake: &Intake<'_>, order: Order, bytes: usize) -> Planned {
    let Evaluated { mut entries, operations, .. } = evaluate(router, intake, order, now());
    assert!(operations.is_sorted_by_key(|planned| planned.event_index), "operations come in order of their events");
    let mut stand_ins = StandIns::default();
    let mut tasks: Vec<Task> = Vec::new();
    let mut mappings = Vec::new();
    for planned in operations {
        let (event_index, mapping) = (planned.event_index, planned.mapping);
        let before = tasks.len();
        match stand_ins.tasks(planned) {
            Some(more) => tasks.extend(more),
            None => entries.push(Entry::new(event_index, mapping, Verdict::Delivered)),
        }
        mappings.resize(mappings.len() + tasks.len() - before, mapping);
    }
    let settings = &router.destination.settings;
    let (rows, audiences_per_row) = (settings.batch_rows.get(), settings.audiences_per_row.get());
    let limits = Limits { rows, audiences_per_row, bytes };
    let model = Model::of(&tasks);
    let verdicts = batch::coalesce(&mut tasks).verdicts;
    let tasks = Arc::new(tasks);
    let calls = batch::plan(&tasks, limits);
    model.check(&tasks, &verdicts, &calls, limits);
    entries.extend(tasks.iter().zip(verdicts).zip(mappings).map(|((task, verdict), mapping)| {
        let verdict = match verdict {
            Coalesced::Kept => Verdict::Delivered,
            Coalesced::Superseded => Verdict::Superseded,
            Coalesced::Conflicting | Coalesced::ConflictingInPart => Reason::ConflictingMappings.into(),
        };
        Entry::new(task.event_index, mapping, verdict)
    }));
    for event_index in 0..intake.next_index() {
        assert!(entries.iter().any(|entry| entry.event_index == event_index), "an event went without a word");
    }
    Planned { calls, ledger: Ledger::close(intake.len(), entries, Vec::new()) }
}

/// Ids for names: the same name, the same id.
#[derive(Default)]
struct StandIns(Vec<String>);

impl StandIns {
    /// What an operation comes to in TikTok's terms; none where it is no matter of members.
    fn tasks(&mut self, planned: PlannedOperation) -> Option<Vec<Task>> {
        let PlannedOperation { event_index, rank, operation, .. } = planned;
        let task = |advertiser, audience, is_by_name, direction, rows| Task {
            event_index,
            rank,
            entry: 0,
            advertiser,
            audience,
            is_by_name,
            direction,
            rows,
        };
        match operation {
            Operation::Create { name, .. } => {
                assert!(!name.trim().is_empty() && name.chars().count() <= MAX_NAME_CHARS);
                None
            }
            Operation::Members { direction, advertiser, audience, rows, .. } => {
                let (audience, is_by_name) = match audience {
                    AudienceRef::Known(id) => (id, false),
                    AudienceRef::Named(name) => (self.audience(name), true),
                };
                Some(vec![task(known(advertiser), audience, is_by_name, direction, rows)])
            }
            Operation::Erase { mut advertisers, rows, left_out: _ } => {
                advertisers.push(known(AdvertiserRef::OnlyOfSecret));
                let audience = self.audience("everywhere".to_owned());
                let each = |advertiser| task(advertiser, audience, true, Direction::Remove, rows.clone());
                Some(advertisers.into_iter().map(each).collect())
            }
        }
    }

    fn audience(&mut self, name: String) -> AudienceId {
        let known = self.0.iter().position(|known| *known == name);
        let number = known.unwrap_or_else(|| {
            self.0.push(name);
            self.0.len() - 1
        });
        AudienceId::parse(&format!("19{number:017}")).expect("digits")
    }
}

fn known(advertiser: AdvertiserRef) -> AdvertiserId {
    match advertiser {
        AdvertiserRef::Known(id) => id,
        AdvertiserRef::OnlyOfSecret => AdvertiserId::parse("7000000000000000009").expect("digits"),
    }
}
