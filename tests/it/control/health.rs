//! How audiences do, and what a deletion request reached.

use serde_json::{Value, json};

use super::{control, failure};
use crate::support::aws_json::AwsFault;
use crate::support::fake_tiktok::{ADVERTISER, Audience, FakeTiktok, OTHER_ADVERTISER};
use crate::upstream_logs::FakeLogs;
use crate::world::{World, native, person};

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

const HOUR: i64 = 3_600_000;

/// What the world's function has counted goes to CloudWatch, as of so many hours ago.
fn counted(world: &World, hours_ago: i64) {
    let now = jiff::Timestamp::now().as_millisecond();
    let then = jiff::Timestamp::from_millisecond(now - hours_ago * HOUR).unwrap();
    world.cloudwatch.take_in(&world.app.metrics.take(then));
}

async fn look(world: &World) -> Value {
    world.invoke(&json!({"operation": "audiences"})).await.unwrap()
}

/// A metric of the last look that has no other dimension than the function.
fn together(world: &World, name: &str) -> Value {
    let metrics = world.app.metrics.take(jiff::Timestamp::now());
    let lines = metrics.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut alone =
        lines.filter(|line| line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == json!([["FunctionName"]]));
    alone.find_map(|line| line.get(name).cloned()).unwrap_or_default()
}

/// A world with an audience in use of 5,000 people that was looked at 26 hours ago, and has got 30 and lost 10 since.
async fn looked_at() -> (World, String) {
    let destination = json!({"settings": {"advertiser_id": ADVERTISER}, "audiences": [{"name": "vip"}]});
    let mut world = control(FakeTiktok::start(), &destination);
    let mut used = Audience::new(ADVERTISER, "vip");
    used.size = Some(5_000);
    used.ad_groups = vec!["81".to_owned()];
    let vip = world.tiktok.add_audience(used);
    look(&world).await;
    counted(&world, 26);
    world.app.environment.role = tiktok_audiences::config::Role::All;
    let moved = |name: &'static str, people: std::ops::Range<usize>| {
        people.map(|number| native(name, &vip, &person(number))).collect::<Vec<_>>()
    };
    // One before the last look, which is none of those since.
    world.invoke(&json!({"events": moved("Audience Entered", 90..91)})).await.unwrap();
    counted(&world, 30);
    let events = [moved("Audience Entered", 0..30), moved("Audience Exited", 30..40)].concat();
    world.invoke(&json!({"events": events})).await.unwrap();
    counted(&world, 2);
    (world, vip)
}

#[tokio::test]
async fn people_sent_since_the_last_look_and_what_the_size_did_are_told() {
    let (world, vip) = looked_at().await;
    world.tiktok.change_audience(&vip, |it| it.size = Some(5_012));
    let reply = look(&world).await;
    let line = &reply["audiences"][0];
    let told = [&line["size_before"], &line["size"], &line["added"], &line["removed"], &line["growth_to_sent"]];
    assert_eq!(told, [&json!(5_000), &json!(5_012), &json!(30), &json!(10), &json!(0.6)], "{reply}");
    assert_eq!((&line["findings"], reply.get("unknown")), (&json!([]), None));
    let since: jiff::Timestamp = reply["since"].as_str().unwrap().parse().unwrap();
    let ago = jiff::Timestamp::now().as_second() - since.as_second();
    assert!((26 * 3_600..=26 * 3_600 + 300).contains(&ago), "{ago}");
    assert!(reply["sizes"].as_str().unwrap().contains("no match rate"));
    assert_eq!(together(&world, "AudienceSizeDropPercent"), 0);
}

