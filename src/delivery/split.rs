//! A refused call as two smaller ones.
//!
//! Knows nothing of why it was refused.

use smallvec::SmallVec;

use crate::batch::{Call, CallRow};
use crate::tiktok::AudienceId;

/// The call as two, if it has several rows.
pub(super) fn halves(call: &Call) -> Option<[Call; 2]> {
    let middle = call.rows.len() / 2;
    (middle > 0).then(|| cut(call, call.rows.clone(), middle))
}

/// Whether all of its rows are of one audience.
pub(super) fn has_one_audience(call: &Call) -> bool {
    let mut audiences = call.rows.iter().flat_map(|row| &row.audiences);
    let first = audiences.next();
    audiences.all(|audience| Some(audience) == first)
}

/// The call as two of equally many rows, those of one audience side by side; rows of several audiences are divided.
pub(super) fn halves_by_audience(call: &Call) -> Option<[Call; 2]> {
    if call.rows.iter().any(|row| row.audiences.len() > 1) {
        return split_audiences(call).map(|(calls, _)| calls);
    }
    let middle = call.rows.len() / 2;
    let mut rows = call.rows.clone();
    rows.sort_by_key(|row| row.audiences.first().copied());
    (middle > 0).then(|| cut(call, rows, middle))
}

/// The call as two of equally many audiences, if it has several, and how many it has.
pub(super) fn split_audiences(call: &Call) -> Option<([Call; 2], usize)> {
    let mut audiences: Vec<AudienceId> = call.rows.iter().flat_map(|row| &row.audiences).copied().collect();
    audiences.sort_unstable();
    audiences.dedup();
    let middle = *audiences.get(audiences.len() / 2).filter(|_| audiences.len() > 1)?;
    let first = part(call, |audience| audience < middle);
    Some(([first, part(call, |audience| audience >= middle)], audiences.len()))
}

/// The rows of a call with some of its audiences only.
fn part(call: &Call, is_in: impl Fn(AudienceId) -> bool) -> Call {
    let rows = call.rows.iter().filter_map(|row| {
        let kept = row.audiences.iter().zip(&row.tasks).filter(|(audience, _)| is_in(**audience));
        let (audiences, tasks): (SmallVec<[AudienceId; 1]>, SmallVec<[u32; 1]>) =
            kept.map(|(audience, task)| (*audience, *task)).unzip();
        (!audiences.is_empty()).then(|| CallRow { cells: row.cells.clone(), audiences, tasks })
    });
    Call { advertiser: call.advertiser, direction: call.direction, rows: rows.collect() }
}

fn cut(call: &Call, mut rows: Vec<CallRow>, at: usize) -> [Call; 2] {
    let rest = rows.split_off(at);
    [rows, rest].map(|rows| Call { advertiser: call.advertiser, direction: call.direction, rows })
}
