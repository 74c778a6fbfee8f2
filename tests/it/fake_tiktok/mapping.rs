//! `/segment/mapping/`: every refusal, and what an accepted call does.

use serde_json::{Value, json};

use super::{HASH, OTHER_HASH, client};
use crate::support::fake_tiktok::{ADVERTISER, Audience, Condition, Endpoint, FakeTiktok, Limits, OTHER_ADVERTISER};

const PATH: &str = "/segment/mapping/";
const READY: &str = "1730000000000000101";
const BUSY: &str = "1730000000000000102";
const EXPIRED: &str = "1730000000000000103";
const DEAD: &str = "1730000000000000104";
const FILE: &str = "1730000000000000105";
const SHARED: &str = "1730000000000000106";
const FOREIGN: &str = "1730000000000000107";
const MD5: &str = "cccccccccccccccccccccccccccccccc";

fn fake() -> FakeTiktok {
    let audience = |name: &str, id: &str| Audience::new(ADVERTISER, name).with_id(id);
    let limits = Limits { mapping_rows: 5, mapping_bytes: 2_000, audiences_per_cell: 2, ..Limits::default() };
    FakeTiktok::setup()
        .audience(audience("ready", READY))
        .audience(audience("busy", BUSY).in_condition(Condition::Busy))
        .audience(audience("expired", EXPIRED).in_condition(Condition::Expired))
        .audience(audience("dead", DEAD).in_condition(Condition::Dead))
        .audience(audience("file", FILE).with_kind("Customer File Audience"))
        .audience(audience("shared", SHARED).made_by_another())
        .audience(Audience::new(OTHER_ADVERTISER, "foreign").with_id(FOREIGN))
        .limits(limits)
        .start()
}

fn cell(id: &str, audience: &str) -> Value {
    json!({ "id": id, "audience_ids": [audience] })
}

/// A good call with one field changed, or taken away by null.
fn call_with(field: &str, value: Value) -> Value {
    let mut call = json!({
        "advertiser_ids": [ADVERTISER],
        "action": "add",
        "id_schema": ["EMAIL_SHA256", "PHONE_SHA256"],
        "batch_data": [[cell(HASH, READY), {}]],
    });
    if value.is_null() {
        call.as_object_mut().unwrap().remove(field);
    } else {
        call[field] = value;
    }
    call
}

fn rows(row: &Value, count: usize) -> Value {
    Value::Array(vec![row.clone(); count])
}

/// The name, the changed field, its value, the code, and whether only a mistake in the client can cause it.
type Case = (&'static str, &'static str, Value, i64, bool);

