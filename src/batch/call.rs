//! Rows to calls: grouped by advertiser and action, split by rows and bytes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;
use smallvec::{SmallVec, smallvec};

use super::Task;
use crate::identity::{Direction, Hashed, IdType};
use crate::tiktok::{AdvertiserId, AudienceId};

/// The largest body of a call. Source: Tealium's documentation of its TikTok connector; TikTok states none.
pub const MAX_CALL_BYTES: usize = 1_000_000;

/// How large a call may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Rows, 1 to 10,000.
    pub rows: usize,
    /// Audiences of one person in one row.
    pub audiences_per_row: usize,
    /// Bytes of the body.
    pub bytes: usize,
}

/// A row of a task, by the numbers of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskRow {
    /// The task, among those of its call.
    pub task: u32,
    /// Which of its rows.
    pub row: u32,
}

/// One person in a call: usually a row of one task; of several, one for each audience, where these have the same cells.
pub type CallRow = SmallVec<[TaskRow; 2]>;

/// One call of `/segment/mapping/`.
#[derive(Clone, Debug)]
pub struct Call {
    /// The ad account.
    pub advertiser: AdvertiserId,
    /// Add or remove.
    pub direction: Direction,
    /// The people, in order of their events.
    pub rows: Vec<CallRow>,
    /// All tasks of the invocation, some of whose rows these are: they are in memory once.
    pub tasks: Arc<Vec<Task>>,
}

/// A row of a call with what it carries.
#[derive(Clone, Copy, Debug)]
pub struct Carried<'c> {
    tasks: &'c [Task],
    rows: &'c [TaskRow],
}

impl<'c> Carried<'c> {
    /// The person's identifiers, in column order.
    pub fn cells(self) -> &'c [Hashed] {
        cells_of(self.tasks, self.rows)
    }

    /// The tasks that the row carries, one per audience, with their numbers.
    pub fn tasks(self) -> impl Iterator<Item = (u32, &'c Task)> {
        self.rows.iter().filter_map(move |of| Some((of.task, self.tasks.get(of.task as usize)?)))
    }

    /// The audiences that the person goes to, in the order of the tasks.
    pub fn audiences(self) -> impl Iterator<Item = AudienceId> {
        self.tasks().map(|(_, task)| task.audience)
    }

    /// Whether there are several of them.
    pub const fn has_several_audiences(self) -> bool {
        self.rows.len() > 1
    }
}

impl Call {
    /// A row by its number; `None` behind the last one.
    pub fn row(&self, number: usize) -> Option<Carried<'_>> {
        self.rows.get(number).map(|row| self.carried_by(row))
    }

    /// All rows, in their order.
    pub fn carried(&self) -> impl Iterator<Item = Carried<'_>> {
        self.rows.iter().map(|row| self.carried_by(row))
    }

    /// What one of the rows carries.
    pub fn carried_by<'c>(&'c self, row: &'c CallRow) -> Carried<'c> {
        Carried { tasks: &self.tasks, rows: row }
    }

    /// The same call with other rows.
    #[must_use]
    pub fn with_rows(&self, rows: Vec<CallRow>) -> Self {
        Self { rows, tasks: Arc::clone(&self.tasks), ..*self }
    }

    /// The tasks that it carries, with their numbers; one comes as often as it has rows in the call.
    pub fn carried_tasks(&self) -> impl Iterator<Item = (u32, &Task)> {
        self.carried().flat_map(Carried::tasks)
    }

    /// The columns that the rows use, in column order: the call's id schema.
    pub fn schema(&self) -> SmallVec<[IdType; 6]> {
        let mut used = [false; IdType::ALL.len()];
        for cell in self.carried().flat_map(Carried::cells) {
            if let Some(column) = used.get_mut(cell.id_type().index()) {
                *column = true;
            }
        }
        IdType::ALL.into_iter().zip(used).filter(|(_, is_used)| *is_used).map(|(column, _)| column).collect()
    }

    /// How many identifiers the rows have by column, by [`IdType::index`].
    pub fn identifiers(&self) -> [usize; IdType::ALL.len()] {
        let mut identifiers = [0; IdType::ALL.len()];
        for cell in self.carried().flat_map(Carried::cells) {
            if let Some(count) = identifiers.get_mut(cell.id_type().index()) {
                *count += 1;
            }
        }
        identifiers
    }

    /// How many rows go to each audience.
    pub fn people(&self) -> BTreeMap<AudienceId, usize> {
        let mut people = BTreeMap::new();
        let mut audiences = self.carried().flat_map(Carried::audiences).peekable();
        while let Some(audience) = audiences.next() {
            // Rows of one audience mostly stand side by side.
            let mut count = 1;
            while audiences.next_if_eq(&audience).is_some() {
                count += 1;
            }
            *people.entry(audience).or_default() += count;
        }
        people
    }
}

/// Bytes of a body around its rows: keys, advertiser, action and the longest schema.
const ENVELOPE_BYTES: usize = 256;
/// Bytes of a cell without its hash and audiences: `{"id":"","audience_ids":[]},`.
const CELL_BYTES: usize = 28;
/// Bytes of an audience id in a cell: quotes, comma, and the longest id.
const AUDIENCE_BYTES: usize = 33;

/// An upper bound of a row's bytes in a body of all columns.
fn row_bytes(row: Carried<'_>) -> usize {
    let audiences = row.rows.len() * AUDIENCE_BYTES;
    let cells: usize = row.cells().iter().map(|cell| CELL_BYTES + cell.digest().len() * 2 + audiences).sum();
    cells + IdType::ALL.len() * "{},".len() + "[],".len()
}

