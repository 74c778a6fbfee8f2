use aws_lambda_events::event::streams::KinesisEventResponse;
use serde_json::json;

use super::super::{Opened, Order, Reply, open};
use super::*;
use crate::outcome::{Entry, Reason, Verdict};

fn batch(records: &[&[u8]]) -> Opened<'static> {
    let record = |(number, data): (usize, &&[u8])| {
        json!({"eventSource": "aws:kinesis", "kinesis": {"data": STANDARD.encode(data), "partitionKey": "user-1",
            "sequenceNumber": format!("4954498523073520000000000{number}"),
            "approximateArrivalTimestamp": 1_763_632_001.428}})
    };
    let records: Vec<_> = records.iter().enumerate().map(record).collect();
    open::kinesis(Document::parse(json!({"Records": records}).to_string()).unwrap(), None)
}

/// The user ids of the events and the messages of what is none.
fn described(opened: &Opened<'_>) -> Vec<String> {
    let intake = &opened.intake;
    let describe = |event_index| match intake.event(event_index) {
        Ok(event) => event.user_id().and_then(Value::as_str).unwrap_or_default().into_owned(),
        Err(explanation) => explanation.message().to_owned(),
    };
    (0..intake.next_index()).map(describe).collect()
}

#[track_caller]
fn check(name: &str, data: &[u8], expected: &[&str]) {
    let good = br#"{"userId":"z"}"#;
    let all: Vec<_> = ["z"].iter().chain(expected).chain(&["z"]).copied().collect();
    assert_eq!(described(&batch(&[good, data, good])), all, "{name}");
}

