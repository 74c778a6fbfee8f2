//! Deletion requests: removed everywhere, under every rule, whatever else the invocation says.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::envelope::{Answer, Record, Way, invoke};
use crate::records::{example, hash, member};
use crate::request::Request;
use crate::support::fake_tiktok::{
    ADVERTISER, Audience, Condition, Endpoint, FakeTiktok, Fault, OTHER_ADVERTISER, TOKEN,
};
use crate::world::{Wired, World};

fn world(tiktok: FakeTiktok, destination: &Value, advertisers: &[&str]) -> World {
    World::with(tiktok, destination, &json!({"access_token": TOKEN, "advertiser_ids": advertisers}))
}

fn add(audience: &str, advertiser: &str, email: &str) -> Value {
    json!({"action": "add", "audience_id": audience, "advertiser_id": advertiser, "email": email})
}

/// Invokes with a report and gives back the only result.
async fn result(world: &World, events: Value) -> Value {
    let reply = world.invoke(&json!({"events": events})).await.unwrap();
    assert_eq!(reply["summary"]["received"], events.as_array().unwrap().len(), "{reply}");
    reply["results"].clone()
}

#[tokio::test]
async fn a_person_is_removed_from_every_audience_of_ours_under_both_rules() {
    let tiktok = FakeTiktok::start();
    let first = tiktok.add_audience(Audience::new(ADVERTISER, "first"));
    let second = tiktok.add_audience(Audience::new(ADVERTISER, "second"));
    let elsewhere = tiktok.add_audience(Audience::new(OTHER_ADVERTISER, "elsewhere"));
    let _foreign = tiktok.add_audience(Audience::new(ADVERTISER, "foreign").made_by_another());
    let _lookalike = tiktok.add_audience(Audience::new(ADVERTISER, "lookalike").with_kind("Lookalike"));
    let destination = json!({"settings": {"advertiser_id": ADVERTISER, "require_consent": ["Advertising"],
                                          "consent_missing": "allow"}});
    let world = world(tiktok, &destination, &[OTHER_ADVERTISER]);
    let events = [(&first, ADVERTISER), (&second, ADVERTISER), (&elsewhere, OTHER_ADVERTISER)];
    let adds: Vec<_> = events.map(|(audience, advertiser)| add(audience, advertiser, "jo.roe@example.com")).into();
    result(&world, json!(adds)).await;
    assert_eq!(world.tiktok.member_count(&elsewhere), 1);
    world.tiktok.forget();

    let request = json!({"type": "delete", "traits": {"email": "Jo.Roe@example.com"},
                         "context": {"consent": {"categoryPreferences": {"Advertising": false}}}});
    let results = result(&world, json!([request])).await;
    assert_eq!(results[0]["outcome"], "delivered", "{results}");
    for audience in [&first, &second, &elsewhere] {
        assert_eq!(world.tiktok.members(audience), BTreeSet::new());
    }
    let mut removed = BTreeSet::new();
    for call in world.tiktok.mapping_calls() {
        assert_eq!(
            (call.action.as_str(), call.id_schema.as_slice()),
            ("delete", ["EMAIL_SHA256".to_owned()].as_slice())
        );
        for cell in call.batch_data.iter().flatten() {
            removed.insert((cell.audience_ids[0].clone(), cell.id.clone()));
        }
    }
    // Segment's connector drops the dots and lower-cases, as TikTok's rule does: one hash is both.
    let normal = hash("joroe@example.com");
    let expected = [&first, &second, &elsewhere].map(|audience| (audience.clone(), normal.clone()));
    assert_eq!(removed, BTreeSet::from(expected));
    assert_eq!(world.tiktok.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn the_example_is_removed_under_each_spelling_of_its_phone_number() {
    let tiktok = FakeTiktok::start();
    let audience = tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let world = world(tiktok, &json!({}), &[ADVERTISER]);
    let request = example(include_str!("../../events/direct_deletion.json"), &audience);
    let results = result(&world, json!([request])).await;
    assert_eq!(results[0]["outcome"], "delivered", "{results}");
    let calls = world.tiktok.mapping_calls();
    assert_eq!(calls.len(), 1);
    let sent: BTreeSet<_> = calls[0]
        .batch_data
        .iter()
        .flat_map(|row| calls[0].id_schema.iter().cloned().zip(row.iter().map(|cell| cell.id.clone())))
        .filter(|(_, id)| !id.is_empty())
        .collect();
    let expected = [
        member("EMAIL_SHA256", "johnroe@example.com"),
        member("PHONE_SHA256", "+12025550178"),
        member("PHONE_SHA256", "+1 202 555 0178"),
    ];
    assert_eq!(sent, BTreeSet::from(expected));
}

const DEVICE: &str = "5f3a2b18-9c4d-4e7f-b8e2-17d3a1e69b25";
const DEVICE_MD5: &str = "a1a71d7132ffc45541100d58092ac49e";

#[tokio::test]
async fn device_ids_are_removed_in_each_form_and_column_and_the_forms_never_share_a_call() {
    let tiktok = FakeTiktok::start();
    let (sha256, md5) = (Audience::new(ADVERTISER, "sha256"), Audience::new(ADVERTISER, "md5"));
    let (sha256, md5) = (tiktok.add_audience(sha256), tiktok.add_audience(md5));
    let world = world(tiktok, &json!({}), &[ADVERTISER]);
    let record = |column: &str| {
        let context = json!({"externalId": [{"type": format!("TIKTOK_AUDIENCE-{md5}")}]});
        json!({"type": "record", "action": "insert", "identifiers": {column: DEVICE}, "context": context})
    };
    let aaid = json!({"action": "add", "audience_id": sha256, "aaid": DEVICE, "email": "jo@example.com"});
    result(&world, json!([record("IDFA_MD5"), record("AAID_MD5"), aaid])).await;
    assert_eq!((world.tiktok.member_count(&md5), world.tiktok.member_count(&sha256)), (2, 2));
    world.tiktok.forget();

    // Nothing says of which platform the device is, nor that anybody ever sent it as MD5.
    let request =
        json!({"type": "delete", "email": "jo@example.com", "context": {"device": {"advertisingId": DEVICE}}});
    let results = result(&world, json!([request])).await;
    assert_eq!(results[0]["outcome"], "delivered", "{results}");
    assert_eq!((world.tiktok.member_count(&md5), world.tiktok.member_count(&sha256)), (0, 0));
    let schemas: BTreeSet<_> = world.tiktok.mapping_calls().iter().map(|call| call.id_schema.join(" ")).collect();
    let expected = ["EMAIL_SHA256 IDFA_SHA256 AAID_SHA256", "IDFA_MD5 AAID_MD5"].map(str::to_owned);
    assert_eq!(schemas, BTreeSet::from(expected));
    assert_eq!(world.tiktok.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn md5_device_ids_are_removed_where_a_mapping_can_have_sent_them_only() {
    let mapping = |fields: Value| json!([{"action": "addToAudience", "trigger": "type = \"track\"", "fields": fields}]);
    let both = [format!("AAID_MD5 {DEVICE_MD5}"), format!("IDFA_MD5 {DEVICE_MD5}")];
    for (name, mappings, identifier, expected) in [
        ("no such mapping", mapping(json!({})), json!({"advertisingId": DEVICE}), &[][..]),
        (
            "a literal type",
            mapping(json!({"advertising_id_type": "IDFA_MD5"})),
            json!({"advertisingId": DEVICE}),
            &both,
        ),
        (
            "a type that the event brings",
            mapping(json!({"advertising_id_type": {"@path": "$.properties.kind"}})),
            json!({"advertisingId": DEVICE.to_uppercase()}),
            &both,
        ),
        ("a digest", mapping(json!({"advertising_id_type": "GAID_MD5"})), json!({"idfa": DEVICE_MD5}), &both[1..]),
    ] {
        let tiktok = FakeTiktok::start();
        tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
        let world = world(tiktok, &json!({"mappings": mappings}), &[ADVERTISER]);
        let mut request = json!({"type": "delete"});
        request.as_object_mut().unwrap().extend(identifier.as_object().unwrap().clone());
        let results = result(&world, json!([request])).await;
        assert_eq!(results[0]["outcome"], "delivered", "{name}: {results}");
        let mut sent = BTreeSet::new();
        for call in world.tiktok.mapping_calls() {
            let cells = call.batch_data.iter().flat_map(|row| call.id_schema.iter().zip(row));
            let md5 = cells.filter(|(column, cell)| column.ends_with("_MD5") && !cell.id.is_empty());
            sent.extend(md5.map(|(column, cell)| format!("{column} {}", cell.id)));
        }
        assert!(expected.iter().all(|cell| sent.contains(cell)), "{name}: {sent:?}");
        assert_eq!(expected.is_empty(), sent.is_empty(), "{name}: {sent:?}");
    }
}

#[tokio::test]
async fn a_request_beats_an_add_of_the_same_invocation() {
    let destination = json!({"settings": {"auto_create_audiences": true}});
    let world = world(FakeTiktok::start(), &destination, &[ADVERTISER]);
    let delete = json!({"type": "delete", "email": "jo@example.com", "timestamp": "2025-01-01T00:00:00Z"});
    let add = |name: &str, email: &str| json!({"action": "add", "audience_name": name, "email": email, "timestamp": "2025-06-01T00:00:00Z"});
    let events = json!([delete, add("new", "jo@example.com"), add("new", "al@example.com")]);
    let results = result(&world, events).await;
    let outcomes: Vec<_> = results.as_array().unwrap().iter().map(|result| result["outcome"].clone()).collect();
    assert_eq!(outcomes, ["delivered", "superseded", "delivered"], "{results}");
    let audience = &world.tiktok.audiences_named("new")[0];
    assert_eq!(world.tiktok.members(audience), BTreeSet::from([member("EMAIL_SHA256", "al@example.com")]));
    let actions: Vec<_> = world.tiktok.mapping_calls().iter().map(|call| call.action.clone()).collect();
    assert_eq!(actions, ["delete", "add"], "calls go out in the order of their events");
}

/// Neither need the audience be listed yet, nor its ad account be known.
#[tokio::test]
async fn a_request_beats_adds_to_audiences_that_are_not_listed() {
    let tiktok = FakeTiktok::start();
    let listed = tiktok.add_audience(Audience::new(ADVERTISER, "listed"));
    let elsewhere = tiktok.add_audience(Audience::new(OTHER_ADVERTISER, "elsewhere"));
    let world = world(tiktok, &json!({}), &[ADVERTISER]);
    let delete = json!({"type": "delete", "email": "jo@example.com"});
    assert_eq!(result(&world, json!([delete])).await[0]["outcome"], "delivered");
    let fresh = world.tiktok.add_audience(Audience::new(ADVERTISER, "fresh"));
    let events = json!([
        add(&listed, ADVERTISER, "jo@example.com"),
        add(&fresh, ADVERTISER, "jo@example.com"),
        delete,
        add(&elsewhere, OTHER_ADVERTISER, "jo@example.com"),
        add(&fresh, ADVERTISER, "al@example.com"),
    ]);
    let results = result(&world, events).await;
    let outcomes: Vec<_> = results.as_array().unwrap().iter().map(|result| result["outcome"].clone()).collect();
    assert_eq!(outcomes, ["superseded", "superseded", "delivered", "superseded", "delivered"], "{results}");
    assert_eq!(results[2]["actions"].as_array().unwrap().len(), 3, "each audience once: {results}");
    assert_eq!((world.tiktok.member_count(&listed), world.tiktok.member_count(&elsewhere)), (0, 0));
    assert_eq!(world.tiktok.members(&fresh), BTreeSet::from([member("EMAIL_SHA256", "al@example.com")]));
}

#[tokio::test]
async fn a_request_that_reaches_nobody_says_so() {
    let email = json!({"type": "delete", "email": "jo@example.com"});
    let without = example(include_str!("../../events/direct_deletion_without_identifier.json"), "1");
    let off = json!({"type": "delete", "email": "jo@example.com", "integrations": {"TikTok Audiences": false}});
    let unknown = json!({"regulationType": "restrict", "users": [{"email": "jo@example.com"}]});
    for (name, request, advertisers, expected) in [
        ("an unknown regulation", &unknown, [ADVERTISER].as_slice(), ("rejected", "INVALID_FIELD")),
        ("no identifier", &without, [ADVERTISER].as_slice(), ("rejected", "DELETE_NEEDS_IDENTIFIER")),
        ("no advertiser", &email, &[], ("rejected", "NO_ADVERTISER")),
        ("no audience", &email, &[ADVERTISER], ("skipped", "NOTHING_TO_FORGET")),
        ("not for us", &off, &[ADVERTISER], ("skipped", "INTEGRATION_OFF")),
    ] {
        let world = world(FakeTiktok::start(), &json!({}), advertisers);
        let results = result(&world, json!([request])).await;
        let code = results[0]["actions"][0]["error"]["code"].as_str().unwrap();
        assert_eq!((results[0]["outcome"].as_str().unwrap(), code), expected, "{name}: {results}");
        assert!(world.tiktok.mapping_calls().is_empty(), "{name}");
    }
}

/// Any text has a hash under Segment's rules; whom the mapping added under TikTok's stays in.
#[tokio::test]
async fn a_request_whose_identifiers_only_segment_would_read_is_not_delivered() {
    let mapping = json!({"action": "addToAudience", "trigger": "event = \"Audience Entered\"",
                         "fields": {"country": {"@path": "$.properties.country"}, "external_audience_id": "1"}});
    for (name, person, expected) in [
        (
            "a national number of a country that the request does not name",
            json!({"phone": "(415) 555-0100"}),
            json!({"code": "NO_USABLE_IDENTIFIER", "left_out": [{"field": "phone", "reason": "NO_COUNTRY_CODE"}]}),
        ),
        (
            "a name beside the address",
            json!({"email": "Jo Roe <jo@example.com>"}),
            json!({"code": "NO_USABLE_IDENTIFIER", "left_out": [{"field": "email", "reason": "NOT_AN_EMAIL"}]}),
        ),
        (
            "one of two",
            json!({"email": "jo@example.com", "phone": "12"}),
            json!({"code": null, "left_out": [{"field": "phone", "reason": "NO_COUNTRY_CODE"}]}),
        ),
    ] {
        let tiktok = FakeTiktok::start();
        tiktok.add_audience(Audience::new(ADVERTISER, "first"));
        tiktok.add_audience(Audience::new(ADVERTISER, "second"));
        let world = world(tiktok, &json!({"mappings": [mapping]}), &[ADVERTISER]);
        let results = result(&world, json!([{"type": "delete", "context": {"traits": person}}])).await;
        let actions = results[0]["actions"].as_array().unwrap();
        let with: Vec<_> = actions.iter().filter(|action| !action["left_out"].is_null()).collect();
        assert_eq!(with.len(), 1, "{name}: {results}");
        let (code, left_out) = (&with[0]["error"]["code"], &with[0]["left_out"]);
        assert_eq!((code, left_out), (&expected["code"], &expected["left_out"]), "{name}: {results}");
        let outcome = if code.is_null() { "delivered" } else { "rejected" };
        assert_eq!(results[0]["outcome"], outcome, "{name}: {results}");
        let delivered = actions.iter().filter(|action| action["outcome"] == "delivered").count();
        assert_eq!(delivered, 2, "{name}: what can be removed is: {results}");
    }
}

#[tokio::test]
async fn an_advertiser_that_cannot_be_listed_holds_up_the_request_only() {
    let tiktok = FakeTiktok::start();
    let audience = tiktok.add_audience(Audience::new(OTHER_ADVERTISER, "vip"));
    let world = world(tiktok, &json!({}), &[ADVERTISER, OTHER_ADVERTISER]);
    world.tiktok.next_on(Endpoint::AudienceList, Fault::Code(40001));
    let delete = json!({"type": "delete", "email": "jo@example.com"});
    let results = result(&world, json!([delete, add(&audience, OTHER_ADVERTISER, "al@example.com")])).await;
    assert_eq!(
        (&results[0]["outcome"], &results[1]["outcome"]),
        (&json!("retryable"), &json!("delivered")),
        "{results}"
    );
    let again = result(&world, json!([delete])).await;
    assert_eq!(again[0]["outcome"], "delivered", "{again}");
}

#[tokio::test]
async fn a_thousand_requests_list_the_audiences_once() {
    let tiktok = FakeTiktok::start();
    let audience = tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let world = world(tiktok, &json!({}), &[ADVERTISER]);
    let requests: Vec<_> =
        (0..1_000).map(|number| json!({"type": "delete", "email": format!("p{number}@example.com")})).collect();
    let reply = world.invoke(&json!({"events": requests})).await.unwrap();
    assert_eq!(reply["summary"]["delivered"], 1_000, "{}", reply["summary"]);
    assert_eq!(world.tiktok.call_count(Endpoint::AudienceList), 1);
    assert_eq!(world.tiktok.call_count(Endpoint::Mapping), 1);
    assert_eq!(world.tiktok.member_count(&audience), 0);
}

/// A batch of nothing but requests takes no more memory than others; what is left of it follows.
#[tokio::test]
async fn more_requests_than_an_invocation_can_hold_are_done_by_several() {
    let tiktok = FakeTiktok::start();
    for number in 0..400 {
        tiktok.add_audience(Audience::new(ADVERTISER, &format!("audience {number}")));
    }
    let world = world(tiktok, &json!({"settings": {"calls_per_second": 1000}}), &[ADVERTISER]);
    let requests: Vec<_> =
        (0..300).map(|number| json!({"type": "delete", "email": format!("p{number}@example.com")})).collect();
    let summary = async |requests: &[Value]| {
        let report = world.invoke(&json!({"events": requests})).await.unwrap();
        (report["summary"]["delivered"].clone(), report["summary"]["retryable"].clone())
    };
    assert_eq!(summary(&requests).await, (json!(250), json!(50)));
    assert_eq!(summary(&requests[250..]).await, (json!(50), json!(0)));
}

#[tokio::test]
async fn an_audience_that_is_gone_meanwhile_is_listed_again() {
    let tiktok = FakeTiktok::start();
    let stays = tiktok.add_audience(Audience::new(ADVERTISER, "stays"));
    let goes = tiktok.add_audience(Audience::new(ADVERTISER, "goes"));
    let world = world(tiktok, &json!({}), &[ADVERTISER]);
    let delete = json!([{"type": "delete", "email": "jo@example.com"}]);
    assert_eq!(result(&world, delete.clone()).await[0]["outcome"], "delivered");
    world.tiktok.change_audience(&goes, |audience| audience.condition = Condition::Dead);
    result(&world, json!([add(&stays, ADVERTISER, "jo@example.com")])).await;
    assert_eq!(result(&world, delete.clone()).await[0]["outcome"], "retryable");
    assert_eq!(world.tiktok.member_count(&stays), 0);
    assert_eq!(result(&world, delete).await[0]["outcome"], "delivered");
}

#[tokio::test]
async fn every_shape_is_heard_by_every_way_in_and_beats_later_adds_of_its_invocation() {
    let people: Vec<_> = (0..4).map(|number| format!("p{number}@example.com")).collect();
    for way in Way::ALL {
        let world = World::fast(Wired::Nothing);
        let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
        let adds: Vec<_> = people.iter().map(|email| add(&audience, ADVERTISER, email)).collect();
        let requests = [
            json!({"type": "delete", "userId": "u-0", "traits": {"email": people[0]}}),
            json!({"type": "delete", "userId": "u-1", "context": {"traits": {"email": people[1]}}}),
            json!({"regulationType": "suppress_with_delete", "destinationIds": ["d"], "users": [{"email": people[2]}]}),
            json!({"regulationType": "suppress", "users": [{"userId": "u-3", "email": people[3]}]}),
        ];
        let record = |(number, event): (usize, &Value)| Record {
            id: number.to_string(),
            group: "g".to_owned(),
            body: event.to_string(),
        };
        let before: Vec<_> = adds.iter().enumerate().map(record).collect();
        is_done(way, &invoke(&world, way, &before).await, 0);
        assert_eq!(world.tiktok.member_count(&audience), 4, "{way:?}");
        let both: Vec<_> = requests.iter().chain(&adds).enumerate().map(record).collect();
        is_done(way, &invoke(&world, way, &both).await, 4);
        assert_eq!(world.tiktok.members(&audience), BTreeSet::new(), "{way:?}");
        assert_eq!(world.tiktok.violations(), Vec::<String>::new());
    }
}

/// Nothing is sent again, and so many were superseded.
#[track_caller]
fn is_done(way: Way, answer: &Answer, superseded: usize) {
    match answer {
        Answer::Again(ids) => assert!(ids.is_empty(), "{way:?}: {answer:?}"),
        Answer::Status(status) => assert_eq!(*status, 200, "{way:?}"),
        Answer::Report(summary) => {
            assert_eq!(summary["superseded"], superseded, "{way:?}: {summary}");
            assert_eq!(summary["delivered"], 4, "{way:?}: {summary}");
        }
        Answer::Failed(kind) => panic!("{way:?}: {kind}"),
    }
}

#[tokio::test]
async fn sdks_may_send_requests_too() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    result(&world, json!([add(&audience, ADVERTISER, "jo@example.com")])).await;
    let batch = json!({"batch": [{"type": "delete", "userId": "u-1", "traits": {"email": "jo@example.com"}}]});
    let reply = world.invoke(&Request::post("/v1/batch", batch.to_string()).iam().payload("v2")).await.unwrap();
    assert_eq!(reply["statusCode"], 200, "{reply}");
    assert_eq!(world.tiktok.member_count(&audience), 0);
}
