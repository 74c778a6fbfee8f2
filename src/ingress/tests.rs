mod several;

use super::direct::Direct;
use super::http::Shape;
use super::*;
use crate::json::Document;
use crate::outcome::Reason;

#[track_caller]
fn detected(text: &str) -> Result<Ingress, IngressError> {
    detect(Document::parse(text).unwrap().root())
}

#[track_caller]
fn check(name: &str, text: &str, expected: Result<Ingress, IngressError>) {
    assert_eq!(detected(text), expected, "{name}");
}

#[test]
fn every_envelope_is_recognised() {
    for (name, text, expected) in [
        ("an event", r#"{"type":"track"}"#, Ingress::Direct(Direct::One)),
        ("a record without a type", r#"{"action":"add","audience_id":"1"}"#, Ingress::Direct(Direct::One)),
        ("an array", "[]", Ingress::Direct(Direct::Array)),
        ("events with a report", r#"{"events":[]}"#, Ingress::Direct(Direct::Envelope { events: 2 })),
        (
            "a batch of an SDK",
            r#"{"batch":[],"sentAt":"x","writeKey":"k","context":{}}"#,
            Ingress::Direct(Direct::Array),
        ),
        ("a batch that says so", r#"{"type":"batch","batch":[]}"#, Ingress::Direct(Direct::Array)),
        ("a batch of no type", r#"{"type":null,"batch":[]}"#, Ingress::Direct(Direct::Array)),
        ("a batch of a type that no event has", r#"{"batch":[],"type":5}"#, Ingress::Direct(Direct::Array)),
        ("an operation with a batch", r#"{"operation":"check","batch":[]}"#, Ingress::Operation),
        ("an operation", r#"{"operation":"check"}"#, Ingress::Operation),
        ("an operation on events", r#"{"events":[],"operation":"explain"}"#, Ingress::Operation),
        ("SQS", r#"{"Records":[{"eventSource":"aws:sqs"}]}"#, Ingress::Sqs),
        ("Kinesis", r#"{"Records":[{"eventSource":"aws:kinesis"}]}"#, Ingress::Kinesis),
        ("SNS spells it with a capital", r#"{"Records":[{"EventSource":"aws:sns"}]}"#, Ingress::Sns),
        ("EventBridge", r#"{"detail-type":"track","source":"rudderstack","detail":{}}"#, Ingress::EventBridge),
        ("a schedule", r#"{"detail-type":"Scheduled Event","source":"aws.events","detail":{}}"#, Ingress::Schedule),
        (
            "a custom bus with the words of a schedule",
            r#"{"detail-type":"Scheduled Event","source":"mine","detail":{}}"#,
            Ingress::EventBridge,
        ),
        (
            "a Lambda destination",
            r#"{"requestContext":{"condition":"RetriesExhausted"},"requestPayload":{}}"#,
            Ingress::Redrive,
        ),
        ("a batch of rows", r#"{"Items":[],"BatchInput":{}}"#, Ingress::Rows),
        ("HTTP v1", r#"{"httpMethod":"GET","requestContext":{}}"#, Ingress::Http(Shape::V1)),
        ("HTTP v2", r#"{"version":"2.0","requestContext":{"http":{}}}"#, Ingress::Http(Shape::V2)),
    ] {
        check(name, text, Ok(expected));
    }
}

#[test]
fn an_event_with_odd_keys_stays_an_event() {
    for (name, text) in [
        (
            "properties named like envelopes",
            r#"{"type":"track","properties":{"Records":[],"detail":{},"operation":"x"}}"#,
        ),
        ("Records at its top", r#"{"Records":[{"eventSource":"aws:sqs"}],"type":"track"}"#),
        ("detail and detail-type at its top", r#"{"type":"track","detail":{},"detail-type":"track"}"#),
        ("an operation at its top", r#"{"operation":"deleteAudience","type":"track"}"#),
        ("events at its top", r#"{"type":"track","events":[]}"#),
        ("a batch at its top", r#"{"type":"track","batch":[]}"#),
        ("a batch at the top of another spelling", r#"{"batch":[],"type":"AudienceLIST"}"#),
        ("an operation beside a type", r#"{"operation":"deleteAudience","type":"batch"}"#),
        ("a batch that is no array", r#"{"event":"E","batch":"b-1"}"#),
        ("detail alone", r#"{"event":"E","detail":{}}"#),
        ("a detail-type that is no text", r#"{"event":"E","detail":{},"detail-type":1}"#),
        ("Records that are no array", r#"{"event":"E","Records":{"eventSource":"aws:sqs"}}"#),
        ("a requestPayload alone", r#"{"event":"E","requestPayload":{}}"#),
        ("a requestContext without a condition", r#"{"event":"E","requestContext":{},"requestPayload":{}}"#),
        ("events that are no array", r#"{"event":"E","events":{}}"#),
    ] {
        check(name, text, Ok(Ingress::Direct(Direct::One)));
    }
}

#[test]
fn payloads_of_other_services_are_refused() {
    for (name, text, expected) in [
        ("S3", r#"{"Records":[{"eventSource":"aws:s3","s3":{}}]}"#, IngressError::UnknownRecords(Some("S3"))),
        (
            "DynamoDB",
            r#"{"Records":[{"eventSource":"aws:dynamodb","dynamodb":{}}]}"#,
            IngressError::UnknownRecords(Some("DynamoDB")),
        ),
        ("SES", r#"{"Records":[{"eventSource":"aws:ses","ses":{}}]}"#, IngressError::UnknownRecords(Some("SES"))),
        ("CloudFront", r#"{"Records":[{"cf":{}}]}"#, IngressError::UnknownRecords(None)),
        ("no records", r#"{"Records":[]}"#, IngressError::EmptyRecords),
        ("records of no kind", r#"{"Records":[1]}"#, IngressError::UnknownRecords(None)),
        ("Kafka", r#"{"eventSource":"aws:kafka","records":{}}"#, IngressError::UnknownService),
        ("MQ", r#"{"eventSource":"aws:mq","messages":[]}"#, IngressError::UnknownService),
        ("DocumentDB", r#"{"eventSource":"aws:docdb","events":[]}"#, IngressError::UnknownService),
        ("Pipes", r#"[{"messageId":"m","body":"{}","eventSource":"aws:sqs"}]"#, IngressError::BareRecord),
        ("a text", "\"track\"", IngressError::NotAnEnvelope(Kind::String)),
        ("null", "null", IngressError::NotAnEnvelope(Kind::Null)),
    ] {
        check(name, text, Err(expected));
    }
}

#[test]
fn what_is_no_event_is_named_by_what_it_looks_like() {
    for (text, message) in [
        (
            r#"{"invocationId":"i","deliveryStreamArn":"a","records":[]}"#,
            "this is a transformation of Amazon Data Firehose",
        ),
        (r#"{"awslogs":{"data":"H4s="}}"#, "this is a subscription of CloudWatch Logs"),
        (r#"{"Items":[{}]}"#, "this is a batch of a Step Functions map"),
        (r#"{"triggerSource":"x","userPoolId":"y"}"#, "this is a trigger of Amazon Cognito"),
        (r#"{"version":"0","bucket":{"name":"b"},"object":{"key":"k"}}"#, "this is an event of S3 about an object"),
        (r#"{"email":"jane@example.com"}"#, "the object has none of an event's members"),
        ("{}", "the object has none of an event's members"),
    ] {
        let error = detect(Document::parse(text).unwrap().root()).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
        let [queued] = opened(&queued(&[text]).to_string()).try_into().unwrap();
        assert!(queued.starts_with(message), "{queued}");
    }
    let balanced = r#"{"requestContext":{"elb":{"targetGroupArn":"a"}},"httpMethod":"POST","path":"/events","headers":{},"body":"{}"}"#;
    check("a load balancer", balanced, Ok(Ingress::Http(Shape::V1)));
}

/// What a fixture is, by its name.
fn expected_of(name: &str) -> &'static str {
    let prefixes = [
        ("control_", "Operation"),
        ("schedule_ensure_audiences", "Operation"),
        ("schedule_", "Schedule"),
        ("direct_", "Direct"),
        ("http_", "Http"),
        ("sqs_", "Sqs"),
        ("rows_", "Rows"),
        ("kinesis_", "Kinesis"),
        ("sns_", "Sns"),
        ("eventbridge_", "EventBridge"),
        ("redrive_", "Redrive"),
        ("rows_", "Rows"),
    ];
    prefixes.iter().find(|(prefix, _)| name.starts_with(prefix)).expect("a prefix that names an ingress").1
}

#[test]
fn every_fixture_is_recognised_by_exactly_one_ingress() {
    let mut seen = 0;
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/events")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let document = Document::parse(text).unwrap();
        let found = format!("{:?}", detect(document.root()).unwrap());
        assert!(found.starts_with(expected_of(&name)), "{name}: {found}");
        if document.root().kind() == Kind::Object {
            assert!(
                discriminators::Discriminators::read(document.root()).claims().count() <= 1,
                "{name} is claimed twice"
            );
        }
        seen += 1;
    }
    assert!(seen > 40, "only {seen} fixtures");
}

/// The user ids of the events in a payload, and the reasons of what is no event.
#[track_caller]
fn opened(text: &str) -> Vec<String> {
    describe(&intake_of(text))
}

/// What is in a payload.
#[track_caller]
fn intake_of(text: &str) -> Intake<'_> {
    let payload = Document::parse(text).unwrap();
    let opened = match detect(payload.root()).unwrap() {
        Ingress::Sqs => open::sqs(payload, None),
        Ingress::Kinesis => open::kinesis(payload, None),
        Ingress::Sns | Ingress::EventBridge => open::unread(payload),
        Ingress::Redrive => open::redrive(payload),
        Ingress::Direct(shape) => open::direct(shape, payload),
        other @ (Ingress::Http(_) | Ingress::Operation | Ingress::Schedule | Ingress::Rows) => {
            panic!("{other:?} is opened elsewhere")
        }
    };
    opened.intake
}

fn describe(intake: &Intake<'_>) -> Vec<String> {
    (0..intake.next_index())
        .map(|event_index| match intake.event(event_index) {
            Ok(event) => {
                let id = event.user_id().and_then(Value::as_str).unwrap_or_default();
                format!("{id}@{}", intake.envelope_time(event_index).map_or("-".to_owned(), |time| time.to_string()))
            }
            Err(explanation) => {
                assert_eq!(explanation.reason, Reason::InvalidRecord);
                explanation.message().to_owned()
            }
        })
        .collect()
}

fn event(id: &str) -> serde_json::Value {
    serde_json::json!({"type": "track", "userId": id})
}

fn bridged(detail: &serde_json::Value) -> serde_json::Value {
    serde_json::json!({"version": "0", "detail-type": "track", "source": "aws.partner/segment.com/x",
        "time": "1970-01-01T00:00:01Z", "detail": detail})
}

fn notified(message: &str) -> serde_json::Value {
    serde_json::json!({"Type": "Notification", "TopicArn": "arn:aws:sns:us-east-1:1:t", "Message": message,
        "Timestamp": "1970-01-01T00:00:02.500Z"})
}

fn published(message: &str) -> serde_json::Value {
    serde_json::json!({"Records": [{"EventSource": "aws:sns", "Sns": notified(message)}]})
}

fn queued(bodies: &[&str]) -> serde_json::Value {
    let record = |body: &&str| {
        serde_json::json!({"messageId": "m", "body": body, "eventSource": "aws:sqs",
            "attributes": {"SentTimestamp": "3000"}, "eventSourceARN": "arn:aws:sqs:us-east-1:1:q"})
    };
    serde_json::json!({"Records": bodies.iter().map(record).collect::<Vec<_>>()})
}

fn failed(payload: &serde_json::Value) -> serde_json::Value {
    serde_json::json!({"version": "1.0", "timestamp": "1970-01-01T00:00:04Z", "requestPayload": payload,
        "requestContext": {"condition": "RetriesExhausted"}, "responsePayload": {"errorType": "Retryable"}})
}

fn streamed(data: &str) -> serde_json::Value {
    let data = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, data);
    serde_json::json!({"Records": [{"eventSource": "aws:kinesis", "kinesis": {"data": data, "sequenceNumber": "1",
        "approximateArrivalTimestamp": 5.0}}]})
}

fn failed_batch(payload: &str) -> serde_json::Value {
    serde_json::json!({"version": "1.0", "timestamp": "1970-01-01T00:00:04Z", "payload": payload,
        "requestContext": {"condition": "RetryAttemptsExhausted"}, "KinesisBatchInfo": {"batchSize": 1}})
}

#[test]
fn envelopes_inside_of_envelopes_are_opened_and_the_innermost_time_counts() {
    let one = event("a");
    let both = serde_json::json!([event("a"), event("b")]);
    for (name, payload, expected) in [
        ("EventBridge", bridged(&one), vec!["a@1000"]),
        ("an array on a bus", bridged(&both), vec!["a@1000", "b@1000"]),
        ("SNS", published(&one.to_string()), vec!["a@2500"]),
        ("an array in SNS", published(&both.to_string()), vec!["a@2500", "b@2500"]),
        ("EventBridge in SNS", published(&bridged(&one).to_string()), vec!["a@1000"]),
        ("SQS", queued(&[&one.to_string()]), vec!["a@3000"]),
        (
            "the arrays of our buffer",
            queued(&[&both.to_string(), &one.to_string()]),
            vec!["a@3000", "b@3000", "a@3000"],
        ),
        ("EventBridge in SQS", queued(&[&bridged(&one).to_string()]), vec!["a@1000"]),
        ("SNS in SQS", queued(&[&notified(&both.to_string()).to_string()]), vec!["a@2500", "b@2500"]),
        ("EventBridge in SNS in SQS", queued(&[&notified(&bridged(&one).to_string()).to_string()]), vec!["a@1000"]),
        ("a failed direct event", failed(&one), vec!["a@4000"]),
        ("a failed array", failed(&both), vec!["a@4000", "b@4000"]),
        ("a failed direct envelope", failed(&serde_json::json!({"events": [one]})), vec!["a@4000"]),
        ("a failed EventBridge event", failed(&bridged(&one)), vec!["a@1000"]),
        ("a failed SNS notification", failed(&published(&one.to_string())), vec!["a@2500"]),
        ("a failed batch", failed(&queued(&[&one.to_string()])), vec!["a@3000"]),
        (
            "a failed batch of a stream, as S3 keeps it",
            failed_batch(&streamed(&one.to_string()).to_string()),
            vec!["a@5000"],
        ),
        ("a failed event in the buffer", queued(&[&failed(&one).to_string()]), vec!["a@4000"]),
        ("a failed event on a bus", bridged(&failed(&one)), vec!["a@4000"]),
        (
            "a Lambda dead-letter queue keeps the bare payload",
            queued(&[&published(&one.to_string()).to_string()]),
            vec!["a@2500"],
        ),
        (
            "an operation in a record is data",
            queued(&[r#"{"operation":"deleteAudience","userId":"a"}"#]),
            vec!["a@3000"],
        ),
        ("an empty array has no events", queued(&["[]"]), vec![]),
    ] {
        assert_eq!(opened(&payload.to_string()), expected, "{name}");
    }
}

#[test]
fn what_is_no_event_is_rejected_in_its_place() {
    let one = event("a").to_string();
    let confirmation = serde_json::json!({"Type": "SubscriptionConfirmation", "TopicArn": "arn", "Message": "Confirm"});
    let schedule = serde_json::json!({"detail-type": "Scheduled Event", "source": "aws.events", "detail": {}});
    let request = serde_json::json!({"httpMethod": "POST", "requestContext": {}, "body": one});
    let s3 = serde_json::json!({"Records": [{"eventSource": "aws:s3"}]});
    let mut lost = failed_batch("");
    lost.as_object_mut().unwrap().remove("payload");
    let mut deep = one.clone();
    for _ in 0..10 {
        deep = bridged(&serde_json::from_str(&deep).unwrap()).to_string();
    }
    for (name, body, expected) in [
        ("no JSON", "not json", "not JSON at byte 0: expected a value"),
        ("nothing", "", "not JSON at byte 0: the text ends here"),
        ("a number", "5", "an event is an object, this is a number"),
        ("JSON in JSON", "\"{}\"", "an event is an object, this is a string"),
        ("an SNS confirmation", &confirmation.to_string(), "an SNS confirmation, which carries no events"),
        ("a schedule", &schedule.to_string(), "a schedule, which carries no events"),
        ("an unjudged HTTP request", &request.to_string(), "an HTTP request inside of a record"),
        ("S3", &s3.to_string(), "Records[0] is of S3: expected aws:sqs, aws:kinesis or aws:sns"),
        (
            "a failed batch without its records",
            &lost.to_string(),
            "the record of a failed invocation without what it was invoked with",
        ),
        ("a byte order mark", &format!("\u{feff}{one}"), "a@3000"),
        ("too many envelopes", &deep, "wrapped in too many envelopes"),
    ] {
        let found = opened(&queued(&[&one, body, &one]).to_string());
        assert_eq!(found, ["a@3000", expected, "a@3000"], "{name}");
    }
}

#[test]
fn a_record_without_its_content_is_rejected() {
    for (text, expected) in [
        (r#"{"Records":[{"eventSource":"aws:sqs","messageId":"m"}]}"#, "the SQS record has no body"),
        (r#"{"Records":[{"eventSource":"aws:sqs","body":{}}]}"#, "the SQS record has no body"),
        (r#"{"Records":[{"EventSource":"aws:sns"}]}"#, "the SNS record has no Sns"),
        (r#"{"Records":[{"EventSource":"aws:sns","Sns":{}}]}"#, "the SNS record has no Message"),
        (r#"{"Records":[{"eventSource":"aws:kinesis","kinesis":{}}]}"#, "the Kinesis record has no data"),
    ] {
        assert_eq!(opened(text), [expected], "{text}");
    }
}

#[test]
fn whole_invocations_come_back_or_do_not() {
    use crate::outcome::{Entry, Ledger, Verdict};
    let payload = bridged(&serde_json::json!([event("a"), event("b")])).to_string();
    let opened = open::unread(Document::parse(payload.as_str()).unwrap());
    let ledger = |second: Verdict| {
        let entries = vec![Entry::new(0, None, Reason::NoAudience.into()), Entry::new(1, None, second)];
        Ledger::close(2, entries, Vec::new())
    };
    let retryable = ledger(Reason::OutOfTime.into());
    assert_eq!(opened.scope.reply(&retryable, Rejected::LeaveToQueue), Err(InvocationError::retryable(&retryable)));
    assert_eq!(opened.scope.settled(&retryable).count(), 0);
    let delivered = ledger(Verdict::Delivered);
    assert_eq!(opened.scope.reply(&delivered, Rejected::LeaveToQueue), Ok(Reply::Report));
    assert_eq!(opened.scope.settled(&delivered).collect::<Vec<_>>(), [0]);
    assert_eq!(opened.intake.order(), Order::Time);
    // A bus reads no report: what nobody keeps must not end as a success.
    let unkept = opened.scope.reply(&delivered, Rejected::ReportAsFailures).unwrap_err();
    assert_eq!(unkept.error_type(), "NoRejectedQueue");
    assert_eq!(
        open::direct(Direct::Array, Document::parse("[]").unwrap()).scope.reply(&delivered, Rejected::ReportAsFailures),
        Ok(Reply::Report)
    );

    let each = open::direct(Direct::Envelope { events: 0 }, Document::parse("[]").unwrap()).scope;
    assert_eq!(each.reply(&retryable, Rejected::LeaveToQueue), Ok(Reply::Report));
    assert_eq!(each.settled(&retryable).collect::<Vec<_>>(), [0]);
}

/// Notes what it is handed, and how far the opening had come by then.
#[derive(Default)]
struct Handed {
    users: Vec<String>,
    most_waiting: usize,
}

impl Receive for Handed {
    fn expect(&mut self, _events: usize) {}

    fn receive(&mut self, intake: &Intake<'_>, event_index: u32) -> Option<u32> {
        let event = intake.event(event_index).unwrap();
        self.users.push(event.user_id().and_then(Value::as_str).unwrap_or_default().into_owned());
        self.most_waiting = self.most_waiting.max(intake.waiting());
        None
    }
}

#[test]
fn events_are_handed_over_in_their_order_and_before_many_wait() {
    for count in [1, 15, 16, 17, 100] {
        let users: Vec<String> = (0..count).map(|number| format!("user-{number}")).collect();
        let events: Vec<_> = users.iter().map(|user| event(user)).collect();
        let bodies: Vec<String> = events.iter().map(ToString::to_string).collect();
        let array = serde_json::Value::from(events).to_string();
        let queue = queued(&bodies.iter().map(String::as_str).collect::<Vec<_>>()).to_string();

        let mut handed = Handed::default();
        let opened = open::array(&array, &mut handed).unwrap().unwrap();
        assert_eq!((&handed.users, opened.intake.waiting()), (&users, 0), "{count} of an array");
        assert!(handed.most_waiting <= 16, "{} waited", handed.most_waiting);

        let mut handed = Handed::default();
        let mut opened = open::sqs(Document::parse(queue).unwrap(), Some(&mut handed));
        assert!(opened.intake.waiting() < 16, "{} are left", opened.intake.waiting());
        opened.intake.hand_over(&mut handed);
        assert_eq!((&handed.users, opened.intake.waiting()), (&users, 0), "{count} of a queue");
        assert!(handed.most_waiting <= 16, "{} waited", handed.most_waiting);
    }
}