fn shape_cases() -> Vec<Case> {
    let long_name = "x".repeat(2_000);
    let good = json!([cell(HASH, READY), {}]);
    vec![
        ("no advertisers is a parameter error", "advertiser_ids", json!(null), 40002, true),
        ("an empty list of advertisers is one", "advertiser_ids", json!([]), 40002, true),
        ("an advertiser as a number is one", "advertiser_ids", json!([7]), 40002, true),
        ("an advertiser id with letters is one", "advertiser_ids", json!(["7a"]), 40002, true),
        ("an advertiser of nobody's is not permitted", "advertiser_ids", json!(["7"]), 40001, false),
        ("no action is a parameter error", "action", json!(null), 40002, true),
        ("remove is not an action", "action", json!("remove"), 40002, true),
        ("no schema is a parameter error", "id_schema", json!(null), 40002, true),
        ("an empty schema is one", "id_schema", json!([]), 40002, true),
        ("an unknown column is one", "id_schema", json!(["EMAIL_SHA256", "GAID_SHA256"]), 40002, true),
        ("a column given twice is one", "id_schema", json!(["EMAIL_SHA256", "email_sha256"]), 40002, true),
        ("a field that TikTok does not know is one", "id_type", json!("EMAIL_SHA256"), 40002, true),
        ("no rows field is one", "batch_data", json!(null), 40002, true),
        ("rows as text are one", "batch_data", json!("[]"), 40002, true),
        ("no rows is an invalid batch size", "batch_data", json!([]), 40061, true),
        ("too many rows for the test's limit", "batch_data", rows(&good, 6), 40061, false),
        ("too many bytes for the test's limit", "id_type", json!(long_name), 40061, false),
        ("too few cells in a row", "batch_data", json!([[cell(HASH, READY)]]), 40002, true),
        ("too many cells in a row", "batch_data", json!([[cell(HASH, READY), {}, {}]]), 40002, true),
        ("a row of nothing", "batch_data", json!([[{}, {}]]), 40002, true),
        ("a null instead of a cell", "batch_data", json!([[cell(HASH, READY), null]]), 40002, true),
        (
            "a cell with an unknown field",
            "batch_data",
            json!([[{ "id": HASH, "audience_id": READY }, {}]]),
            40002,
            true,
        ),
        ("a cell without audiences", "batch_data", json!([[{ "id": HASH }, {}]]), 40002, true),
        ("a cell without an id", "batch_data", json!([[{ "audience_ids": [READY] }, {}]]), 40002, true),
        ("a null id", "batch_data", json!([[{ "id": null, "audience_ids": [READY] }, {}]]), 40002, true),
        ("an empty list of audiences", "batch_data", json!([[{ "id": HASH, "audience_ids": [] }, {}]]), 40002, true),
        (
            "more audiences than a cell takes",
            "batch_data",
            json!([[{ "id": HASH, "audience_ids": [READY, READY, READY] }, {}]]),
            40011,
            true,
        ),
        ("an audience id that is a name", "batch_data", json!([[cell(HASH, "ready"), {}]]), 40002, true),
        ("an audience id as a number", "batch_data", json!([[{ "id": HASH, "audience_ids": [7] }, {}]]), 40002, true),
    ]
}

fn row_cases() -> Vec<Case> {
    let row = |id: &str, audience: &str| json!([[cell(id, audience), {}]]);
    let upper = HASH.to_uppercase();
    vec![
        ("an email in clear", "batch_data", row("jane@example.com", READY), 40062, true),
        ("an upper-case hash", "batch_data", row(&upper, READY), 40062, true),
        ("an MD5 in a SHA-256 column", "batch_data", row(MD5, READY), 40062, true),
        ("a prefixed hash", "batch_data", row(&format!("0x{HASH}"), READY), 40062, true),
        ("an empty hash", "batch_data", row("", READY), 40062, true),
        ("an audience of nobody's", "batch_data", row(HASH, "1"), 40007, false),
        ("a deleted audience", "batch_data", row(HASH, DEAD), 40007, false),
        ("another advertiser's audience", "batch_data", row(HASH, FOREIGN), 40007, false),
        ("an audience that somebody shares with us", "batch_data", row(HASH, SHARED), 40007, false),
        ("an audience of another type", "batch_data", row(HASH, FILE), 40002, false),
        ("an audience that is being processed", "batch_data", row(HASH, BUSY), 40002, false),
        ("an expired audience", "batch_data", row(HASH, EXPIRED), 40002, false),
        ("a poisoned hash", "batch_data", row(OTHER_HASH, READY), 40002, false),
        ("one bad row among good ones", "batch_data", json!([[cell(HASH, READY), {}], [{}, {}]]), 40002, true),
    ]
}

#[tokio::test]
async fn every_malformed_call_is_refused_with_its_code_and_changes_nothing() {
    for (name, field, value, code, violation) in shape_cases().into_iter().chain(row_cases()) {
        let fake = fake();
        fake.poison(OTHER_HASH);
        let answer = client(&fake).post(PATH, &call_with(field, value)).await;
        assert_eq!(answer["code"], code, "{name}: {answer}");
        assert_eq!(answer["data"], json!({}), "{name}");
        assert_eq!(!fake.violations().is_empty(), violation, "{name}: {:?}", fake.violations());
        assert_eq!(fake.member_count(READY), 0, "{name}");
        assert_eq!(fake.calls_of(Endpoint::Mapping)[0].code, Some(code), "{name}");
    }
}

