//! Creating, listing, describing and deleting audiences.

use serde_json::{Value, json};

use super::client;
use crate::support::fake_tiktok::{ADVERTISER, Audience, Condition, FakeTiktok, Limits, OTHER_ADVERTISER};

const SEGMENT: &str = "/segment/audience/";
const DELETE: &str = "/dmp/custom_audience/delete/";
const KNOWN: &str = "1730000000000000101";
const FOREIGN: &str = "1730000000000000102";
const SHARED: &str = "1730000000000000103";

fn fake() -> FakeTiktok {
    FakeTiktok::setup()
        .audience(Audience::new(ADVERTISER, "known").with_id(KNOWN))
        .audience(Audience::new(OTHER_ADVERTISER, "foreign").with_id(FOREIGN))
        .audience(Audience::new(ADVERTISER, "shared").with_id(SHARED).made_by_another())
        .limits(Limits { audiences: 3, ..Limits::default() })
        .clock("2026-11-22T10:00:00Z".parse().unwrap())
        .start()
}

fn create(name: &str) -> Value {
    json!({ "advertiser_id": ADVERTISER, "action": "create", "custom_audience_name": name })
}

fn segment_delete(id: &str) -> Value {
    json!({ "advertiser_id": ADVERTISER, "action": "delete", "delete_audience_id": id })
}

fn delete(ids: &[&str]) -> Value {
    json!({ "advertiser_id": ADVERTISER, "custom_audience_ids": ids })
}

#[tokio::test]
async fn every_malformed_post_is_refused_with_its_code() {
    let too_many = vec!["1"; 101];
    let no_action = json!({ "advertiser_id": ADVERTISER, "custom_audience_name": "a" });
    let unknown_action = json!({ "advertiser_id": ADVERTISER, "action": "rename", "custom_audience_name": "a" });
    let legacy = json!({ "advertiser_id": ADVERTISER, "action": "create", "custom_audience_name": "a",
        "id_type": "EMAIL_SHA256" });
    let foreign = json!({ "advertiser_id": "7", "action": "create", "custom_audience_name": "a" });
    let number = json!({ "advertiser_id": 7, "action": "create", "custom_audience_name": "a" });
    let no_name = json!({ "advertiser_id": ADVERTISER, "action": "create" });
    for (name, path, body, code, violation) in [
        ("no action", SEGMENT, no_action, 40002, true),
        ("an unknown action", SEGMENT, unknown_action, 40002, true),
        ("the legacy id_type", SEGMENT, legacy, 40002, true),
        ("an advertiser that did not agree", SEGMENT, foreign, 40001, false),
        ("an advertiser as a number", SEGMENT, number, 40002, true),
        ("a create without a name", SEGMENT, no_name, 40002, true),
        ("a create with a blank name", SEGMENT, create(" "), 40002, true),
        ("a delete of nobody's audience", SEGMENT, segment_delete("1"), 40007, false),
        ("a delete of another's audience", SEGMENT, segment_delete(FOREIGN), 40007, false),
        ("a delete of a shared audience", SEGMENT, segment_delete(SHARED), 40001, false),
        ("a delete of a name", SEGMENT, segment_delete("known"), 40002, true),
        ("a deletion of nothing", DELETE, delete(&[]), 40002, true),
        ("a deletion of too many", DELETE, delete(&too_many), 40011, true),
        ("a deletion of one unknown among known", DELETE, delete(&[KNOWN, "1"]), 40007, false),
    ] {
        let fake = fake();
        let answer = client(&fake).post(path, &body).await;
        assert_eq!(answer["code"], code, "{name}: {answer}");
        assert_eq!(!fake.violations().is_empty(), violation, "{name}: {:?}", fake.violations());
        assert!(fake.audiences().iter().all(|audience| audience.condition == Condition::Ready), "{name}");
        assert_eq!(fake.audiences().len(), 3, "{name}");
    }
}

#[tokio::test]
async fn every_malformed_get_is_refused_with_its_code() {
    let encoded = |ids: &[&str]| form_urlencoded::byte_serialize(json!(ids).to_string().as_bytes()).collect::<String>();
    let list = |rest: &str| format!("/dmp/custom_audience/list/?advertiser_id={ADVERTISER}{rest}");
    let get = |rest: &str| format!("/dmp/custom_audience/get/?advertiser_id={ADVERTISER}{rest}");
    let ids = |ids: &[&str]| format!("&custom_audience_ids={}", encoded(ids));
    for (name, path, code) in [
        ("no advertiser", "/dmp/custom_audience/list/".to_owned(), 40002),
        ("an advertiser that is a name", "/dmp/custom_audience/list/?advertiser_id=me".to_owned(), 40002),
        ("an advertiser that did not agree", "/dmp/custom_audience/list/?advertiser_id=7".to_owned(), 40001),
        ("an unknown parameter", list("&name=known"), 40002),
        ("a parameter given twice", list("&page=1&page=2"), 40002),
        ("page 0", list("&page=0"), 40002),
        ("more than 100 a page", list("&page_size=101"), 40002),
        ("ids that are no JSON array", list(&format!("&custom_audience_ids={KNOWN}")), 40002),
        ("an empty list of ids", list(&ids(&[])), 40002),
        ("101 ids", list(&ids(&["1"; 101])), 40011),
        ("a description of nothing", get(""), 40002),
        ("a description of nobody's audience", get(&ids(&["1"])), 40007),
        ("too long a history", get(&format!("{}&history_size=101", ids(&[KNOWN]))), 40002),
        ("an unknown parameter of user info", "/user/info/?a=1".to_owned(), 40002),
        ("advertiser info of nobody", "/advertiser/info/".to_owned(), 40002),
        ("advertiser info of another", format!("/advertiser/info/?advertiser_ids={}", encoded(&["7"])), 40001),
    ] {
        let fake = fake();
        let answer = client(&fake).get(&path).await;
        assert_eq!(answer["code"], code, "{name}: {answer}");
    }
}

