use aws_lambda_events::event::sqs::SqsBatchResponse;
use serde_json::json;

use super::super::{Opened, open};
use super::*;
use crate::outcome::{Entry, Reason, Verdict};

/// A message: its id, its group and how many events it carries.
type Sent<'t> = (&'t str, &'t str, usize);

fn batch(queue: &str, messages: &[Sent<'_>]) -> Opened<'static> {
    let record = |(id, group, events): &Sent<'_>| {
        json!({"messageId": id, "body": json!(vec![json!({"type": "track"}); *events]).to_string(),
            "attributes": {"MessageGroupId": group}, "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:us-east-1:1:{queue}")})
    };
    let records: Vec<_> = messages.iter().map(record).collect();
    open::sqs(Document::parse(json!({"Records": records}).to_string()).unwrap(), None)
}

/// One letter per event: delivered, superseded, skipped, rejected, retryable.
fn ledger(outcomes: &str) -> Ledger {
    let verdict = |letter| match letter {
        'd' => Verdict::Delivered,
        'u' => Verdict::Superseded,
        's' => Reason::NoMapping.into(),
        'x' => Reason::NoAudience.into(),
        _ => Reason::OutOfTime.into(),
    };
    let letters: Vec<_> = outcomes.chars().filter(|letter| *letter != ' ').collect();
    let entries =
        (0..).zip(&letters).map(|(event_index, letter)| Entry::new(event_index, None, verdict(*letter))).collect();
    Ledger::close(letters.len(), entries, Vec::new())
}

/// The ids that come back, read by AWS's own type; `None` where the invocation fails.
#[track_caller]
fn failures(opened: &Opened<'_>, ledger: &Ledger, rejected: Rejected) -> Option<Vec<String>> {
    let Ok(super::super::Reply::Failures(reply)) = opened.scope.reply(ledger, rejected) else { return None };
    let official: SqsBatchResponse = serde_json::from_str(&serde_json::to_string(&reply).unwrap()).unwrap();
    let ids: Vec<_> = official.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect();
    assert!(reply.identifiers().eq(ids.iter()));
    Some(ids)
}

const STANDARD: &str = "buffer";
const FIFO: &str = "buffer.fifo";

