//! Whatever TikTok, AWS or a sender does wrong.

use serde_json::{Value, json};
use tiktok_audiences::config::Config;

use super::person::{self, DEVICE, EMAIL, HASH, PHONE, TOKEN, Watch};
use super::{ADVERTISER, AUDIENCE, Stage};
use crate::support::aws_json::AwsFault;
use crate::support::fake_tiktok::{Fault, Scripted};
use crate::world::SECRET_ID;

/// Payloads that are not JSON, with something in them.
pub(super) const NOT_JSON: &[&str] = &[
    "wren.canary+promo@example.com",
    "{\"email\":\"wren.canary+promo@example.com\",}",
    "{\"email\":\"wren.canary+promo@example.com",
    "{\"wren.canary+promo@example.com\":}",
    "{\"phone\":+12025550187}",
    "{\"phone\":12025550187abc}",
    "[canary-token-9f8e7d6c5b4a3210]",
    "{\"email\":\"\\u0-wren.canary+promo@example.com\"}",
];

fn event() -> Value {
    json!({
        "type": "track", "event": "Audience Entered", "messageId": EMAIL.text, "userId": EMAIL.text,
        "properties": {"audience_key": "vip", "vip": true},
        "context": {
            "traits": {"email": EMAIL.text, "phone": PHONE.text},
            "device": {"type": "ios", "advertisingId": DEVICE.text},
            "personas": {"computation_class": "audience", "computation_key": "vip", "external_audience_id": AUDIENCE,
                         "audience_settings": {"advertiserId": ADVERTISER}},
        },
    })
}

/// The event as each kind of caller sends it.
fn arrivals() -> Vec<String> {
    let event = event();
    let record =
        |source: &str, member: Value| json!({"Records": [{"eventSource": source, "messageId": "1", "body": member}]});
    let arn = json!({"iam": {"userArn": "arn:aws:iam::123456789012:role/loader"}});
    let request = |headers: Value, authorizer: &Value, body: &str| {
        json!({"version": "2.0", "rawPath": "/events", "headers": headers, "body": body, "isBase64Encoded": false,
               "requestContext": {"http": {"method": "POST", "path": "/events"}, "authorizer": authorizer}})
    };
    let payloads = [
        event.clone(),
        json!([event, event]),
        json!({"events": [event]}),
        record("aws:sqs", json!(event.to_string())),
        request(json!({"prefer": "wait"}), &arn, &event.to_string()),
        request(json!({"x-signature": HASH.text}), &Value::Null, &event.to_string()),
        request(json!({"authorization": format!("Bearer {}", EMAIL.text)}), &Value::Null, &event.to_string()),
    ];
    let mut arrivals: Vec<_> = payloads.iter().map(Value::to_string).collect();
    for text in NOT_JSON {
        arrivals.push((*text).to_owned());
        arrivals.push(request(json!({}), &arn, text).to_string());
        arrivals.push(record("aws:sqs", json!(text)).to_string());
    }
    arrivals
}

#[track_caller]
fn assert_none(leaks: &[String]) {
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}

#[tokio::test]
async fn what_tiktok_says_is_never_repeated() {
    let stage = Stage::set();
    let everything = person::ALL.map(|canary| canary.text).join(" ");
    let says = |code| Fault::Message { code, message: format!("Audience is not editable: {everything}") };
    let mut faults: Vec<Scripted> =
        [20001, 40000, 40001, 40002, 40007, 40016, 40062, 40100, 40105, 40106, 40133, 50000, 99999]
            .map(|code| says(code).into())
            .to_vec();
    faults.extend(
        [Fault::Status(500), Fault::Status(404), Fault::Garbage, Fault::StringCode, Fault::TruncatedBody]
            .map(Scripted::from),
    );
    faults.push(Fault::Redirect(format!("https://example.com/?q={}", EMAIL.text.trim())).into());
    let mut leaks = Vec::new();
    for fault in faults {
        for arrival in [event().to_string(), json!({"events": [event()]}).to_string()] {
            for _ in 0..3 {
                stage.tiktok.next(fault.clone());
            }
            leaks.extend(stage.leaks(&arrival).await.map(|leak| format!("{fault:?}: {leak}")));
            stage.tiktok.clear_faults();
        }
    }
    assert_none(&leaks);
}

#[tokio::test]
async fn a_secret_that_is_not_right_is_never_repeated() {
    let token = TOKEN.text;
    let texts = [
        format!("{{\"access_token\":\"{token}\",}}"),
        format!("{{\"access_token\":\"{token}"),
        format!("{{\"access_token\":[\"{token}\"]}}"),
        format!("{{\"access_token\":\"{token}\",\"advertiser_ids\":[\"{token}\"]}}"),
        format!("{{\"access_token\":\"{token}\",\"write_keys\":\"{token}\"}}"),
        format!("{{\"{token}\":1}}"),
        format!("{token} {token}"),
        format!("{token}\u{e9}\n"),
        format!("[\"{token}\"]"),
        String::new(),
    ];
    let mut leaks = Vec::new();
    for text in texts {
        let stage = Stage::set();
        stage.secrets.set(SECRET_ID, &text);
        for arrival in arrivals() {
            leaks.extend(stage.leaks(&arrival).await.map(|leak| format!("{text}: {leak}")));
        }
    }
    assert_none(&leaks);
}

#[tokio::test]
async fn what_senders_and_aws_do_wrong_is_never_repeated() {
    let stage = Stage::with_secret_ttl("0");
    let mut leaks = Vec::new();
    for arrival in arrivals() {
        leaks.extend(stage.leaks(&arrival).await);
    }
    let faults = [AwsFault::error("AccessDeniedException"), AwsFault::Garbage, AwsFault::Status(500), AwsFault::HangUp];
    for fault in faults {
        stage.secrets.always(Some(fault.clone()));
        stage.sqs.always(Some(fault));
        leaks.extend(stage.leaks(&event().to_string()).await);
        let unusable = event().to_string().replace(AUDIENCE, "vip");
        leaks.extend(stage.leaks(&json!([&serde_json::from_str::<Value>(&unusable).unwrap()]).to_string()).await);
    }
    assert_none(&leaks);
}

#[test]
fn a_configuration_that_is_not_right_does_not_show_its_values() {
    let watch = Watch::new();
    let wrong = format!("https://{}:{}@example.com:99999/#{}", TOKEN.text, TOKEN.text, EMAIL.text.trim());
    let settings = ["advertiser_id", "identity_rules", "also_remove", "phone_rule", "default_country", "batch_rows"];
    let mapping = |key: &str| json!({"mappings": [{"name": "In", "action": "addUser", key: EMAIL.text}]}).to_string();
    let destinations = settings.map(|key| json!({"settings": {key: EMAIL.text}}).to_string()).into_iter();
    let destinations = destinations.chain(["action", "trigger", "enabled", "fields"].map(mapping));
    for destination in destinations {
        let lookup = |name: &str| match name {
            "DESTINATION_CONFIG" => Some(destination.clone()),
            "AWS_REGION" | "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some(TOKEN.text.to_owned()),
            "TIKTOK_SECRET_ID" => Some(SECRET_ID.to_owned()),
            "TIKTOK_API_BASE_URL" | "TIKTOK_SECRET_TTL_SECONDS" | "BUFFER_QUEUE_URL" | "REJECTED_QUEUE_URL" => {
                Some(wrong.clone())
            }
            _ => None,
        };
        let error = Config::load(lookup, |path| std::fs::read_to_string(path), None).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert_eq!(watch.found_in(&shown), None, "{destination}: {shown}");
    }
}
