use proptest::prelude::*;
use smallvec::smallvec;

use super::super::Cells;
use super::*;
use crate::identity::{IdType, prehashed};

/// Those of even numbers begin alike, so that their fingerprints are the same.
fn cell(number: u8) -> Hashed {
    let hex = if number.is_multiple_of(2) { format!("1{number:063x}") } else { format!("{number:02x}").repeat(32) };
    prehashed(&hex, IdType::EmailSha256).unwrap().unwrap()
}

fn task(event_index: u32, time: i64, direction: Direction, cells: &[u8]) -> Task {
    let cells: Cells = cells.iter().map(|number| cell(*number)).collect();
    Task {
        event_index,
        rank: Rank { is_deletion: false, time, position: event_index },
        entry: 0,
        advertiser: AdvertiserId::parse("1").unwrap(),
        audience: AudienceId::parse("2").unwrap(),
        is_by_name: false,
        direction,
        rows: smallvec![cells],
    }
}

fn kept(tasks: &[Task]) -> Vec<Vec<Hashed>> {
    tasks.iter().map(|task| task.rows.iter().flatten().copied().collect()).collect()
}

#[test]
fn the_latest_operation_on_a_cell_wins_and_the_rest_of_its_row_stays() {
    let mut tasks =
        [task(0, 9, Direction::Add, &[1]), task(1, 5, Direction::Remove, &[1, 2]), task(2, 1, Direction::Add, &[1])];
    assert_eq!(coalesce(&mut tasks).verdicts, [Coalesced::Kept, Coalesced::Kept, Coalesced::Superseded]);
    assert_eq!(kept(&tasks), [vec![cell(1)], vec![cell(2)], vec![]]);
}

#[test]
fn of_equal_times_the_later_position_wins() {
    let mut tasks = [task(0, 5, Direction::Add, &[1]), task(1, 5, Direction::Remove, &[1])];
    assert_eq!(coalesce(&mut tasks).verdicts, [Coalesced::Superseded, Coalesced::Kept]);
}

#[test]
fn a_deletion_request_beats_what_came_later() {
    let mut tasks = [task(0, 1, Direction::Remove, &[1]), task(1, 9, Direction::Add, &[1])];
    tasks[0].rank.is_deletion = true;
    assert_eq!(coalesce(&mut tasks).verdicts, [Coalesced::Kept, Coalesced::Superseded]);
}

#[test]
fn audiences_do_not_touch_each_other() {
    let mut tasks = [task(0, 1, Direction::Add, &[1]), task(1, 2, Direction::Remove, &[1])];
    tasks[1].audience = AudienceId::parse("3").unwrap();
    assert_eq!(coalesce(&mut tasks).verdicts, [Coalesced::Kept, Coalesced::Kept]);
}

#[test]
fn cells_that_only_look_alike_do_not_touch_each_other() {
    let mut tasks = [task(0, 1, Direction::Add, &[2]), task(1, 2, Direction::Remove, &[4])];
    assert_eq!(cell(2).fingerprint(), cell(4).fingerprint());
    assert_eq!(coalesce(&mut tasks).verdicts, [Coalesced::Kept, Coalesced::Kept]);
    assert_eq!(kept(&tasks), [vec![cell(2)], vec![cell(4)]]);
}

#[test]
fn one_event_that_adds_and_removes_a_cell_does_neither() {
    let mut elsewhere = task(0, 1, Direction::Add, &[1]);
    elsewhere.audience = AudienceId::parse("3").unwrap();
    let mut tasks = [
        task(0, 1, Direction::Add, &[1, 2]),
        elsewhere,
        task(0, 1, Direction::Remove, &[2]),
        task(1, 0, Direction::Add, &[2]),
    ];
    let Coalescence { verdicts, .. } = coalesce(&mut tasks);
    assert_eq!(verdicts, [Coalesced::Conflicting, Coalesced::Kept, Coalesced::Conflicting, Coalesced::Kept]);
}

#[test]
fn a_person_in_both_lists_of_an_event_is_refused_alone() {
    let mut tasks = [task(0, 1, Direction::Add, &[1, 2]), task(0, 1, Direction::Remove, &[2])];
    tasks[0].rows.push(smallvec![cell(3)]);
    tasks[0].rows.push(smallvec![cell(1)]);
    tasks[1].rows.push(smallvec![cell(4)]);
    assert_eq!(coalesce(&mut tasks).verdicts, [Coalesced::ConflictingInPart, Coalesced::ConflictingInPart]);
    assert_eq!(kept(&tasks), [vec![cell(3)], vec![cell(4)]]);
}

#[test]
fn a_task_that_loses_some_people_to_a_conflict_and_the_rest_to_a_later_task_is_refused() {
    let mut tasks =
        [task(0, 1, Direction::Add, &[1]), task(0, 1, Direction::Remove, &[1]), task(1, 2, Direction::Remove, &[2])];
    tasks[0].rows.push(smallvec![cell(2)]);
    assert_eq!(coalesce(&mut tasks).verdicts, [Coalesced::Conflicting, Coalesced::Conflicting, Coalesced::Kept]);
    assert_eq!(kept(&tasks), [vec![], vec![], vec![cell(2)]]);
}

#[test]
fn a_conflict_about_one_audience_is_none_about_another() {
    let elsewhere = |task: Task| Task { audience: AudienceId::parse("3").unwrap(), ..task };
    let mut tasks = [
        task(0, 1, Direction::Add, &[1]),
        elsewhere(task(0, 1, Direction::Add, &[2])),
        elsewhere(task(0, 1, Direction::Remove, &[2])),
        task(0, 1, Direction::Remove, &[3]),
    ];
    let Coalescence { verdicts, .. } = coalesce(&mut tasks);
    assert_eq!(verdicts, [Coalesced::Kept, Coalesced::Conflicting, Coalesced::Conflicting, Coalesced::Kept]);
    assert_eq!(kept(&tasks), [vec![cell(1)], vec![], vec![], vec![cell(3)]]);
}

#[test]
fn a_cell_that_an_event_names_twice_is_sent_once() {
    let mut tasks = [task(0, 1, Direction::Add, &[1])];
    tasks[0].rows.push(smallvec![cell(1), cell(2)]);
    assert_eq!(coalesce(&mut tasks).verdicts, [Coalesced::Kept]);
    assert_eq!(kept(&tasks), [vec![cell(1), cell(2)]]);
}

proptest! {
    #[test]
    fn every_cell_ends_with_its_latest_operation(
        operations in prop::collection::vec((0_i64..4, any::<bool>(), prop::collection::vec(0_u8..6, 1..4)), 1..30),
    ) {
        let tasks: Vec<_> = (0_u32..).zip(&operations).map(|(event_index, (time, add, cells))| {
            task(event_index, *time, if *add { Direction::Add } else { Direction::Remove }, cells)
        }).collect();
        let mut coalesced = tasks.clone();
        coalesce(&mut coalesced);
        for number in 0..6 {
            let latest = tasks.iter().filter(|task| task.rows[0].contains(&cell(number))).max_by_key(|task| task.rank);
            let holders: Vec<_> =
                coalesced.iter().filter(|task| task.rows.iter().flatten().any(|held| *held == cell(number))).collect();
            prop_assert_eq!(holders.len(), usize::from(latest.is_some()));
            prop_assert_eq!(holders.first().map(|task| task.event_index), latest.map(|task| task.event_index));
        }
    }
}
