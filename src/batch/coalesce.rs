//! The latest operation on a cell wins.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

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
    /// Its event adds and removes people of it, so that neither can be right; later tasks took all cells of the others.
    Conflicting,
    /// Its event adds and removes some of its people, who lose their rows; the others keep a cell at least.
    ConflictingInPart,
}

/// An audience of an advertiser, by number.
type Target = u32;

/// An event about some of whose people another one of the invocation decided, and otherwise: evaluated without that one,
/// it would undo what was done for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Overruled {
    /// The event.
    pub event_index: u32,
    /// The other one.
    pub by: u32,
}

/// What is left of tasks that name the same cells.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Coalescence {
    /// What became of each task, by position.
    pub verdicts: Vec<Coalesced>,
    /// Whose people others decided about otherwise, in no order and more than once.
    pub overruled: Vec<Overruled>,
}

/// Who holds a cell so far.
struct Holder {
    rank: Rank,
    task: u32,
    event_index: u32,
    direction: Direction,
    /// Whether a row of the task has the cell already.
    is_placed: bool,
}

/// Takes every cell away from all tasks but the latest one that names it.
///
/// Expects the tasks of one event side by side. Afterwards no two tasks name the same cell of the same audience, so that
/// no invocation sends an add and a remove of one cell; and no row names a cell twice.
pub fn coalesce(tasks: &mut [Task]) -> Coalescence {
    let (mut verdicts, mut overruled) = (vec![Coalesced::Kept; tasks.len()], Vec::new());
    let targets = targets(tasks);
    drop_conflicts(tasks, &targets, &mut verdicts);
    let mut by_cell = is_contested(tasks, &targets).then(|| holders(tasks, &targets));
    for ((number, task), (target, verdict)) in (0_u32..).zip(tasks.iter_mut()).zip(targets.iter().zip(&mut verdicts)) {
        if *verdict == Coalesced::Conflicting {
            continue;
        }
        if let Some(by_cell) = &mut by_cell {
            for row in &mut task.rows {
                row.retain(|cell| match by_cell.get_mut(&(*target, *cell)) {
                    Some(holder) if holder.task == number => !std::mem::replace(&mut holder.is_placed, true),
                    Some(holder) => {
                        if holder.direction != task.direction {
                            overruled.push(Overruled { event_index: task.event_index, by: holder.event_index });
                        }
                        false
                    }
                    None => false,
                });
            }
        }
        task.rows.retain(|row| !row.is_empty());
        if task.rows.is_empty() {
            *verdict = match *verdict {
                Coalesced::Kept | Coalesced::Superseded => Coalesced::Superseded,
                Coalesced::Conflicting | Coalesced::ConflictingInPart => Coalesced::Conflicting,
            };
        }
    }
    Coalescence { verdicts, overruled }
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

/// Takes from each event the rows of people whom it adds to and removes from the same audience.
fn drop_conflicts(tasks: &mut [Task], targets: &[Target], verdicts: &mut [Coalesced]) {
    let mut start = 0;
    while let Some(first) = tasks.get(start) {
        let event_index = first.event_index;
        let same = tasks.iter().skip(start).take_while(|task| task.event_index == event_index).count();
        let range = start..start + same;
        start += same;
        let (Some(tasks), Some(targets)) = (tasks.get_mut(range.clone()), targets.get(range.clone())) else { return };
        let conflicting = conflicting_cells(tasks, targets);
        if conflicting.is_empty() {
            continue;
        }
        for ((task, target), verdict) in tasks.iter_mut().zip(targets).zip(verdicts.iter_mut().skip(range.start)) {
            let before = task.rows.len();
            task.rows.retain(|row| !row.iter().any(|cell| conflicting.contains(&(*target, *cell))));
            *verdict = match task.rows.len() {
                after if after == before => Coalesced::Kept,
                0 => Coalesced::Conflicting,
                _ => Coalesced::ConflictingInPart,
            };
        }
    }
}

/// The cells that the tasks of one event add and remove, and those that stand beside them in a row: they are the same
/// person's.
fn conflicting_cells(tasks: &[Task], targets: &[Target]) -> HashSet<(Target, Hashed), RandomState> {
    let mut conflicting = HashSet::default();
    let both = |direction| tasks.iter().any(|task| task.direction == direction);
    if tasks.len() < 2 || !both(Direction::Add) || !both(Direction::Remove) {
        return conflicting;
    }
    let mut directions: HashMap<(Target, Hashed), Direction, RandomState> = HashMap::default();
    for (task, target) in tasks.iter().zip(targets) {
        for cell in task.rows.iter().flatten() {
            if *directions.entry((*target, *cell)).or_insert(task.direction) != task.direction {
                conflicting.insert((*target, *cell));
            }
        }
    }
    let direct = conflicting.clone();
    for (task, target) in tasks.iter().zip(targets) {
        for row in task.rows.iter().filter(|row| row.iter().any(|cell| direct.contains(&(*target, *cell)))) {
            conflicting.extend(row.iter().map(|cell| (*target, *cell)));
        }
    }
    conflicting
}

/// Whether any cell may be named twice, which is rare: until then nobody needs to know who holds it. Two cells that only
/// look alike cost the search for holders, and change nothing.
fn is_contested(tasks: &[Task], targets: &[Target]) -> bool {
    let cells = tasks.iter().flat_map(|task| &task.rows).map(SmallVec::len).sum();
    let mut fingerprints: Vec<u64> = Vec::with_capacity(cells);
    for (target, task) in targets.iter().zip(tasks) {
        fingerprints.extend(task.rows.iter().flatten().map(|cell| cell.fingerprint() ^ u64::from(*target)));
    }
    fingerprints.sort_unstable();
    fingerprints.array_windows().any(|[one, next]| one == next)
}

/// The latest task that names each cell; of several with one rank the last.
fn holders(tasks: &[Task], targets: &[Target]) -> HashMap<(Target, Hashed), Holder, RandomState> {
    let mut by_cell = HashMap::default();
    for ((number, task), target) in (0_u32..).zip(tasks).zip(targets) {
        for cell in task.rows.iter().flatten() {
            let Task { rank, event_index, direction, .. } = *task;
            let claim = Holder { rank, task: number, event_index, direction, is_placed: false };
            match by_cell.entry((*target, *cell)) {
                Entry::Vacant(vacant) => {
                    vacant.insert(claim);
                }
                Entry::Occupied(mut held) if held.get().rank <= claim.rank => {
                    held.insert(claim);
                }
                Entry::Occupied(_later) => {}
            }
        }
    }
    by_cell
}

#[cfg(test)]
mod tests;
