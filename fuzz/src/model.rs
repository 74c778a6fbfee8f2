//! What calls must do, worked out once more and the plain way: the latest operation on a cell wins, and nothing else
//! is sent.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tiktok_audiences::batch::{Call, Coalesced, Limits, Rank, Task};
use tiktok_audiences::delivery::body;
use tiktok_audiences::identity::Direction;
use tiktok_audiences::identity::Hashed;
use tiktok_audiences::tiktok::{AdvertiserId, AudienceId};

/// One identifier of one audience.
type Cell = (AdvertiserId, AudienceId, Hashed);

/// The operations before they were coalesced.
#[derive(Debug)]
pub struct Model {
    /// By event and cell: whether it is added, whether it is removed.
    wanted: BTreeMap<(u32, Cell), BTreeSet<Direction>>,
    /// Every claim on a cell: its rank, its task's position, and what it wants.
    claims: BTreeMap<Cell, Vec<(Rank, usize, Direction)>>,
    /// By task: its event, its audience, and whether it named anybody.
    tasks: Vec<(u32, (AdvertiserId, AudienceId), bool)>,
}

impl Model {
    /// The model of these operations.
    pub fn of(tasks: &[Task]) -> Self {
        let mut model = Self { wanted: BTreeMap::new(), claims: BTreeMap::new(), tasks: Vec::new() };
        for (position, task) in tasks.iter().enumerate() {
            for hashed in task.rows.iter().flatten() {
                let cell = (task.advertiser, task.audience, *hashed);
                model.wanted.entry((task.event_index, cell)).or_default().insert(task.direction);
                model.claims.entry(cell).or_default().push((task.rank, position, task.direction));
            }
            let target = (task.advertiser, task.audience);
            model.tasks.push((task.event_index, target, task.rows.iter().flatten().next().is_some()));
        }
        model
    }

    /// Holds what became of the operations to the model.
    pub fn check(&self, tasks: &[Task], verdicts: &[Coalesced], calls: &[Call], limits: Limits) {
        assert_eq!(verdicts.len(), self.tasks.len(), "every task has a verdict");
        let conflicting: BTreeSet<_> = self
            .wanted
            .iter()
            .filter(|(_, directions)| directions.len() > 1)
            .map(|((event_index, (advertiser, audience, _)), _)| (*event_index, (*advertiser, *audience)))
            .collect();
        let is_out = |position: usize| {
            let (event_index, target, _) = self.tasks[position];
            conflicting.contains(&(event_index, target))
        };
        let mut expected = BTreeMap::new();
        for (cell, claims) in &self.claims {
            let winner = claims.iter().filter(|(_, position, _)| !is_out(*position)).max();
            expected.extend(winner.map(|(_, position, direction)| (*cell, (*position, *direction))));
        }
        for (position, verdict) in verdicts.iter().enumerate() {
            let holds = expected.values().any(|(holder, _)| *holder == position);
            let right = match verdict {
                Coalesced::Conflicting => is_out(position),
                Coalesced::Kept => holds && !is_out(position),
                Coalesced::Superseded => !holds && !is_out(position),
            };
            assert!(right, "task {position} is {verdict:?}");
        }
        assert!(tasks.iter().flat_map(|task| &task.rows).all(|row| !row.is_empty()), "no row is empty");
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
            assert_eq!(row.audiences.len(), row.tasks.len(), "every audience of a row has its task");
            for (audience, task) in row.audiences.iter().zip(&row.tasks) {
                for hashed in &row.cells {
                    let before = sent.insert((call.advertiser, *audience, *hashed), (*task as usize, call.direction));
                    assert!(before.is_none(), "a cell is sent once");
                }
            }
        }
    }
    sent
}

/// The body of a call as TikTok reads it.
fn check_call(call: &Call, limits: Limits) {
    let body = body(call).expect("a planned call can be written");
    assert!((1..=limits.rows).contains(&call.rows.len()) && body.rows() == call.rows.len());
    assert!(body.as_bytes().len() <= limits.bytes || call.rows.len() == 1, "{} bytes", body.as_bytes().len());
    let json: Value = serde_json::from_slice(body.as_bytes()).expect("a body is JSON");
    assert_eq!(json["advertiser_ids"], serde_json::json!([call.advertiser.as_str()]));
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
