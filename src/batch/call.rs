//! Rows to calls: grouped by advertiser and action, split by rows and bytes.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;
use smallvec::{SmallVec, smallvec};

use super::{Cells, Task};
use crate::identity::{Direction, IdType};
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

/// One person in a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRow {
    /// The person's identifiers.
    pub cells: Cells,
    /// The audiences, usually one.
    pub audiences: SmallVec<[AudienceId; 1]>,
    /// The tasks that the row carries, one per audience, in the same order.
    pub tasks: SmallVec<[u32; 1]>,
}

/// One call of `/segment/mapping/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The ad account.
    pub advertiser: AdvertiserId,
    /// Add or remove.
    pub direction: Direction,
    /// The people, in order of their events.
    pub rows: Vec<CallRow>,
}

impl Call {
    /// The columns that the rows use, in column order: the call's id schema.
    pub fn schema(&self) -> SmallVec<[IdType; 6]> {
        let mut used = [false; IdType::ALL.len()];
        for cell in self.rows.iter().flat_map(|row| &row.cells) {
            if let Some(column) = used.get_mut(cell.id_type().index()) {
                *column = true;
            }
        }
        IdType::ALL.into_iter().zip(used).filter(|(_, is_used)| *is_used).map(|(column, _)| column).collect()
    }

    /// How many identifiers the rows have by column, by [`IdType::index`].
    pub fn identifiers(&self) -> [usize; IdType::ALL.len()] {
        let mut identifiers = [0; IdType::ALL.len()];
        for cell in self.rows.iter().flat_map(|row| &row.cells) {
            if let Some(count) = identifiers.get_mut(cell.id_type().index()) {
                *count += 1;
            }
        }
        identifiers
    }

    /// How many rows go to each audience.
    pub fn people(&self) -> BTreeMap<AudienceId, usize> {
        let mut people = BTreeMap::new();
        let mut audiences = self.rows.iter().flat_map(|row| &row.audiences).peekable();
        while let Some(audience) = audiences.next() {
            // Rows of one audience mostly stand side by side.
            let mut count = 1;
            while audiences.next_if_eq(&audience).is_some() {
                count += 1;
            }
            *people.entry(*audience).or_default() += count;
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
fn row_bytes(row: &CallRow) -> usize {
    let cells: usize =
        row.cells.iter().map(|cell| CELL_BYTES + cell.digest().len() * 2 + row.audiences.len() * AUDIENCE_BYTES).sum();
    cells + IdType::ALL.len() * "{},".len() + "[],".len()
}

/// The calls of rows that may share one.
///
/// Device ids in MD5 and in SHA-256 never share one: TikTok's reference warns of both in one audience, so that the one
/// form's refusal must not reach the other's rows.
struct Group {
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

impl Group {
    /// Adds a row to the last call, or begins another one where it is full.
    fn push(&mut self, row: CallRow) {
        let more = row_bytes(&row);
        let is_full = |call: &Call| call.rows.len() >= self.limits.rows || self.bytes + more > self.limits.bytes;
        if self.calls.last().is_none_or(is_full) {
            // As many of this size as a call takes: room for more would be most of the room of the next.
            let most = self.limits.rows.min(self.limits.bytes.saturating_sub(ENVELOPE_BYTES) / more);
            let rows = Vec::with_capacity(self.left.min(most).max(1));
            self.calls.push(Call { advertiser: self.advertiser, direction: self.direction, rows });
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
        let rows = merge(rows, self.limits.audiences_per_row);
        (self.calls, self.left) = (Vec::new(), rows.len());
        for row in rows {
            self.push(row);
        }
        self.calls
    }
}

/// Plans the calls for coalesced tasks. Calls come in order of their earliest row.
pub fn plan(tasks: Vec<Task>, limits: Limits) -> Vec<Call> {
    let mut groups: Vec<Group> = Vec::new();
    let count = tasks.len();
    for (number, task) in (0_u32..).zip(tasks) {
        let Task { advertiser, audience, direction, rows, .. } = task;
        for cells in rows {
            let group = group_of(&mut groups, (advertiser, direction), is_md5(&cells), (count, limits));
            group.push(CallRow { cells, audiences: smallvec![audience], tasks: smallvec![number] });
        }
    }
    let calls = |group: Group| if limits.audiences_per_row > 1 { group.merged() } else { group.calls };
    let mut calls: Vec<Call> = groups.into_iter().flat_map(calls).collect();
    calls.sort_by_key(|call| call.rows.first().and_then(|row| row.tasks.first().copied()));
    calls
}

/// The form of a row's device ids, if it has any.
fn is_md5(cells: &Cells) -> Option<bool> {
    let forms = cells.iter().filter_map(|cell| match cell.id_type() {
        IdType::EmailSha256 | IdType::PhoneSha256 => None,
        IdType::IdfaSha256 | IdType::AaidSha256 => Some(false),
        IdType::IdfaMd5 | IdType::AaidMd5 => Some(true),
    });
    forms.max()
}

/// The group of a row, begun where there is none. The first gets room for a row of each task: most often it has all.
fn group_of(
    groups: &mut Vec<Group>,
    (advertiser, direction): (AdvertiserId, Direction),
    is_md5: Option<bool>,
    (tasks, limits): (usize, Limits),
) -> &mut Group {
    let found = groups.iter().position(|group| {
        let has_same_form = is_md5.is_none() || group.is_md5.is_none() || group.is_md5 == is_md5;
        group.advertiser == advertiser && group.direction == direction && has_same_form
    });
    let position = found.unwrap_or(groups.len());
    if found.is_none() {
        let left = if groups.is_empty() { tasks } else { 0 };
        groups.push(Group { advertiser, direction, is_md5, limits, left, calls: Vec::new(), bytes: 0 });
    }
    #[expect(clippy::indexing_slicing, reason = "the position was found, or pushed just now")]
    let group = &mut groups[position];
    group.is_md5 = group.is_md5.or(is_md5);
    group
}

/// Joins rows with equal cells into one row with several audiences.
fn merge(rows: impl Iterator<Item = CallRow>, audiences_per_row: usize) -> Vec<CallRow> {
    let mut open: HashMap<Cells, usize, RandomState> = HashMap::default();
    let mut merged: Vec<CallRow> = Vec::new();
    for row in rows {
        let target = open.get(&row.cells).and_then(|position| merged.get_mut(*position));
        if let Some(target) = target.filter(|target| target.audiences.len() < audiences_per_row) {
            target.audiences.extend(row.audiences);
            target.tasks.extend(row.tasks);
        } else {
            open.insert(row.cells.clone(), merged.len());
            merged.push(row);
        }
    }
    merged
}

#[cfg(test)]
mod tests;
