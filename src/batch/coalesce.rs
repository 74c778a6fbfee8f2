//! The latest operation on a cell wins.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use foldhash::fast::RandomState;
use smallvec::SmallVec;

use super::{Rank, Task};
use crate::identity::{Direction, Hashed};
use crate::tiktok::{AdvertiserId, AudienceId};

/// What became of each task, by position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coalesced {
    /// It keeps a cell at least.
    Kept,
    /// Later tasks took all of its cells.
    Superseded,
    /// Its event adds and removes one cell, so that neither can be right.
    Conflicting,
}

/// An audience of an advertiser, by number.
type Target = u32;

/// Who holds a cell so far.
struct Holder {
    rank: Rank,
    task: u32,
    /// Whether a row of the task has the cell already.
    is_placed: bool,
}

/// Takes every cell away from all tasks but the latest one that names it.
///
/// Expects the tasks of one event side by side. Afterwards no two tasks name the same cell of the same audience, so that
/// no invocation sends an add and a remove of one cell; and no row names a cell twice.
pub fn coalesce(tasks: &mut [Task]) -> Vec<Coalesced> {
    let mut verdicts = vec![Coalesced::Kept; tasks.len()];
    let targets = targets(tasks);
    mark_conflicts(tasks, &targets, &mut verdicts);
    let Holders { mut by_cell, is_contested } = holders(tasks, &targets, &verdicts);
    for ((number, task), (target, verdict)) in (0_u32..).zip(tasks.iter_mut()).zip(targets.iter().zip(&mut verdicts)) {
        if *verdict == Coalesced::Conflicting {
            task.rows.clear();
            continue;
        }
        if is_contested {
            for row in &mut task.rows {
                row.retain(|cell| {
                    let holder = by_cell.get_mut(&(*target, *cell)).filter(|holder| holder.task == number);
                    holder.is_some_and(|holder| !std::mem::replace(&mut holder.is_placed, true))
                });
            }
        }
        task.rows.retain(|row| !row.is_empty());
        if task.rows.is_empty() {
            *verdict = Coalesced::Superseded;
        }
    }
    verdicts
}

/// Numbers the audiences that the tasks name.
fn targets(tasks: &[Task]) -> Vec<Target> {
    let mut numbers: HashMap<(AdvertiserId, AudienceId), Target, RandomState> = HashMap::default();
    let mut last: Option<((AdvertiserId, AudienceId), Target)> = None;
    let mut targets = Vec::with_capacity(tasks.len());
    for task in tasks {
        let key = (task.advertiser, task.audience);
        let known = last.filter(|(previous, _)| *previous == key).map(|(_, number)| number);
        let number = known.unwrap_or_else(|| {
            let next = Target::try_from(numbers.len()).unwrap_or(Target::MAX);
            *numbers.entry(key).or_insert(next)
        });
        last = Some((key, number));
        targets.push(number);
    }
    targets
}

/// Marks the tasks of events that add and remove the same cell of the same audience.
fn mark_conflicts(tasks: &[Task], targets: &[Target], verdicts: &mut [Coalesced]) {
    let mut start = 0;
    while let Some(first) = tasks.get(start) {
        let same = tasks.iter().skip(start).take_while(|task| task.event_index == first.event_index).count();
        if same > 1 {
            let group = tasks.iter().zip(targets).skip(start).take(same);
            let conflicting = conflicting_targets(group.clone());
            for ((_, target), verdict) in group.zip(verdicts.iter_mut().skip(start)) {
                if conflicting.contains(target) {
                    *verdict = Coalesced::Conflicting;
                }
            }
        }
        start += same;
    }
}

fn conflicting_targets<'t>(tasks: impl Iterator<Item = (&'t Task, &'t Target)>) -> SmallVec<[Target; 2]> {
    let mut directions: HashMap<(Target, Hashed), Direction, RandomState> = HashMap::default();
    let mut conflicting = SmallVec::new();
    for (task, target) in tasks {
        for cell in task.rows.iter().flatten() {
            if *directions.entry((*target, *cell)).or_insert(task.direction) != task.direction {
                conflicting.push(*target);
            }
        }
    }
    conflicting
}

/// Who holds each cell, and whether any cell is named more than once.
struct Holders {
    by_cell: HashMap<(Target, Hashed), Holder, RandomState>,
    is_contested: bool,
}

fn holders(tasks: &[Task], targets: &[Target], verdicts: &[Coalesced]) -> Holders {
    let cells = tasks.iter().flat_map(|task| &task.rows).map(SmallVec::len).sum();
    let mut by_cell = HashMap::with_capacity_and_hasher(cells, RandomState::default());
    let mut is_contested = false;
    for ((number, task), (target, verdict)) in (0_u32..).zip(tasks).zip(targets.iter().zip(verdicts)) {
        if *verdict == Coalesced::Conflicting {
            continue;
        }
        for cell in task.rows.iter().flatten() {
            let claim = Holder { rank: task.rank, task: number, is_placed: false };
            match by_cell.entry((*target, *cell)) {
                Entry::Vacant(vacant) => {
                    vacant.insert(claim);
                }
                Entry::Occupied(mut held) => {
                    is_contested = true;
                    if held.get().rank <= claim.rank {
                        held.insert(claim);
                    }
                }
            }
        }
    }
    Holders { by_cell, is_contested }
}

#[cfg(test)]
mod tests;