/// The calls of rows that may share one.
///
/// Device ids in MD5 and in SHA-256 never share one: TikTok's reference warns of both in one audience, so that the one
/// form's refusal must not reach the other's rows.
struct Group<'t> {
    tasks: &'t Arc<Vec<Task>>,
    advertiser: AdvertiserId,
    direction: Direction,
    /// The form of its device ids, once it has any.
    is_md5: Option<bool>,
    limits: Limits,
    /// How many rows are still to come, at most; those of several groups together.
    left: usize,
    calls: Vec<Call>,
    /// Bytes of the last call.
    bytes: usize,
}

impl Group<'_> {
    /// Adds a row to the last call, or begins another one where it is full.
    fn push(&mut self, row: CallRow) {
        let more = row_bytes(Carried { tasks: self.tasks, rows: &row });
        let is_full = |call: &Call| call.rows.len() >= self.limits.rows || self.bytes + more > self.limits.bytes;
        if self.calls.last().is_none_or(is_full) {
            // As many of this size as a call takes: room for more would be most of the room of the next.
            let most = self.limits.rows.min(self.limits.bytes.saturating_sub(ENVELOPE_BYTES) / more);
            let rows = Vec::with_capacity(self.left.min(most).max(1));
            let (advertiser, direction) = (self.advertiser, self.direction);
            self.calls.push(Call { advertiser, direction, rows, tasks: Arc::clone(self.tasks) });
            self.bytes = ENVELOPE_BYTES;
        }
        self.bytes += more;
        self.left = self.left.saturating_sub(1);
        if let Some(call) = self.calls.last_mut() {
            call.rows.push(row);
        }
    }

    /// The calls with rows of equal cells joined into one row of several audiences.
    fn merged(mut self) -> Vec<Call> {
        let rows = self.calls.into_iter().flat_map(|call| call.rows);
        let rows = merge(self.tasks, rows, self.limits.audiences_per_row);
        (self.calls, self.left) = (Vec::new(), rows.len());
        for row in rows {
            self.push(row);
        }
        self.calls
    }
}

/// Plans the calls for coalesced tasks. Calls come in order of their earliest row.
pub fn plan(tasks: &Arc<Vec<Task>>, limits: Limits) -> Vec<Call> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (number, task) in (0_u32..).zip(tasks.iter()) {
        for (row, cells) in (0_u32..).zip(&task.rows) {
            let group = group_of(&mut groups, tasks, task, is_md5(cells), limits);
            group.push(smallvec![TaskRow { task: number, row }]);
        }
    }
    let calls = |group: Group<'_>| if limits.audiences_per_row > 1 { group.merged() } else { group.calls };
    let mut calls: Vec<Call> = groups.into_iter().flat_map(calls).collect();
    calls.sort_by_key(|call| call.carried_tasks().next().map(|(number, _)| number));
    calls
}

/// The form of a row's device ids, if it has any.
fn is_md5(cells: &[Hashed]) -> Option<bool> {
    let forms = cells.iter().filter_map(|cell| match cell.id_type() {
        IdType::EmailSha256 | IdType::PhoneSha256 => None,
        IdType::IdfaSha256 | IdType::AaidSha256 => Some(false),
        IdType::IdfaMd5 | IdType::AaidMd5 => Some(true),
    });
    forms.max()
}

/// The group of a task's row, begun where there is none. The first gets room for a row of each task: most often it has
/// all.
fn group_of<'g, 't>(
    groups: &'g mut Vec<Group<'t>>,
    tasks: &'t Arc<Vec<Task>>,
    task: &Task,
    is_md5: Option<bool>,
    limits: Limits,
) -> &'g mut Group<'t> {
    let (advertiser, direction) = (task.advertiser, task.direction);
    let found = groups.iter().position(|group| {
        let has_same_form = is_md5.is_none() || group.is_md5.is_none() || group.is_md5 == is_md5;
        group.advertiser == advertiser && group.direction == direction && has_same_form
    });
    let position = found.unwrap_or(groups.len());
    if found.is_none() {
        let left = if groups.is_empty() { tasks.len() } else { 0 };
        groups.push(Group { tasks, advertiser, direction, is_md5, limits, left, calls: Vec::new(), bytes: 0 });
    }
    #[expect(clippy::indexing_slicing, reason = "the position was found, or pushed just now")]
    let group = &mut groups[position];
    group.is_md5 = group.is_md5.or(is_md5);
    group
}

/// The cells of a row: all of its tasks' rows have the same.
fn cells_of<'t>(tasks: &'t [Task], row: &[TaskRow]) -> &'t [Hashed] {
    let first = row.first().and_then(|of| tasks.get(of.task as usize)?.rows.get(of.row as usize));
    first.map(SmallVec::as_slice).unwrap_or_default()
}

/// Joins rows with equal cells into one row with several audiences.
fn merge(tasks: &[Task], rows: impl Iterator<Item = CallRow>, audiences_per_row: usize) -> Vec<CallRow> {
    let mut open: HashMap<&[Hashed], usize, RandomState> = HashMap::default();
    let mut merged: Vec<CallRow> = Vec::new();
    for row in rows {
        let cells = cells_of(tasks, &row);
        let target = open.get(cells).and_then(|position| merged.get_mut(*position));
        if let Some(target) = target.filter(|target| target.len() < audiences_per_row) {
            target.extend(row);
        } else {
            open.insert(cells, merged.len());
            merged.push(row);
        }
    }
    merged
}

#[cfg(test)]
mod tests;