#[tokio::test]
async fn tiktoks_own_limits_are_violations_beyond_and_fine_at_the_limit() {
    let fake = FakeTiktok::setup().audience(Audience::new(ADVERTISER, "a").with_id("1")).start();
    let caller = client(&fake);
    let row = json!([cell(HASH, "1"), cell(HASH, "1")]);
    let short = json!([{ "id": MD5, "audience_ids": ["1"] }]);
    let with_rows = |row: &Value, count| call_with("batch_data", rows(row, count));
    let mut narrow = with_rows(&short, 10_000);
    narrow["id_schema"] = json!(["IDFA_MD5"]);
    assert_eq!(caller.post(PATH, &narrow).await["code"], 0);
    assert!(fake.violations().is_empty());

    narrow["batch_data"].as_array_mut().unwrap().push(short);
    assert_eq!(caller.post(PATH, &narrow).await["code"], 40061);
    assert_eq!(fake.violations().len(), 1);

    assert_eq!(caller.post(PATH, &with_rows(&row, 9_999)).await["code"], 40061, "more than 1 MiB");
    assert_eq!(fake.violations().len(), 2);
}

#[tokio::test]
async fn members_are_sets_by_column_and_audience() {
    let fake = fake();
    let caller = client(&fake);
    let both = json!([[{ "id": HASH, "audience_ids": [READY] }, { "id": HASH, "audience_ids": [READY] }]]);
    for (name, action, batch, expected) in [
        ("an add adds", "add", json!([[cell(HASH, READY), {}]]), 1),
        ("the same add again changes nothing", "add", json!([[cell(HASH, READY), {}]]), 1),
        ("the same hash in another column is another member", "add", both, 2),
        ("a delete of a stranger changes nothing", "delete", json!([[cell(OTHER_HASH, READY), {}]]), 2),
        ("a delete removes from its column only", "delete", json!([[{}, cell(HASH, READY)]]), 1),
    ] {
        let mut call = call_with("batch_data", batch);
        call["action"] = json!(action);
        assert_eq!(caller.post(PATH, &call).await["code"], 0, "{name}");
        assert_eq!(fake.member_count(READY), expected, "{name}");
    }
    assert_eq!(fake.members(READY), [("EMAIL_SHA256".to_owned(), HASH.to_owned())].into());
    let calls = fake.mapping_calls();
    assert_eq!(calls.len(), 5);
    assert_eq!(calls[4].action, "delete");
    assert_eq!(calls[4].batch_data[0][1].id, HASH);
    assert!(fake.violations().is_empty());
}

#[tokio::test]
async fn columns_may_be_in_any_order_and_lower_case() {
    let fake = fake();
    let mut call = call_with("id_schema", json!(["aaid_sha256", "idfa_md5"]));
    call["batch_data"] = json!([[cell(HASH, READY), cell(MD5, READY)]]);
    assert_eq!(client(&fake).post(PATH, &call).await["code"], 0);
    let names: Vec<_> = fake.members(READY).into_iter().map(|(column, _)| column).collect();
    assert_eq!(names, ["AAID_SHA256", "IDFA_MD5"]);
}

#[tokio::test]
async fn an_audience_may_belong_to_any_of_several_advertisers() {
    let fake = fake();
    let mut call = call_with("advertiser_ids", json!([ADVERTISER, OTHER_ADVERTISER]));
    call["batch_data"] = json!([[{ "id": HASH, "audience_ids": [READY, FOREIGN] }, {}]]);
    assert_eq!(client(&fake).post(PATH, &call).await["code"], 0);
    assert_eq!((fake.member_count(READY), fake.member_count(FOREIGN)), (1, 1));
}

#[tokio::test]
async fn a_busy_audience_says_so_and_a_refusal_may_repeat_the_callers_data() {
    let fake = fake();
    let caller = client(&fake);
    let busy = caller.post(PATH, &call_with("batch_data", json!([[cell(HASH, BUSY), {}]]))).await;
    assert!(busy["message"].as_str().unwrap().contains("not editable"));
    let clear = caller.post(PATH, &call_with("batch_data", json!([[cell("jane@example.com", READY), {}]]))).await;
    assert!(clear["message"].as_str().unwrap().contains("jane@example.com"));
    assert!(!fake.violations()[0].contains("jane@example.com"));
}
