use proptest::prelude::*;

use super::*;

const AT: i64 = 1_790_000_000_000;
/// name, type and value of the receipt time
const ATTRIBUTE: usize = 11 + 6 + 13;

/// An event whose JSON text has this many bytes.
fn event(bytes: usize) -> Buffered<'static> {
    Buffered { text: format!("\"{}\"", "x".repeat(bytes - 2)).into(), received_at: AT, is_joined: false }
}

fn events(sizes: &[usize]) -> Vec<Buffered<'static>> {
    sizes.iter().map(|bytes| event(*bytes)).collect()
}

#[track_caller]
fn check_arrays(sizes: &[usize], expected: &[(usize, usize)]) {
    let events = events(sizes);
    let messages = arrays(&events);
    let ranges: Vec<_> = messages.iter().map(|message| (message.events().start, message.events().end)).collect();
    assert_eq!(ranges, expected, "{sizes:?}");
    for message in &messages {
        assert_eq!(message.bytes(), message.body().len() + ATTRIBUTE);
    }
}

#[test]
fn an_array_ends_at_64_kib_to_the_byte() {
    check_arrays(&[], &[]);
    check_arrays(&[10], &[(0, 1)]);
    // Two events in an array have a comma and brackets around them.
    let second = 40_000;
    let first = ARRAY_BYTES - ATTRIBUTE - 3 - second;
    check_arrays(&[first, second], &[(0, 2)]);
    check_arrays(&[first + 1, second], &[(0, 1), (1, 2)]);
    check_arrays(&[first, second, 10], &[(0, 2), (2, 3)]);
}

#[test]
fn a_large_event_has_a_message_of_its_own() {
    check_arrays(&[10, 70_000, 10, 10], &[(0, 1), (1, 2), (2, 4)]);
    let largest = MAX_BYTES - ATTRIBUTE - 2;
    check_arrays(&[10, largest, 10], &[(0, 1), (1, 2), (2, 3)]);
    check_arrays(&[10, largest + 1, 10], &[(0, 1), (2, 3)]);
}

#[test]
fn escaped_characters_count_as_what_they_become() {
    let text = format!("\"{}\"", "\u{ffff}".repeat((ARRAY_BYTES - ATTRIBUTE - 4) / 6));
    let event = Buffered { text: text.into(), received_at: AT, is_joined: false };
    let events = [event.clone(), event];
    let messages = arrays(&events);
    assert_eq!(messages.len(), 2);
    assert!(messages.iter().all(|message| message.bytes() <= ARRAY_BYTES));
}

#[test]
fn a_message_carries_one_receipt_time_and_keeps_the_order() {
    let mut events = events(&[10, 10, 40_000, 40_000, 10]);
    events[0].received_at = AT - 500;
    let said: Vec<_> = arrays(&events)
        .iter()
        .map(|message| (message.events(), message.attributes()[0].value.parse::<i64>().unwrap() - AT))
        .collect();
    assert_eq!(said, [(0..1, -500), (1..3, 0), (3..5, 1)]);
}

#[track_caller]
fn check_batches(sizes: &[usize], expected: &[usize]) {
    let events = events(sizes);
    let messages = arrays(&events);
    assert_eq!(messages.len(), sizes.len(), "each event here must fill a message");
    let counts: Vec<_> = batches(&messages).iter().map(|batch| batch.len()).collect();
    assert_eq!(counts, expected, "{sizes:?}");
}

#[test]
fn a_call_ends_at_10_messages_or_1_mib_to_the_byte() {
    check_batches(&[], &[]);
    check_batches(&[65_000; 10], &[10]);
    check_batches(&[65_000; 21], &[10, 10, 1]);
    let half = MAX_BYTES / 2 - ATTRIBUTE - 2;
    check_batches(&[half, half], &[2]);
    check_batches(&[half, half + 1], &[1, 1]);
    check_batches(&[half, half, 65_500], &[2, 1]);
    check_batches(&[MAX_BYTES - ATTRIBUTE - 2; 3], &[1, 1, 1]);
}

#[test]
fn what_is_joined_is_not_parted() {
    let check = |sizes: &[(usize, bool)], counts: &[usize]| {
        let event = |(bytes, is_joined): &(usize, bool)| Buffered {
            text: format!("\"{}\"", "x".repeat(bytes - 2)).into(),
            received_at: AT,
            is_joined: *is_joined,
        };
        let events: Vec<_> = sizes.iter().map(event).collect();
        let messages: Vec<_> = arrays(&events).iter().map(|message| message.events().len()).collect();
        assert_eq!(messages, counts, "{sizes:?}");
    };
    check(&[(40_000, false), (20_000, false), (20_000, true), (10_000, false)], &[1, 3]);
    check(&[(40_000, false), (40_000, true), (10, true), (10, false)], &[3, 1]);
    check(&[(600_000, false), (600_000, true), (10, true)], &[1, 2]);
}

fn any_event() -> impl Strategy<Value = Buffered<'static>> {
    let size = prop_oneof![60 => 2_usize..2_000, 12 => 20_000_usize..70_000, 1 => 500_000_usize..1_100_000];
    let filler = prop_oneof![4 => Just("x"), 1 => Just("é"), 1 => Just("\u{fffe}")];
    (size, filler, 0_i64..2).prop_map(|(size, filler, second)| Buffered {
        text: format!("\"{}\"", filler.repeat(size.saturating_sub(2) / filler.len())).into(),
        received_at: AT + second * 1_000,
        is_joined: false,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_event_is_in_exactly_one_message_in_its_place(events in prop::collection::vec(any_event(), 0..40)) {
        let messages = arrays(&events);
        let mut next = 0;
        for message in &messages {
            let range = message.events();
            prop_assert!(range.start >= next && !range.is_empty());
            for skipped in &events[next..range.start] {
                prop_assert!(text::json_len(&skipped.text) + 2 + ATTRIBUTE > MAX_BYTES);
            }
            let limit = if range.len() == 1 { MAX_BYTES } else { ARRAY_BYTES };
            prop_assert!(message.bytes() <= limit);
            prop_assert_eq!(message.bytes(), message.body().len() + ATTRIBUTE);
            let read: Vec<String> = serde_json::from_str(&message.body()).unwrap();
            let given: Vec<String> =
                events[range.clone()].iter().map(|event| serde_json::from_str(&event.text).unwrap()).collect();
            prop_assert!(read == given);
            next = range.end;
        }
        let sent: Vec<_> = batches(&messages).into_iter().flatten().map(Message::events).collect();
        prop_assert_eq!(sent, messages.iter().map(Message::events).collect::<Vec<_>>());
        for batch in batches(&messages) {
            prop_assert!((1..=BATCH_ENTRIES).contains(&batch.len()));
            prop_assert!(batch.iter().map(Message::bytes).sum::<usize>() <= MAX_BYTES);
        }
    }

    #[test]
    fn neighbours_that_fit_share_a_message(sizes in prop::collection::vec(2_usize..9_000, 0..80)) {
        let events = events(&sizes);
        let messages = arrays(&events);
        for pair in messages.windows(2) {
            let next = text::json_len(&events[pair[1].events().start].text);
            prop_assert!(pair[0].bytes() + 1 + next > ARRAY_BYTES);
        }
    }
}