#[test]
fn a_record_is_an_event_or_several() {
    check("one event", br#"{"userId":"a"}"#, &["a"]);
    check("a byte order mark", "\u{feff}{\"userId\":\"a\"}".as_bytes(), &["a"]);
    check("a line feed behind it", b"{\"userId\":\"a\"}\n", &["a"]);
    check("one per line", b"{\"userId\":\"a\"}\n{\"userId\":\"b\"}\n", &["a", "b"]);
    check("Windows lines, blank lines", b"{\"userId\":\"a\"}\r\n\r\n{\"userId\":\"b\"}\r\n", &["a", "b"]);
    check("spread over lines", b"{\n  \"userId\": \"a\"\n}\n", &["a"]);
    check("an array", br#"[{"userId":"a"},{"userId":"b"}]"#, &["a", "b"]);
    check("arrays per line", b"[{\"userId\":\"a\"}]\n[{\"userId\":\"b\"}]", &["a", "b"]);
    check("EventBridge in Kinesis", br#"{"detail-type":"t","detail":{"userId":"a"}}"#, &["a"]);
}

#[test]
fn what_is_no_event_is_rejected_in_its_place() {
    check(
        "a bad line",
        b"{\"userId\":\"a\"}\nnope\n{\"userId\":\"b\"}",
        &["a", "not JSON at byte 0: expected a value", "b"],
    );
    check("a bad first line", b"{\n{\"userId\":\"b\"}", &["not JSON at byte 1: the text ends here", "b"]);
    check(
        "broken over lines",
        b"{\n  \"userId\": \"a\",\n  \"b\": [1,\n  2\n",
        &["not JSON at byte 34: the text ends here"],
    );
    check("nothing", b"", &["not JSON at byte 0: the text ends here"]);
    check("not UTF-8", &[b'{', 0xff], &["not UTF-8 at byte 1"]);
    check(
        "packed by the producer library, and damaged",
        &[0xf3, 0x89, 0x9a, 0xc2, 0x0a, 0x01],
        &["the Kinesis Producer Library has packed several records into this one, and it is damaged"],
    );
    let text = r#"{"Records":[{"eventSource":"aws:kinesis","kinesis":{"data":"e30"}},
        {"eventSource":"aws:kinesis","kinesis":{"data":"e?0="}}]}"#;
    let opened = open::kinesis(Document::parse(text).unwrap(), None);
    assert_eq!(described(&opened), ["the data is not base64"; 2]);
    assert_eq!(opened.intake.record(1), Some("e?0=".as_bytes()), "the data itself is kept");
    assert_eq!(batch(&[&[0xff]]).intake.record(0), Some([0xff].as_slice()), "so are bytes that are no text");
}

#[test]
fn the_envelope_time_is_when_the_record_arrived() {
    assert_eq!(batch(&[b"{}"]).intake.envelope_time(0), Some(1_763_632_001_428));
    for (seconds, expected) in [(0.0, Some(0)), (1.0004, Some(1_000)), (f64::NAN, None), (1e300, None)] {
        assert_eq!(milliseconds(seconds), expected, "{seconds}");
    }
}

fn ledger(outcomes: &str) -> Ledger {
    let verdict = |letter| match letter {
        'd' => Verdict::Delivered,
        'x' => Reason::NoAudience.into(),
        _ => Reason::OutOfTime.into(),
    };
    let entries = (0..)
        .zip(outcomes.chars())
        .map(|(event_index, letter)| Entry::new(event_index, None, verdict(letter)))
        .collect();
    Ledger::close(outcomes.len(), entries, Vec::new())
}

/// The sequence number's last digit, read by AWS's own type; `None` where the invocation fails.
fn checkpoint(opened: &Opened<'_>, ledger: &Ledger) -> Option<String> {
    let Ok(Reply::Failures(reply)) = opened.scope.reply(ledger, Rejected::LeaveToQueue) else { return None };
    let official: KinesisEventResponse = serde_json::from_str(&serde_json::to_string(&reply).unwrap()).unwrap();
    let numbers = official.batch_item_failures.into_iter().map(|failure| failure.item_identifier.unwrap());
    let digits: Vec<_> = numbers.map(|number| number.get(number.len() - 1..).unwrap().to_owned()).collect();
    assert!(digits.len() <= 1, "one checkpoint at most");
    Some(digits.concat())
}

#[test]
fn the_reply_names_the_first_record_that_may_succeed_later() {
    let records: [&[u8]; 3] = [b"{}", b"{}\n{}", b"{}"];
    for (outcomes, expected, settled) in [
        ("dddd", Some(""), vec![]),
        ("xxdx", Some(""), vec![0, 1, 3]),
        ("xdrx", Some("1"), vec![0]),
        ("xxrx", Some("1"), vec![0]),
        ("drdr", Some("1"), vec![]),
        ("xxdr", Some("2"), vec![0, 1]),
        ("rddx", Some("0"), vec![]),
        ("rrxr", None, vec![]),
    ] {
        let (opened, ledger) = (batch(&records), ledger(outcomes));
        assert_eq!(checkpoint(&opened, &ledger).as_deref(), expected, "{outcomes}");
        assert_eq!(opened.scope.settled(&ledger).collect::<Vec<_>>(), settled, "{outcomes}");
        assert_eq!(opened.intake.order(), Order::Position);
    }
}

#[test]
fn rejected_records_without_a_queue_refuse_the_invocation() {
    let opened = batch(&[b"{}", b"{}"]);
    let refusal = opened.scope.reply(&ledger("dx"), Rejected::ReportAsFailures).unwrap_err();
    assert_eq!(refusal.error_type(), "NoRejectedQueue");
    assert!(refusal.to_string().starts_with("1 of 2 events are rejected and can't be kept: set REJECTED_QUEUE_URL"));
    assert_eq!(
        opened.scope.reply(&ledger("dd"), Rejected::ReportAsFailures),
        Ok(Reply::Failures(BatchItemFailures::default()))
    );
    let later = opened.scope.reply(&ledger("rr"), Rejected::ReportAsFailures).unwrap_err();
    assert_eq!(later.error_type(), "Retryable");
}
