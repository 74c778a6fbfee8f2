//! How audiences do, and what a deletion request reached.

use serde_json::{Value, json};

use super::{control, failure};
use crate::support::fake_tiktok::{ADVERTISER, Audience, FakeTiktok};
use crate::upstream_logs::FakeLogs;

#[tokio::test]
async fn size_end_and_use_are_told_with_what_stands_out() {
    let destination =
        json!({"settings": {"advertiser_id": ADVERTISER}, "audiences": [{"name": "vip"}, {"name": "new"}]});
    let world = control(FakeTiktok::start(), &destination);
    let mut used = Audience::new(ADVERTISER, "vip");
    used.size = Some(5_000);
    used.ad_groups = vec!["81".to_owned(), "82".to_owned()];
    let vip = world.tiktok.add_audience(used);
    let reply = world.invoke(&json!({"operation": "audiences"})).await.unwrap();
    let lines = reply["audiences"].as_array().unwrap();
    let told = (&lines[0]["audience_id"], &lines[0]["size"], &lines[0]["ad_groups"], &lines[0]["findings"]);
    assert_eq!(told, (&json!(vip), &json!(5_000), &json!(2), &json!([])), "{reply}");
    assert!((360..=365).contains(&lines[0]["days_to_expiry"].as_i64().unwrap()));
    assert_eq!((&lines[1]["name"], &lines[1]["audience_id"]), (&json!("new"), &Value::Null));
    assert!(reply["sizes"].as_str().unwrap().contains("no match rate"));
    let metrics = world.app.metrics.take(jiff::Timestamp::now());
    let line: Value = metrics
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .find(|line| line["Audience"] == json!(vip))
        .unwrap();
    assert_eq!((&line["AudienceSize"], &line["AudienceInUse"]), (&json!(5_000), &json!(2)));
}

#[tokio::test]
async fn a_receipt_is_made_of_the_lines_about_the_request() {
    let mut world = control(FakeTiktok::start(), &json!({}));
    let logs = FakeLogs::start();
    world.app.aws = logs.client();
    let line = |time: &str, outcome: &str| {
        json!({"timestamp": time, "level": "INFO", "message": "deletion request", "message_id": "d-1", "outcome": outcome,
               "advertiser_id": ADVERTISER, "audiences": 2, "audience_ids": "1,2", "request_id": "r", "requestId": "q"})
    };
    logs.page(&[line("2026-11-25T10:00:01Z", "delivered")], Some("next"));
    logs.page(&[line("2026-11-25T10:00:00Z", "retryable")], None);
    let payload = json!({"operation": "receipt", "message_id": "d-1", "log_group": "group"});
    let reply = world.invoke(&payload).await.unwrap();
    assert_eq!((&reply["done"], &reply["complete"]), (&json!(true), &json!(true)), "{reply}");
    assert_eq!(reply["lines"][1]["audience_ids"], "1,2");
    let asked = logs.asked();
    assert_eq!(asked[0]["logGroupName"], "group");
    assert!(asked[0]["filterPattern"].as_str().unwrap().contains("d-1"), "{asked:?}");
    assert_eq!(asked[1]["nextToken"], "next");
    let (_, message) =
        failure(&world, &json!({"operation": "receipt", "message_id": "jane@example.com", "log_group": "g"})).await;
    assert!(message.starts_with("INVALID_FIELD") && !message.contains("jane"), "{message}");
}
