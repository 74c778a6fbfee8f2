//! A refused call as two smaller ones.
//!
//! Knows nothing of why it was refused.

use crate::batch::{Call, CallRow, Carried};
use crate::tiktok::AudienceId;

/// The call as two, if it has several rows.
pub(super) fn halves(call: &Call) -> Option<[Call; 2]> {
    let middle = call.rows.len() / 2;
    (middle > 0).then(|| cut(call, call.rows.clone(), middle))
}

/// Whether all of its rows are of one audience.
pub(super) fn has_one_audience(call: &Call) -> bool {
    let mut audiences = call.carried().flat_map(Carried::audiences);
    let first = audiences.next();
    audiences.all(|audience| Some(audience) == first)
}

/// The call as two of equally many rows, those of one audience side by side; rows of several audiences are divided.
pub(super) fn halves_by_audience(call: &Call) -> Option<[Call; 2]> {
    if call.carried().any(Carried::has_several_audiences) {
        return split_audiences(call).map(|(calls, _)| calls);
    }
    let middle = call.rows.len() / 2;
    let mut rows = call.rows.clone();
    rows.sort_by_key(|row| call.carried_by(row).audiences().next());
    (middle > 0).then(|| cut(call, rows, middle))
}

/// The call as two of equally many audiences, if it has several, and how many it has.
pub(super) fn split_audiences(call: &Call) -> Option<([Call; 2], usize)> {
    let mut audiences: Vec<AudienceId> = call.carried().flat_map(Carried::audiences).collect();
    audiences.sort_unstable();
    audiences.dedup();
    let middle = *audiences.get(audiences.len() / 2).filter(|_| audiences.len() > 1)?;
    let first = part(call, |audience| audience < middle);
    Some(([first, part(call, |audience| audience >= middle)], audiences.len()))
}

/// The rows of a call with some of its audiences only.
fn part(call: &Call, is_in: impl Fn(AudienceId) -> bool) -> Call {
    let rows = call.rows.iter().filter_map(|row| {
        let of_audiences = row.iter().zip(call.carried_by(row).audiences());
        let kept: CallRow = of_audiences.filter(|(_, audience)| is_in(*audience)).map(|(row, _)| *row).collect();
        (!kept.is_empty()).then_some(kept)
    });
    call.with_rows(rows.collect())
}

fn cut(call: &Call, mut rows: Vec<CallRow>, at: usize) -> [Call; 2] {
    let rest = rows.split_off(at);
    [rows, rest].map(|rows| call.with_rows(rows))
}