#[tokio::test]
async fn a_fall_of_the_size_and_falling_out_of_use_show_until_they_are_fixed() {
    let (world, vip) = looked_at().await;
    world.tiktok.change_audience(&vip, |it| {
        it.size = Some(3_000);
        it.ad_groups = Vec::new();
    });
    let reply = look(&world).await;
    let findings = reply["audiences"][0]["findings"].to_string();
    assert!(findings.contains("it lost 40 % of its size") && findings.contains("none does now"), "{findings}");
    assert_eq!(together(&world, "AudienceSizeDropPercent"), 40);
    look(&world).await;
    let now = jiff::Timestamp::now();
    let lines = world.app.metrics.take(now);
    let summary: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!((&summary["AudiencesOutOfUse"], &summary["AudienceSizeDropPercent"]), (&json!(1), &json!(40)));
    world.cloudwatch.take_in(&lines);
    world.tiktok.change_audience(&vip, |it| it.ad_groups = vec!["82".to_owned()]);
    let reply = look(&world).await;
    assert_eq!(reply["audiences"][0]["size_before"], 3_000, "{reply}");
    assert_eq!(together(&world, "AudiencesOutOfUse"), 0);
}

/// Below 1,000 people TikTok shows 0; and an audience that was never used has not fallen out of use.
#[tokio::test]
async fn a_new_audience_raises_nothing() {
    let destination = json!({"settings": {"advertiser_id": ADVERTISER}, "audiences": [{"name": "new"}]});
    let world = control(FakeTiktok::start(), &destination);
    let new = world.tiktok.add_audience(Audience::new(ADVERTISER, "new"));
    world.tiktok.change_audience(&new, |it| it.size = Some(900));
    assert_eq!(look(&world).await["audiences"][0].get("size_before"), None);
    counted(&world, 24);
    world.tiktok.change_audience(&new, |it| it.size = Some(0));
    look(&world).await;
    let lines = world.app.metrics.take(jiff::Timestamp::now());
    let summary: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!((&summary["AudiencesOutOfUse"], &summary["AudienceSizeDropPercent"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn what_cloudwatch_does_not_tell_is_said_to_be_unknown_and_the_rest_is_told() {
    let (world, _) = looked_at().await;
    for (fault, said) in [
        (AwsFault::Error { status: 400, name: "AccessDenied".to_owned() }, "monitoring answered 400 AccessDenied"),
        (AwsFault::Garbage, "can't be read"),
    ] {
        world.cloudwatch.always(Some(fault));
        let reply = look(&world).await;
        assert_eq!((&reply["audiences"][0]["size"], reply.get("since")), (&json!(5_000), None));
        let unknown = reply["unknown"].as_str().unwrap();
        assert!(unknown.contains(said) && unknown.contains("cloudwatch:GetMetricData"), "{unknown}");
        assert_eq!(together(&world, "AudiencesOutOfUse"), Value::Null, "what is not known is not counted");
    }
}

/// A stack that is not connected yet has nothing to look at, which is no failure.
#[tokio::test]
async fn nothing_to_look_at_is_said() {
    let world = World::with(FakeTiktok::start(), &json!({}), &json!({}));
    assert_eq!(look(&world).await["audiences"], json!([]));
}

/// Without a configured ad account those of the secret are looked at, and no more audiences than there is time for.
#[tokio::test]
async fn the_ad_accounts_of_the_secret_are_looked_at() {
    let world = control(FakeTiktok::start(), &json!({"settings": {"calls_per_second": 1000}}));
    for number in 0..499 {
        world.tiktok.add_audience(Audience::new(ADVERTISER, &format!("a{number}")));
    }
    world.tiktok.add_audience(Audience::new(OTHER_ADVERTISER, "b"));
    world.tiktok.add_audience(Audience::new(OTHER_ADVERTISER, "c"));
    let reply = look(&world).await;
    let lines = reply["audiences"].as_array().unwrap();
    assert_eq!((lines.len(), &reply["not_looked_at"]), (500, &json!(1)));
    assert_eq!(lines[499]["advertiser_id"], OTHER_ADVERTISER);
}

/// More series than a call takes, in pages, by several functions that deliver.
#[tokio::test]
async fn every_audience_has_its_past() {
    let settings = json!({"advertiser_id": ADVERTISER, "calls_per_second": 1000});
    let mut world = control(FakeTiktok::start(), &json!({"settings": settings}));
    world.app.environment.event_functions = ["ingest", "deliver", "tiktok-audiences"].map(str::to_owned).into();
    for number in 0..90 {
        let mut audience = Audience::new(ADVERTISER, &format!("a{number}"));
        audience.size = Some(2_000 + number);
        world.tiktok.add_audience(audience);
    }
    look(&world).await;
    counted(&world, 24);
    world.cloudwatch.page(200);
    let reply = look(&world).await;
    let lines = reply["audiences"].as_array().unwrap();
    assert!(lines.iter().all(|line| line["size_before"] == line["size"] && line["added"] == 0), "{reply}");
    let asked: Vec<_> =
        world.cloudwatch.asked().iter().map(|call| call["MetricDataQueries"].as_array().unwrap().len()).collect();
    // Without a past; then 180 series of looks, and 540 of three functions in calls of 500 and 40, by 200 a page.
    assert_eq!(asked, [180, 500, 40, 180, 500, 500, 500, 40]);
}

#[tokio::test]
async fn a_receipt_is_made_of_the_lines_about_the_request() {
    let mut world = control(FakeTiktok::start(), &json!({}));
    let logs = FakeLogs::start();
    world.app.aws = logs.client();
    world.app.environment.event_log_groups = ["ingest", "deliver"].map(str::to_owned).into();
    let line = |time: &str, outcome: &str| {
        json!({"timestamp": time, "level": "INFO", "message": "deletion request", "message_id": "d-1", "outcome": outcome,
               "advertiser_id": ADVERTISER, "audiences": 2, "audience_ids": "1,2", "request_id": "r", "requestId": time})
    };
    logs.page(&[line("2026-11-25T10:00:01Z", "delivered")], Some("next"));
    logs.page(&[], None);
    logs.page(&[line("2026-11-25T10:00:00Z", "retryable")], None);
    let payload = json!({"operation": "receipt", "message_id": "d-1"});
    let reply = world.invoke(&payload).await.unwrap();
    assert_eq!((&reply["done"], &reply["complete"]), (&json!(true), &json!(true)), "{reply}");
    assert_eq!((&reply["lines"][1]["audience_ids"], reply.get("hint")), (&json!("1,2"), None));
    assert!(reply["journal"].as_str().unwrap().contains("What did a deletion request reach"), "{reply}");
    let asked = logs.asked();
    let groups: Vec<_> = asked.iter().map(|call| call["logGroupName"].as_str().unwrap()).collect();
    assert_eq!(groups, ["ingest", "ingest", "deliver"]);
    assert!(asked[0]["filterPattern"].as_str().unwrap().contains("d-1"), "{asked:?}");
    assert_eq!((&asked[1]["nextToken"], asked[2].get("nextToken")), (&json!("next"), None));
    let nothing = json!({"operation": "receipt", "message_id": "d-1", "log_group": "group", "hours": 48});
    let reply = world.invoke(&nothing).await.unwrap();
    assert_eq!((&reply["lines"], &reply["done"], &reply["complete"]), (&json!([]), &json!(false), &json!(true)));
    assert!(reply["hint"].as_str().unwrap().contains("in the last 48 hours: check the id"), "{reply}");
    assert_eq!(logs.asked()[3]["logGroupName"], "group");
    world.app.environment.event_log_groups = Vec::new();
    for (id, expected) in [("jane@example.com", "INVALID_FIELD"), ("d-1", "MISSING_REQUIRED_FIELD: log_group")] {
        let (_, message) = failure(&world, &json!({"operation": "receipt", "message_id": id})).await;
        assert!(message.starts_with(expected) && !message.contains("jane"), "{message}");
    }
}
