//! Batches of lists: rows from the payload to what TikTok received, and the reply that the state machine keeps.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::records::member;
use crate::support::fake_tiktok::{ADVERTISER, Audience, Endpoint, Fault, Rule};
use crate::world::{Wired, World, fast, person};

fn batch(input: &Value, items: &Value) -> Value {
    json!({"Items": items, "BatchInput": input})
}

/// Rows of a file, numbered as the state machine numbers them.
fn rows(people: std::ops::Range<usize>) -> Value {
    people.map(|number| json!({"email": person(number), "_row": number + 1})).collect()
}

fn members(people: std::ops::Range<usize>) -> BTreeSet<(String, String)> {
    people.map(|number| member("EMAIL_SHA256", &person(number))).collect()
}

fn world() -> (World, String) {
    let world = World::fast(Wired::Both);
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    (world, audience)
}

async fn refused(world: &World, payload: &Value) -> String {
    let error = world.invoke(payload).await.unwrap_err();
    assert_eq!(error.error_type(), "InvalidPayload", "{error}");
    error.to_string()
}

#[tokio::test]
async fn the_example_of_a_batch_adds_its_people_and_names_the_row_that_it_cannot() {
    let (world, audience) = world();
    let text = include_str!("../../events/rows_of_a_list.json");
    let reply = world.invoke(&crate::records::example(text, &audience)).await.unwrap();
    assert_eq!(
        reply,
        json!({
            "rows": 3, "delivered": 2, "duplicates": 0, "skipped": 0, "rejected": 1,
            "reasons": {"NO_USABLE_IDENTIFIER": 1}, "left_out": reply["left_out"], "ignored_columns": 1,
            "rejected_rows": [{"row": 1003, "code": "NO_USABLE_IDENTIFIER"}], "truncated": false,
        })
    );
    let expected = [
        member("EMAIL_SHA256", "jane@example.com"),
        member("PHONE_SHA256", "+14155550100"),
        member("PHONE_SHA256", "+14155550123"),
    ];
    assert_eq!(world.tiktok.members(&audience), BTreeSet::from(expected));
    assert!(world.queues.sqs.messages(&world.queues.rejected).is_empty(), "file and number are enough");
    assert_eq!(world.tiktok.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_dry_run_says_the_same_and_calls_nobody() {
    let (world, audience) = world();
    let input = json!({"action": "add", "audience_id": audience, "advertiser_id": ADVERTISER, "dry_run": true});
    let items = json!([
        {"E_mail": "jane@example.com"}, {"E_mail": " JANE@example.com"}, {"E_mail": "no address"}, {"E_mail": ""},
    ]);
    let reply = world.invoke(&batch(&input, &items)).await.unwrap();
    let counts = ["rows", "delivered", "usable", "duplicates", "skipped", "rejected"].map(|name| &reply[name]);
    assert_eq!(counts, [4, 0, 2, 1, 1, 1], "{reply}");
    assert_eq!(reply["rejected_rows"], json!([{"row": 3, "code": "NO_USABLE_IDENTIFIER"}]));
    assert_eq!(world.tiktok.calls().len(), 0, "no call");
}

#[tokio::test]
async fn rows_are_found_by_name_removed_by_hash_and_told_apart_by_file() {
    let (world, audience) = world();
    let add = json!({"action": "add", "audience_name": "vip", "advertiser_id": ADVERTISER});
    world.invoke(&batch(&add, &rows(0..3))).await.unwrap();
    assert_eq!(world.tiktok.members(&audience), members(0..3));
    let remove =
        json!({"action": "remove", "audience_name": "vip", "hash": false, "columns": {"email": ["sha", "sha2"]}});
    let hashed = |number| member("EMAIL_SHA256", &person(number)).1;
    let items = json!([
        {"sha": hashed(0), "sha2": hashed(1), "_row": 7, "_source": "s3://lists/in/a.csv"},
        {"sha": person(2), "_row": 1, "_source": "s3://lists/in/b.csv"},
    ]);
    let reply = world.invoke(&batch(&remove, &items)).await.unwrap();
    let rejected = json!([{"row": 1, "source": "s3://lists/in/b.csv", "code": "HASHING_MISMATCH"}]);
    assert_eq!((&reply["delivered"], &reply["rejected_rows"]), (&json!(1), &rejected), "{reply}");
    assert_eq!(world.tiktok.members(&audience), members(2..3));
}

#[tokio::test]
async fn a_row_that_says_it_is_to_be_removed_is_not_added_and_the_reverse() {
    let (world, audience) = world();
    let words = ["remove", " Remove", "DELETE", "add", "Insert", "update", "removed", "", "call back"];
    let items: Vec<_> = words.map(|word| json!({"email": "jane@example.com", "Action": word})).into();
    for (action, columns, expected) in [
        ("add", json!(null), vec![1, 2, 3, 7]),
        ("add", json!({"email": "email"}), vec![1, 2, 3, 7]),
        ("remove", json!(null), vec![4, 5, 6]),
    ] {
        let input = json!({"action": action, "audience_id": audience, "columns": columns, "dry_run": true});
        let reply = world.invoke(&batch(&input, &json!(items))).await.unwrap();
        let rejected: Vec<_> = expected.iter().map(|row| json!({"row": row, "code": "INVALID_FIELD"})).collect();
        assert_eq!(reply["rejected_rows"], json!(rejected), "{action} {columns}");
    }
    let input = json!({"action": "add", "audience_id": audience, "columns": {"email": "Action"}, "dry_run": true});
    let reply = world.invoke(&batch(&input, &json!([{"Action": "jane@example.com"}]))).await.unwrap();
    assert_eq!(reply["usable"], 1, "a column that the list names is what the list says");
}

#[tokio::test]
async fn a_list_takes_the_rules_of_the_mapping_that_names_its_audience() {
    const ID: &str = "1800000000000000001";
    const PHONE: &str = "+1 (415) 555-0100";
    let fields = json!({"selected_advertiser_id": ADVERTISER, "audience_id": ID});
    let world = World::configured(&json!({"mappings": [
        {"name": "off", "action": "addUser", "enabled": false, "fields": fields},
        {"name": "in", "action": "addUser", "identity_rules": "segment", "fields": fields},
    ]}));
    let audience = world.tiktok.add_audience(Audience { id: ID.to_owned(), ..Audience::new(ADVERTISER, "vip") });
    let event = json!({"type": "track", "event": "Audience Entered", "context": {"traits": {"phone": PHONE}}});
    world.invoke(&json!({"events": [event]})).await.unwrap();
    assert_eq!(world.tiktok.members(&audience), BTreeSet::from([member("PHONE_SHA256", PHONE)]));
    let remove = json!({"action": "remove", "audience_id": audience, "advertiser_id": ADVERTISER});
    world.invoke(&batch(&remove, &json!([{"phone": PHONE}]))).await.unwrap();
    assert_eq!(world.tiktok.members(&audience), BTreeSet::new());
}

#[tokio::test]
async fn a_batch_of_which_something_may_succeed_later_fails_in_counts_and_is_repeated_without_harm() {
    let (world, audience) = world();
    let input = json!({"action": "add", "audience_id": audience, "advertiser_id": ADVERTISER});
    world.tiktok.rule(Rule::on(Endpoint::Mapping), Fault::Status(500));
    let error = world.invoke(&batch(&input, &rows(0..500))).await.unwrap_err();
    assert_eq!(error.error_type(), "Retryable");
    let expected =
        "500 of 500 rows may succeed later: TIKTOK_UNAVAILABLE (delivered 0, duplicates 0, skipped 0, rejected 0)";
    assert_eq!(error.to_string(), expected);
    world.tiktok.clear_faults();
    for _ in 0..2 {
        let reply = world.invoke(&batch(&input, &rows(0..500))).await.unwrap();
        assert_eq!((&reply["delivered"], &reply["rejected"]), (&json!(500), &json!(0)));
    }
    assert_eq!(world.tiktok.members(&audience), members(0..500));
}

#[tokio::test]
async fn a_batch_that_says_too_little_is_refused_in_words_and_nobody_is_called() {
    let (world, audience) = world();
    let one = json!([{"email": "jane@example.com"}]);
    for (input, items, expected) in [
        (json!({}), &one, "BatchInput.action is missing: `add` or `remove`"),
        (
            json!({"action": "add", "audience_name": "vip", "country": "USA"}),
            &one,
            "BatchInput.country must be the two letters of a country (ISO 3166), such as US",
        ),
        (json!({"action": "upsert"}), &one, "BatchInput.action is neither `add` nor `remove`"),
        (json!({"action": "add"}), &one, "BatchInput names no audience: audience_id or audience_name is missing"),
        (json!({"action": "add", "audience_id": "vip"}), &one, "BatchInput: an audience id is a string of digits"),
        (
            json!({"action": "add", "audience_id": audience, "audience_name": "vip"}),
            &one,
            "BatchInput has audience_id and audience_name: one of them says which audience",
        ),
        (
            json!({"action": "add", "audience_id": audience, "advertiser": "7"}),
            &one,
            "BatchInput has an unknown key: did you mean `advertiser_id`?",
        ),
        (
            json!({"action": "add", "audience_id": audience, "columns": {"country": "Land"}}),
            &one,
            "BatchInput.columns names no column of email, phone, idfa or aaid",
        ),
        (
            json!({"action": "add", "audience_id": audience, "dry_run": "yes"}),
            &one,
            "BatchInput.dry_run must be a boolean, not a string",
        ),
        (
            json!({"action": "add", "audience_id": audience}),
            &json!([{"jane@example.com": "+14155550100"}]),
            "no row of Items has a column of the list: expected one of email, phone, idfa, aaid, country, or name the \
             file's own in BatchInput.columns",
        ),
        (json!({"action": "add", "audience_id": audience}), &json!([]), "Items is empty"),
        (
            json!({"action": "add", "audience_id": audience, "first_row": -3}),
            &one,
            "BatchInput.first_row must be a whole number from 0",
        ),
        (json!([]), &one, "BatchInput must be an object, not an array"),
    ] {
        assert_eq!(refused(&world, &batch(&input, items)).await, expected, "{input}");
    }
    assert_eq!(world.tiktok.calls().len(), 0, "no call");
}

/// The last batch of a file may hold its one bad line and nothing else.
#[tokio::test]
async fn a_batch_of_nothing_but_what_is_no_row_is_rejected_row_by_row() {
    let (world, audience) = world();
    let input = json!({"action": "add", "audience_id": audience, "advertiser_id": ADVERTISER, "first_row": 11});
    let reply = world.invoke(&batch(&input, &json!([null, [1]]))).await.unwrap();
    let rejected = json!([{"row": 11, "code": "INVALID_RECORD"}, {"row": 12, "code": "INVALID_RECORD"}]);
    assert_eq!((&reply["rejected"], &reply["rejected_rows"]), (&json!(2), &rejected), "{reply}");
}

/// Nothing but what follows the wrong column says who is meant.
#[tokio::test]
async fn a_batch_whose_rows_are_all_wrong_is_rejected_row_by_row_in_any_order_of_its_columns() {
    let (world, audience) = world();
    let input = json!({"action": "add", "audience_id": audience, "advertiser_id": ADVERTISER});
    for row in [
        r#"{"action":"remove","email":"jane@example.com"}"#,
        r#"{"email":"jane@example.com","action":"remove"}"#,
        r#"{"country":true,"email":"jane@example.com"}"#,
        r#"{"email":"jane@example.com","country":[]}"#,
    ] {
        // As text: a value of JSON sorts its members.
        let payload = format!(r#"{{"Items":[{row},{row}],"BatchInput":{input}}}"#);
        let reply = world.invoke_text(&payload).await.unwrap();
        assert_eq!((&reply["rejected"], &reply["reasons"]), (&json!(2), &json!({"INVALID_FIELD": 2})), "{row}");
    }
}

#[tokio::test]
async fn rows_that_are_none_are_rejected_in_their_place() {
    let (world, audience) = world();
    let input = json!({"action": "add", "audience_id": audience, "advertiser_id": ADVERTISER, "first_row": 11});
    let items = json!([
        "jane@example.com",
        {"email": {"value": "jane@example.com"}},
        {"email": "ann@example.com", "action": "remove"},
        {"email": "bob@example.com", "action": "add"},
        {"email": "eve@example.com", "action": "purchase"},
    ]);
    let reply = world.invoke(&batch(&input, &items)).await.unwrap();
    let rejected = json!([
        {"row": 11, "code": "INVALID_RECORD"}, {"row": 12, "code": "NO_USABLE_IDENTIFIER"},
        {"row": 13, "code": "INVALID_FIELD"},
    ]);
    assert_eq!((&reply["delivered"], &reply["rejected_rows"]), (&json!(2), &rejected), "{reply}");
}

#[tokio::test]
async fn the_reply_stays_below_the_limit_of_a_state() {
    let (world, audience) = world();
    let input = json!({"action": "add", "audience_id": audience, "advertiser_id": ADVERTISER});
    let source = format!("s3://lists/in/{}.csv", "é\"".repeat(200));
    let items: Value = (0..2_000).map(|number| json!({"email": "no", "_row": number, "_source": source})).collect();
    let reply = world.invoke(&batch(&input, &items)).await.unwrap();
    assert_eq!((&reply["rejected"], &reply["truncated"]), (&json!(2_000), &json!(true)));
    assert!(reply.to_string().len() <= 200_000, "{}", reply.to_string().len());
    assert!(reply["rejected_rows"].as_array().unwrap().len() > 50);
}

#[tokio::test]
async fn an_add_that_needs_consent_is_skipped_since_a_list_says_nothing_of_it() {
    let (world, audience) = world();
    let world = World::reconfigured(world, &fast(&json!({"require_consent": ["Advertising"]})));
    let input = |action: &str| json!({"action": action, "audience_id": audience, "advertiser_id": ADVERTISER});
    let reply = world.invoke(&batch(&input("add"), &rows(0..2))).await.unwrap();
    assert_eq!(reply["reasons"], json!({"CONSENT_MISSING": 2}));
    let reply = world.invoke(&batch(&input("remove"), &rows(0..2))).await.unwrap();
    assert_eq!(reply["delivered"], 2);
}

#[tokio::test]
async fn in_shadow_nothing_is_written_and_a_dry_run_says_what_would_be() {
    let (world, audience) = world();
    let world = World::reconfigured(world, &fast(&json!({"shadow": true})));
    let input = |dry_run: bool| json!({"action": "add", "audience_id": audience, "advertiser_id": ADVERTISER, "dry_run": dry_run});
    let reply = world.invoke(&batch(&input(true), &rows(0..3))).await.unwrap();
    assert_eq!((&reply["usable"], &reply["skipped"]), (&json!(3), &json!(0)));
    let reply = world.invoke(&batch(&input(false), &rows(0..3))).await.unwrap();
    assert_eq!((&reply["delivered"], &reply["reasons"]), (&json!(0), &json!({"SHADOW": 3})));
    assert_eq!((world.tiktok.call_count(Endpoint::Mapping), world.tiktok.member_count(&audience)), (0, 0));
}

#[tokio::test]
async fn a_byte_order_mark_is_no_part_of_a_header() {
    let (world, audience) = world();
    for columns in [json!(null), json!({"email": "email"})] {
        let input = json!({"action": "add", "audience_id": audience, "advertiser_id": ADVERTISER, "columns": columns});
        let reply = world.invoke(&batch(&input, &json!([{"\u{feff}email": person(1)}]))).await.unwrap();
        assert_eq!(reply["delivered"], 1, "{columns}");
    }
}
