//! What calls must do, worked out once more and the plain way: the latest operation on a cell wins, and nothing else
//! is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use tiktok_audiences::batch::{Call, Coalesced, Limits, Rank, Task};
use tiktok_audiences::delivery::body;
use tiktok_audiences::identity::Direction;
use tiktok_audiences::identity::Hashed;
use tiktok_audiences::tiktok::{AdvertiserId, AudienceId};

/// One identifier of one audience.
type Cell = (AdvertiserId, AudienceId, Hashed);

/// What one operation wanted before it was coalesced.
#[derive(Debug)]
struct Wanted {
    event_index: u32,
    target: (AdvertiserId, AudienceId),
    direction: Direction,
    rank: Rank,
    rows: Vec<BTreeSet<Hashed>>,
}

/// The operations before they were coalesced.
#[derive(Debug)]
pub struct Model {
    wanted: Vec<Wanted>,
}

impl Model {
    /// The model of these operations.
    pub fn of(tasks: &[Task]) -> Self {
        let wanted = tasks.iter().map(|task| Wanted {
            event_index: task.event_index,
            target: (task.advertiser, task.audience),
            direction: task.direction,
            rank: task.rank,
            rows: task.rows.iter().map(|row| row.iter().copied().collect()).collect(),
        });
        Self { wanted: wanted.collect() }
    }

    /// The identifiers that an event adds to and removes from one audience, and whatever stands beside one in a row: it is
    /// the same person's.
    fn conflicting(&self, of: &Wanted) -> BTreeSet<Hashed> {
        let same = || self.wanted.iter().filter(|each| (each.event_index, each.target) == (of.event_index, of.target));
        let named = |direction| {
            let of_direction = same().filter(move |each| each.direction == direction);
            of_direction.flat_map(|each| each.rows.iter().flatten().copied()).collect::<BTreeSet<_>>()
        };
        let direct: BTreeSet<_> = named(Direction::Add).intersection(&named(Direction::Remove)).copied().collect();
        let rows = same().flat_map(|each| &each.rows).filter(|row| !row.is_disjoint(&direct));
        rows.flatten().copied().collect()
    }

    /// Holds what became of the operations to the model.
    pub fn check(&self, tasks: &[Task], verdicts: &[Coalesced], calls: &[Call], limits: Limits) {
        assert_eq!(verdicts.len(), self.wanted.len(), "every task has a verdict");
        let mut expected: BTreeMap<Cell, (Rank, usize, Direction)> = BTreeMap::new();
        let mut dropped = Vec::new();
        for (position, wanted) in self.wanted.iter().enumerate() {
            let conflicting = self.conflicting(wanted);
            let (out, left): (Vec<_>, Vec<_>) = wanted.rows.iter().partition(|row| !row.is_disjoint(&conflicting));
            dropped.push(out.len());
            let (advertiser, audience) = wanted.target;
            for hashed in left.into_iter().flatten() {
                let claim = (wanted.rank, position, wanted.direction);
                let holder = expected.entry((advertiser, audience, *hashed)).or_insert(claim);
                *holder = claim.max(*holder);
            }
        }
        for (position, (verdict, out)) in verdicts.iter().zip(dropped).enumerate() {
            let holds = expected.values().any(|(_, holder, _)| *holder == position);
            let right = match verdict {
                Coalesced::Conflicting => out > 0 && !holds,
                Coalesced::ConflictingInPart => out > 0 && holds,
                Coalesced::Kept => out == 0 && holds,
                Coalesced::Superseded => out == 0 && !holds,
            };
            assert!(right, "task {position} is {verdict:?}");
        }
        assert!(tasks.iter().flat_map(|task| &task.rows).all(|row| !row.is_empty()), "no row is empty");
        let expected: BTreeMap<_, _> =
            expected.into_iter().map(|(cell, (_, holder, direction))| (cell, (holder, direction))).collect();
        assert_eq!(sent(calls), expected, "what is sent is what was latest, once");
        for call in calls {
            check_call(call, limits);
        }
    }
}

/// Everything in the calls, each cell once.
fn sent(calls: &[Call]) -> BTreeMap<Cell, (usize, Direction)> {
    let mut sent = BTreeMap::new();
    for call in calls {
        for row in &call.rows {
            let carried = call.carried_by(row);
            assert_eq!(carried.tasks().count(), row.len(), "every row of a task is there");
            for (of, (number, task)) in row.iter().zip(carried.tasks()) {
                let own = &task.rows[of.row as usize];
                assert_eq!(own.as_slice(), carried.cells(), "the rows of a person have the same identifiers");
                for hashed in own {
                    let before =
                        sent.insert((call.advertiser, task.audience, *hashed), (number as usize, call.direction));
                    assert!(before.is_none(), "a cell is sent once");
                }
            }
        }
    }
    sent
}

/// The body of a call as TikTok reads it.
fn check_call(call: &Call, limits: Limits) {
    let body = body(&Arc::new(call.clone())).expect("a planned call can be written");
    let written = body.to_json();
    assert!((1..=limits.rows).contains(&call.rows.len()) && body.rows() == call.rows.len());
    assert!(written.len() <= limits.bytes || call.rows.len() == 1, "{} bytes", written.len());
    let json: Value = serde_json::from_slice(&written).expect("a body is JSON");
    assert_eq!(json["advertiser_ids"], serde_json::json!([call.advertiser]));
    assert_eq!(json["action"], action(call.direction));
    let schema = json["id_schema"].as_array().expect("a schema");
    assert!(!schema.is_empty());
    for row in json["batch_data"].as_array().expect("rows") {
        let cells = row.as_array().expect("a row");
        assert_eq!(cells.len(), schema.len(), "a row is as wide as the schema");
        assert!(cells.iter().any(|cell| cell != &serde_json::json!({})), "a row has an identifier");
        for (cell, column) in cells.iter().zip(schema) {
            check_cell(cell, column.as_str().expect("a column"), limits);
        }
    }
}

fn check_cell(cell: &Value, column: &str, limits: Limits) {
    let Some(id) = cell.get("id") else { return assert_eq!(cell, &serde_json::json!({})) };
    let id = id.as_str().expect("a hash is a string");
    assert_eq!(id.len(), if column.ends_with("_MD5") { 32 } else { 64 }, "an identifier is hashed");
    assert!(id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "an identifier is hashed");
    let audiences = cell["audience_ids"].as_array().expect("audiences");
    assert!((1..=limits.audiences_per_row).contains(&audiences.len()));
    assert!(audiences.iter().all(|id| id.as_str().is_some_and(|id| id.bytes().all(|byte| byte.is_ascii_digit()))));
}

/// TikTok's word for a direction, from its documentation.
const fn action(direction: Direction) -> &'static str {
    match direction {
        Direction::Add => "add",
        Direction::Remove => "delete",
    }
}