#[tokio::test]
async fn a_created_audience_is_partner_not_yet_valid_and_its_name_may_repeat() {
    let fake = FakeTiktok::setup().clock("2026-11-22T10:00:00Z".parse().unwrap()).start();
    let caller = client(&fake);
    let first = caller.post(SEGMENT, &create("vip")).await["data"]["audience_id"].clone();
    let second = caller.post(SEGMENT, &create("vip")).await["data"]["audience_id"].clone();
    assert_eq!((first.as_str().unwrap().len(), first == second), (19, false));
    let answer = caller.get(&format!("/dmp/custom_audience/list/?advertiser_id={ADVERTISER}")).await;
    assert_eq!(
        answer["data"]["list"][1],
        json!({
            "audience_id": first, "name": "vip", "audience_type": "Partner", "calculate_type": null, "cover_num": 0,
            "create_time": "2026-11-22 10:00:00", "expired_time": "2027-11-22 10:00:00", "is_valid": false,
            "is_expiring": false, "is_creator": true, "shared": false,
        })
    );
    let ids = [first.as_str().unwrap(), second.as_str().unwrap()];
    assert_eq!(fake.audiences_named("vip"), ids);
}

#[tokio::test]
async fn names_over_70_characters_are_cut() {
    for (name, length, expected) in [
        ("70 characters stay", 70, "é".repeat(70)),
        ("71 become 67 and three dots", 71, format!("{}...", "é".repeat(67))),
    ] {
        let fake = fake();
        client(&fake).post(SEGMENT, &create(&"é".repeat(length))).await;
        assert_eq!(fake.audiences()[3].name, expected, "{name}");
    }
}

#[tokio::test]
async fn an_advertiser_has_a_most_of_audiences() {
    let fake = fake();
    let caller = client(&fake);
    assert_eq!(caller.post(SEGMENT, &create("third")).await["code"], 0);
    assert_eq!(caller.post(SEGMENT, &create("fourth")).await["code"], 40002);
}

#[tokio::test]
async fn the_list_has_pages_and_a_filter() {
    let mut setup = FakeTiktok::setup();
    for number in 0..25 {
        setup = setup.audience(Audience::new(ADVERTISER, &number.to_string()));
    }
    let fake = setup.audience(Audience::new(OTHER_ADVERTISER, "foreign").with_id(FOREIGN)).start();
    let caller = client(&fake);
    let ids = json!([FOREIGN, "1730000000000000003"]).to_string();
    let filter: String = form_urlencoded::byte_serialize(ids.as_bytes()).collect();
    let filter = format!("&custom_audience_ids={filter}");
    for (name, parameters, expected, pages) in [
        ("ten a page by default, newest first", "", (15..25).rev().collect::<Vec<_>>(), 3),
        ("the last page is shorter", "&page=2&page_size=20", vec![4, 3, 2, 1, 0], 2),
        ("beyond the last page is nothing", "&page=4", vec![], 3),
        ("the filter leaves out what this advertiser does not see", filter.as_str(), vec![2], 1),
    ] {
        let path = format!("/dmp/custom_audience/list/?advertiser_id={ADVERTISER}{parameters}");
        let data = caller.get(&path).await["data"].clone();
        let items = data["list"].as_array().unwrap();
        let names: Vec<i64> = items.iter().map(|item| item["name"].as_str().unwrap().parse().unwrap()).collect();
        assert_eq!((names, data["page_info"]["total_page"].as_i64()), (expected, Some(pages)), "{name}");
    }
}

#[tokio::test]
async fn both_deletes_take_an_audience_out_of_the_list() {
    let fake = fake();
    let caller = client(&fake);
    let second = fake.add_audience(Audience::new(ADVERTISER, "second"));
    assert_eq!(caller.post(SEGMENT, &segment_delete(KNOWN)).await["code"], 0);
    assert_eq!(caller.post(DELETE, &delete(&[&second])).await["code"], 0);
    let list = caller.get(&format!("/dmp/custom_audience/list/?advertiser_id={ADVERTISER}")).await;
    assert_eq!(list["data"]["page_info"]["total_number"], 1);
    assert_eq!(caller.post(SEGMENT, &segment_delete(KNOWN)).await["code"], 40007);
}

#[tokio::test]
async fn the_description_names_the_type_and_the_owner() {
    let fake = fake();
    let path = format!("/dmp/custom_audience/get/?advertiser_id={ADVERTISER}&custom_audience_ids=%5B%22{KNOWN}%22%5D");
    let answer = client(&fake).get(&path).await;
    let details = &answer["data"]["list"][0]["audience_details"];
    assert_eq!((&details["type"], &details["owner_id"]), (&json!("Partner"), &json!(ADVERTISER)));
    assert_eq!(answer["data"]["list"][0]["audience_history"][0]["editor"], "open_api");
}
