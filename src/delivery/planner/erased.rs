//! Whom the deletion requests of an invocation erase, and what its other events do with them.

use std::collections::{HashMap, HashSet};

use crate::actions::{Operation, PlannedOperation};
use crate::batch::Task;
use crate::identity::{Direction, Hashed};
use crate::tiktok::{AdvertiserId, AudienceId};

/// An identifier of somebody who is to be erased.
#[derive(Debug, Default)]
pub(super) struct Erased {
    /// By which event, the last of them: each erases all of the person.
    pub(super) by: u32,
    /// Where other events of the invocation add it.
    pub(super) added_to: HashSet<(AdvertiserId, AudienceId)>,
}

/// All of them.
pub(super) type AllErased = HashMap<Hashed, Erased>;

/// The identifiers of those who are to be erased.
pub(super) fn erased(erasures: &[PlannedOperation]) -> AllErased {
    let mut erased = AllErased::new();
    for planned in erasures {
        if let Operation::Erase { rows, .. } = &planned.operation {
            for cell in rows.iter().flatten() {
                erased.entry(*cell).or_default().by = planned.event_index;
            }
        }
    }
    erased
}

/// Finds where other events add them.
pub(super) fn find_added(tasks: &[Task], erased: &mut AllErased) {
    if erased.is_empty() {
        return;
    }
    for task in tasks.iter().filter(|task| task.direction == Direction::Add) {
        for cell in task.rows.iter().flatten() {
            if let Some(erased) = erased.get_mut(cell) {
                erased.added_to.insert((task.advertiser, task.audience));
            }
        }
    }
}
