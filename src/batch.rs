//! From operations to calls: the latest operation on a cell wins, the rest is grouped and split at TikTok's limits.
//!
//! Pure: knows nothing of events, clocks or sockets. A single event is a batch of one. Every call remembers which tasks
//! its rows carry, so that whatever becomes of the call becomes of exactly those events.

mod call;
mod coalesce;

use smallvec::{SmallVec, smallvec};

use crate::identity::{Direction, Hashed, IdType};
use crate::tiktok::{AdvertiserId, AudienceId};

pub use call::{Call, CallRow, Carried, Limits, MAX_CALL_BYTES, TaskRow, plan};
pub use coalesce::{Coalesced, Coalescence, Overruled, coalesce};

/// The hashed identifiers of one person, in column order, at most one per column.
pub type Cells = SmallVec<[Hashed; 3]>;

/// The people of one operation, one row per person or per value.
pub type Rows = SmallVec<[Cells; 1]>;

/// The rows of one person in the making. An identifier is placed in the same time however many there are.
#[derive(Debug, Default)]
pub struct RowsBuilder {
    rows: Rows,
    /// The row after the last one that has a value, by column.
    next: [usize; IdType::ALL.len()],
}

impl RowsBuilder {
    /// Puts an identifier into a row, in column order; into the next one where its column has come as far already.
    pub fn place(&mut self, row: usize, hashed: Hashed) {
        let next = self.next.get_mut(hashed.id_type().index());
        let row = row.max(next.as_deref().copied().unwrap_or_default()).min(self.rows.len());
        if let Some(next) = next {
            *next = row + 1;
        }
        match self.rows.get_mut(row) {
            Some(cells) => {
                let position = cells.iter().take_while(|cell| cell.id_type() < hashed.id_type()).count();
                cells.insert(position, hashed);
            }
            None => self.rows.push(smallvec![hashed]),
        }
    }

    /// The rows.
    pub fn finish(self) -> Rows {
        self.rows
    }
}

/// When an operation happened, relative to the others of its invocation: the later of two wins a cell.
///
/// `Ord` is the order of design: a deletion request beats everything, then event time, then position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// Whether it comes from a deletion request.
    pub is_deletion: bool,
    /// Event time in milliseconds since 1970; the same for all where the source keeps order.
    pub time: i64,
    /// Position of the event in the invocation.
    pub position: u32,
}

/// One operation: add or remove the people of one event to or from one audience.
#[derive(Clone, Debug)]
pub struct Task {
    /// The event.
    pub event_index: u32,
    /// Its place in time.
    pub rank: Rank,
    /// Position of its entry in the plan.
    pub entry: u32,
    /// The ad account.
    pub advertiser: AdvertiserId,
    /// The audience.
    pub audience: AudienceId,
    /// Whether the audience was looked up, so that it may be another one next time.
    pub is_by_name: bool,
    /// Add or remove.
    pub direction: Direction,
    /// The people; a row without cells is dropped.
    pub rows: Rows,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::prehashed;

    fn hashed(id_type: IdType, digit: char) -> Hashed {
        prehashed(&digit.to_string().repeat(64), id_type).unwrap().unwrap()
    }

    #[test]
    fn a_row_has_one_identifier_per_column_in_column_order() {
        let mut rows = RowsBuilder::default();
        let (email, phone, idfa) = (IdType::EmailSha256, IdType::PhoneSha256, IdType::IdfaSha256);
        let placed =
            [(0, idfa, 'a'), (0, email, 'b'), (0, idfa, 'c'), (1, phone, 'd'), (0, phone, 'e'), (9, email, 'f')];
        for (row, id_type, digit) in placed {
            rows.place(row, hashed(id_type, digit));
        }
        let expected: [&[Hashed]; 4] = [
            &[hashed(email, 'b'), hashed(idfa, 'a')],
            &[hashed(phone, 'd'), hashed(idfa, 'c')],
            &[hashed(phone, 'e')],
            &[hashed(email, 'f')],
        ];
        assert_eq!(rows.finish().iter().map(SmallVec::as_slice).collect::<Vec<_>>(), expected);
    }
}
