use proptest::prelude::*;

use super::super::Rank;
use super::*;
use crate::identity::{Hashed, prehashed};
use crate::tiktok::wire::{self, MappingBody, MappingRow, MappingRows};

fn email(number: usize) -> Hashed {
    prehashed(&format!("1{number:063x}"), IdType::EmailSha256).unwrap().unwrap()
}

fn phone(number: usize) -> Hashed {
    prehashed(&format!("1{number:063x}"), IdType::PhoneSha256).unwrap().unwrap()
}

fn task(event_index: usize, advertiser: &str, audience: &str, direction: Direction, cells: &[Hashed]) -> Task {
    Task {
        event_index: u32::try_from(event_index).unwrap(),
        rank: Rank::default(),
        entry: 0,
        advertiser: AdvertiserId::parse(advertiser).unwrap(),
        audience: AudienceId::parse(audience).unwrap(),
        is_by_name: false,
        direction,
        rows: smallvec![cells.iter().copied().collect()],
    }
}

fn planned(tasks: &[Task], limits: Limits) -> Vec<Call> {
    plan(&Arc::new(tasks.to_vec()), limits)
}

/// The tasks of each row.
fn tasks_of(call: &Call) -> Vec<Vec<u32>> {
    call.carried().map(|row| row.tasks().map(|(number, _)| number).collect()).collect()
}

const LIMITS: Limits = Limits { rows: 1000, audiences_per_row: 1, bytes: 1_000_000 };

#[test]
fn calls_are_grouped_by_advertiser_and_verb_in_order_of_their_events() {
    let tasks = vec![
        task(0, "1", "5", Direction::Remove, &[email(1)]),
        task(1, "2", "6", Direction::Add, &[email(2)]),
        task(2, "1", "7", Direction::Remove, &[phone(3)]),
        task(3, "1", "5", Direction::Add, &[email(4), phone(4)]),
    ];
    let calls = planned(&tasks, LIMITS);
    let shape: Vec<_> = calls.iter().map(|call| (call.advertiser, call.direction, call.rows.len())).collect();
    let [one, two] = ["1", "2"].map(|id| AdvertiserId::parse(id).unwrap());
    assert_eq!(shape, [(one, Direction::Remove, 2), (two, Direction::Add, 1), (one, Direction::Add, 1)]);
    assert_eq!(calls[0].schema().as_slice(), [IdType::EmailSha256, IdType::PhoneSha256]);
    assert_eq!(calls[1].schema().as_slice(), [IdType::EmailSha256]);
}

#[test]
fn device_ids_in_two_forms_never_share_a_call() {
    let sha256 = prehashed(&"a".repeat(64), IdType::IdfaSha256).unwrap().unwrap();
    let md5 = prehashed(&"b".repeat(32), IdType::AaidMd5).unwrap().unwrap();
    let rows = [&[email(1)][..], &[md5], &[email(2), sha256], &[email(3)], &[sha256], &[phone(4), md5]];
    let tasks: Vec<_> = rows
        .iter()
        .enumerate()
        .map(|(event_index, cells)| task(event_index, "1", "5", Direction::Remove, cells))
        .collect();
    let schemas: Vec<_> =
        planned(&tasks, LIMITS).iter().map(|call| (call.schema().to_vec(), call.rows.len())).collect();
    let expected = [
        (vec![IdType::EmailSha256, IdType::PhoneSha256, IdType::AaidMd5], 4),
        (vec![IdType::EmailSha256, IdType::IdfaSha256], 2),
    ];
    assert_eq!(schemas, expected);
}

#[test]
fn several_audiences_of_one_person_share_a_row_where_that_is_wanted() {
    let people = [&[email(1), phone(1)][..], &[email(1)], &[email(1), phone(1)], &[email(1), phone(1)]];
    let tasks: Vec<_> = people
        .iter()
        .enumerate()
        .map(|(event_index, cells)| task(event_index, "1", &event_index.to_string(), Direction::Add, cells))
        .collect();
    let calls = planned(&tasks, Limits { audiences_per_row: 2, ..LIMITS });
    assert_eq!(tasks_of(&calls[0]), [&[0, 2][..], &[1], &[3]]);
    let audiences: Vec<_> = calls[0].row(0).unwrap().audiences().collect();
    assert_eq!(audiences, ["0", "2"].map(|id| AudienceId::parse(id).unwrap()));
    assert_eq!(calls[0].row(0).unwrap().cells(), [email(1), phone(1)]);
    assert_eq!(planned(&tasks, LIMITS)[0].rows.len(), 4);
}

