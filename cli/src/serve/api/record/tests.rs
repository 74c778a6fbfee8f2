//! What the feed says of an invocation.

use super::*;
use crate::support::fake_sqs::Attribute;

fn seen(payload: &str, reply: &Value) -> Seen {
    Seen {
        id: 1,
        at: Timestamp::UNIX_EPOCH,
        took: Duration::ZERO,
        origin: Origin::Outside,
        payload: payload.to_owned(),
        ended: Ok(reply.to_string()),
        calls: Vec::new(),
        shared: false,
        explained: None,
        members: Vec::new(),
        rejected: Vec::new(),
    }
}

#[test]
fn what_is_a_dead_letter_was_not_delivered_whatever_was_foreseen() {
    let event = |id: &str| json!({"type": "track", "event": "Audience Entered", "messageId": id}).to_string();
    let records = ["m-1", "m-2"].map(|id| json!({"eventSource": "aws:sqs", "messageId": id, "body": event(id)}));
    let foreseen =
        |index| json!({"index": index, "mappings": [{"mapping": "in", "results": [{"outcome": "planned"}]}]});
    let text = |text: &str| Attribute {
        data_type: "String".to_owned(),
        string_value: Some(text.to_owned()),
        binary_value: None,
    };
    let letter = Message {
        id: "1".to_owned(),
        body: event("m-2"),
        attributes: BTreeMap::from([("reason".to_owned(), text("NO_SUCH_AUDIENCE"))]),
        group: None,
        deduplication: None,
        delay_seconds: 0,
        received: false,
        sent_at: 0,
    };
    let record = Record::of(Seen {
        explained: Some(json!({"events": [foreseen(0), foreseen(1)]})),
        rejected: vec![letter],
        ..seen(&json!({"Records": records}).to_string(), &json!({"batchItemFailures": []}))
    });
    assert_eq!(record.entry["outcome"], "rejected");
    assert_eq!(record.entry["outcomes"], json!({"delivered": 1, "rejected": 1}));
    assert_eq!(record.detail["results"][1]["actions"][0]["error"]["code"], "NO_SUCH_AUDIENCE");
}

#[test]
fn the_worst_outcome_is_the_functions_own() {
    for (summary, expected) in [
        (json!({"received": 2, "delivered": 1, "accepted": 1}), "accepted"),
        (json!({"received": 2, "delivered": 1, "skipped": 1}), "delivered"),
        (json!({"received": 3, "accepted": 1, "rejected": 1, "retryable": 1}), "retryable"),
    ] {
        let entry = Record::of(seen("[]", &json!({"summary": summary, "results": []}))).entry;
        assert_eq!(entry["outcome"], expected, "{summary}");
    }
}

#[test]
fn a_batch_of_a_list_is_told_by_its_reply() {
    let reply = json!({"rows": 3, "delivered": 2, "rejected": 1, "reasons": {"NO_USABLE_IDENTIFIER": 1}});
    let entry = Record::of(seen(include_str!("../../../../../events/rows_of_a_list.json"), &reply)).entry;
    let told = ["way_in", "described", "events", "outcomes", "reasons"].map(|key| entry[key].clone());
    let expected = json!([
        "list",
        "a batch of a list, 3 rows",
        3,
        {"delivered": 2, "rejected": 1},
        ["NO_USABLE_IDENTIFIER"],
    ]);
    assert_eq!(json!(told), expected);
}

#[test]
fn a_request_that_is_refused_says_why() {
    let reply = json!({"statusCode": 401, "body": r#"{"error":{"code":"WRONG_SIGNATURE","message":"it fits none"}}"#});
    let entry = Record::of(seen(include_str!("../../../../../events/http_v2_wrong_signature.json"), &reply)).entry;
    assert_eq!((&entry["outcome"], &entry["reasons"]), (&json!("rejected"), &json!(["WRONG_SIGNATURE"])));
}