#[test]
fn exactly_what_may_succeed_later_comes_back() {
    let three = [("1", "a", 1), ("2", "b", 2), ("3", "a", 1)];
    let one_group = [("1", "a", 1), ("2", "a", 1), ("3", "a", 1)];
    let twice = [("1", "", 1), ("2", "", 1), ("1", "", 1)];
    for (name, queue, messages, outcomes, expected) in [
        ("all delivered", STANDARD, three, "d dd d", Some(vec![])),
        ("skipped and superseded are done", STANDARD, three, "s us d", Some(vec![])),
        ("one event of a message", STANDARD, three, "d dr d", Some(vec!["2"])),
        ("rejected never comes back", STANDARD, three, "x dx r", Some(vec!["3"])),
        ("all retryable fails the invocation", STANDARD, three, "r rd r", None),
        ("all retryable but one rejected", STANDARD, three, "r xx r", Some(vec!["1", "3"])),
        ("a standard queue has no groups", STANDARD, three, "r dd d", Some(vec!["1"])),
        ("both copies of a message", STANDARD, twice, "d d r", Some(vec!["1", "1"])),
        ("a group stops at its first failure", FIFO, three, "r dd d", Some(vec!["1", "3"])),
        ("other groups go on", FIFO, three, "d rd d", Some(vec!["2"])),
        ("what is before the failure is done", FIFO, one_group, "d r d", Some(vec!["2", "3"])),
        ("a group that fails at its end", FIFO, one_group, "d d r", Some(vec!["3"])),
        ("a rejected message does not stop its group", FIFO, one_group, "x d d", Some(vec![])),
        ("a FIFO queue all of whose messages are retryable", FIFO, one_group, "r r r", None),
    ] {
        let found = failures(&batch(queue, &messages), &ledger(outcomes), Rejected::LeaveToQueue);
        let expected = expected.map(|ids| ids.into_iter().map(str::to_owned).collect());
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn without_a_queue_for_them_rejected_messages_come_back() {
    let three = [("1", "a", 1), ("2", "b", 2), ("3", "a", 1)];
    for (queue, outcomes, expected) in
        [(STANDARD, "x dd d", vec!["1"]), (STANDARD, "x dx x", vec!["1", "2", "3"]), (FIFO, "x dd d", vec!["1", "3"])]
    {
        let found = failures(&batch(queue, &three), &ledger(outcomes), Rejected::ReportAsFailures);
        assert_eq!(found.unwrap(), expected, "{queue} {outcomes}");
    }
}

#[test]
fn rejected_events_are_kept_once_their_message_is_done() {
    let three = [("1", "a", 1), ("2", "b", 2), ("3", "a", 1)];
    let twice = [("1", "", 2), ("2", "", 1), ("1", "", 1)];
    for (name, queue, messages, outcomes, expected) in [
        ("nothing comes back", STANDARD, three, "x dx d", vec![0, 2]),
        ("a retryable sibling brings it back", STANDARD, three, "x rx d", vec![0]),
        ("a copy of its message brings it back", STANDARD, twice, "xd d r", vec![]),
        ("an earlier message of its group brings it back", FIFO, three, "r dx x", vec![2]),
        ("all comes back", STANDARD, three, "r xr r", vec![]),
    ] {
        let found: Vec<_> = batch(queue, &messages).scope.settled(&ledger(outcomes)).collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn the_name_of_the_queue_tells_its_order() {
    assert_eq!(batch(STANDARD, &[("1", "", 1)]).intake.order(), Order::Time);
    assert_eq!(batch(FIFO, &[("1", "", 1)]).intake.order(), Order::Position);
}

#[test]
fn what_our_queues_know_of_a_message_is_used() {
    let attributes = json!({"received_at": {"stringValue": "1000", "dataType": "Number"}});
    let encoded = json!({"encoding": {"stringValue": "base64", "dataType": "String"}});
    let both = json!({"received_at": attributes["received_at"], "encoding": encoded["encoding"]});
    let event = r#"{"type":"track"}"#;
    for (name, attributes, body, time, record) in [
        ("a message of somebody else", json!({}), event, Some(3_000), None),
        ("ours, perhaps redriven", attributes, event, Some(1_000), None),
        ("a time that is none", json!({"received_at": {"stringValue": "now"}}), event, Some(3_000), None),
        ("a text that SQS would have changed", both, "eyJhIjoxfQ==", Some(1_000), None),
        ("bytes that are no text", encoded.clone(), "/w==", None, Some([0xff].as_slice())),
        ("base64 that is none", encoded, "?", None, Some(b"?".as_slice())),
    ] {
        let record_of = json!({"messageId": "1", "eventSource": "aws:sqs", "body": body,
            "messageAttributes": attributes, "attributes": {"SentTimestamp": "3000"}});
        let opened = open::sqs(Document::parse(json!({"Records": [record_of]}).to_string()).unwrap(), None);
        assert_eq!((opened.intake.envelope_time(0), opened.intake.record(0)), (time, record), "{name}");
    }
}

#[test]
fn a_message_without_an_id_fails_the_whole_batch() {
    let record = json!({"eventSource": "aws:sqs", "body": "{}"});
    let opened = open::sqs(Document::parse(json!({"Records": [record, record]}).to_string()).unwrap(), None);
    assert_eq!(failures(&opened, &ledger("rd"), Rejected::LeaveToQueue), Some(vec![String::new(), String::new()]));
}

#[test]
fn a_batch_of_ten_thousand_is_opened_in_order() {
    let messages: Vec<_> = (0..10_000).map(|number: u32| number.to_string()).collect();
    let messages: Vec<_> = messages.iter().map(|id| (id.as_str(), "g", 1)).collect();
    let opened = batch(FIFO, &messages);
    assert_eq!(opened.intake.len(), 10_000);
    let outcomes = format!("{}r{}", "d".repeat(9_000), "d".repeat(999));
    let found = failures(&opened, &ledger(&outcomes), Rejected::LeaveToQueue).unwrap();
    assert_eq!((found.len(), found.first().map(String::as_str)), (1_000, Some("9000")));
}