#[test]
fn calls_have_room_for_their_own_rows_alone() {
    let tasks: Vec<_> =
        (0..5_000).map(|number| task(number, "1", "5", Direction::Add, &[email(number), phone(number)])).collect();
    let calls = planned(&tasks, Limits { rows: 10_000, ..LIMITS });
    assert!(calls.len() > 1);
    assert!(calls.iter().all(|call| call.rows.capacity() == call.rows.len()));
}

#[test]
fn no_tasks_are_no_calls() {
    assert!(planned(&[], LIMITS).is_empty());
    let mut empty = task(0, "1", "2", Direction::Add, &[]);
    empty.rows.clear();
    assert!(planned(&[empty], LIMITS).is_empty());
}

/// A call of one row of the first so many columns and of so many audiences with the longest ids.
fn call_of_a_row(columns: usize, audiences: usize) -> Call {
    let cell = |column: IdType| prehashed(&"a".repeat(if column.index() < 4 { 64 } else { 32 }), column).unwrap();
    let cells: Vec<_> = IdType::ALL.into_iter().take(columns).filter_map(cell).collect();
    let task = task(0, "1", &"9".repeat(30), Direction::Add, &cells);
    let rows = (0..audiences).map(|number| TaskRow { task: u32::try_from(number).unwrap(), row: 0 });
    let (advertiser, direction) = (task.advertiser, task.direction);
    Call { advertiser, direction, rows: vec![rows.collect()], tasks: Arc::new(vec![task; audiences]) }
}

/// Bytes of a row in a body of all columns.
fn written(row: Carried<'_>) -> usize {
    let row = MappingRow { cells: row.cells(), audiences: row.audiences().collect() };
    wire::row_bytes(&row, &IdType::ALL).unwrap()
}

#[test]
fn a_row_is_never_larger_than_it_was_taken_for_and_little_smaller() {
    for (columns, audiences) in [(1, 1), (2, 1), (4, 1), (6, 1), (1, 2), (3, 5), (6, 100)] {
        let call = call_of_a_row(columns, audiences);
        let row = call.row(0).unwrap();
        let (taken_for, written) = (row_bytes(row), written(row) + ",".len());
        // The spare is `{},` for each column that the row has, and the comma behind the last audience and cell.
        let spare = columns * ("{},".len() + 1) + 1;
        assert_eq!(taken_for - written, spare, "{columns} columns, {audiences} audiences");
    }
}

struct Nobody;

impl MappingRows for Nobody {
    fn row(&self, _number: usize) -> Option<MappingRow<'_>> {
        None
    }
}

#[test]
fn a_body_of_all_columns_fits_between_its_rows_and_the_limit() {
    let advertiser = AdvertiserId::parse(&"7".repeat(30)).unwrap();
    let body = MappingBody::new(advertiser, Direction::Remove, IdType::ALL.into(), Arc::new(Nobody)).unwrap();
    assert!(body.to_json().len() <= ENVELOPE_BYTES);
}

#[test]
fn a_call_takes_rows_until_the_next_would_pass_its_bytes() {
    let tasks: Vec<_> =
        (0..4).map(|event_index| task(event_index, "1", "5", Direction::Add, &[email(event_index)])).collect();
    let two_rows = ENVELOPE_BYTES + 2 * row_bytes(planned(&tasks, LIMITS)[0].row(0).unwrap());
    for (bytes, expected) in [(two_rows, &[2, 2][..]), (two_rows - 1, &[1, 1, 1, 1]), (two_rows + 1, &[2, 2])] {
        let calls = planned(&tasks, Limits { bytes, ..LIMITS });
        assert_eq!(calls.iter().map(|call| call.rows.len()).collect::<Vec<_>>(), expected, "{bytes}");
    }
}

proptest! {
    #[test]
    fn no_limit_is_passed_and_no_row_is_lost(rows in 1_usize..9, bytes in 400_usize..4_000, people in 1_usize..60) {
        let tasks: Vec<_> = (0..people).map(|event_index| {
            let cells = if event_index % 3 == 0 { vec![email(event_index), phone(event_index)] } else { vec![phone(event_index)] };
            task(event_index, if event_index % 5 == 0 { "1" } else { "2" }, "9", Direction::Add, &cells)
        }).collect();
        let calls = planned(&tasks, Limits { rows, bytes, ..LIMITS });
        for call in &calls {
            let size = ENVELOPE_BYTES + call.carried().map(row_bytes).sum::<usize>();
            prop_assert!(call.rows.len() <= rows);
            prop_assert!(size <= bytes || call.rows.len() == 1);
        }
        let mut sent: Vec<_> = calls.iter().flat_map(tasks_of).flatten().collect();
        sent.sort_unstable();
        prop_assert_eq!(sent, (0..u32::try_from(people).unwrap()).collect::<Vec<_>>());
    }
}
