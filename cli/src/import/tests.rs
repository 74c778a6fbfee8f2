//! Importing: what is kept, what is named, what has changed, and how pages are asked for.

use std::sync::{Arc, Mutex};

use super::*;
use crate::support::server::{Answer, Listen, Server};

fn subscription(id: &str, slug: &str) -> Value {
    json!({"id": id, "name": format!("Mapping {id}"), "actionSlug": slug, "actionId": "a", "destinationId": "d", "modelId": null,
        "enabled": true, "trigger": "type = \"track\"", "settings": {"email": {"@path": "$.x"}, "send_email": true}})
}

#[test]
fn mappings_are_kept_in_segments_form_and_others_are_named() {
    let exported =
        json!({"data": {"subscriptions": [subscription("1", "addToAudience"), subscription("2", "sendConversion")]}});
    let imported = Imported::of(&exported, "segment").unwrap();
    assert_eq!(imported.left_out, [("Mapping 2".to_owned(), "there is no action sendConversion".to_owned())]);
    let kept = &imported.document["subscriptions"][0];
    assert_eq!((kept["id"].as_str(), kept.get("destinationId")), (Some("1"), None));
    let (destination, findings) = parse_destination(&imported.document.to_string());
    assert_eq!((destination.mappings.len(), findings.errors), (1, Vec::new()));
    let error = Imported::of(&json!({"x": 1}), "segment").unwrap_err();
    assert!(error.to_string().starts_with("there are no subscriptions in this"), "{error}");
}

#[test]
fn differences_are_found_by_id_and_named_by_their_members() {
    use diff::Difference;
    let mut changed = subscription("1", "addToAudience");
    changed["settings"]["email"]["@path"] = "$.y".into();
    let workspace = json!({"subscriptions": [changed, subscription("3", "addUser")]});
    let file = json!({"subscriptions": [subscription("1", "addToAudience"), subscription("2", "addUser")]});
    let expected = [
        Difference::Changed("Mapping 1".to_owned(), vec!["settings.email.@path".to_owned()]),
        Difference::New("Mapping 3".to_owned()),
        Difference::Gone("Mapping 2".to_owned()),
    ];
    assert_eq!(diff::differences(&workspace, &file), expected);
    assert_eq!(diff::differences(&file, &file), []);
}

#[tokio::test]
async fn all_pages_are_read_and_a_busy_api_is_asked_again() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let server = Server::start(Listen::default(), move |request| {
        let line = format!("{}?{}", request.path, request.query);
        let times = seen.lock().unwrap().iter().filter(|known| **known == line).count();
        seen.lock().unwrap().push(line);
        let is_second = request.query.contains("cursor=next");
        let body = if request.path == "/destinations" {
            json!({"data": {"destinations": [{"id": "d/1", "name": "x", "metadata": {"slug": "actions-tiktok-audiences"}}], "pagination": {}}})
        } else if is_second {
            json!({"data": {"subscriptions": [subscription("2", "addUser")], "pagination": {}}})
        } else {
            json!({"data": {"subscriptions": [subscription("1", "addUser")], "pagination": {"next": "next"}}})
        };
        let status = if is_second && times == 0 { 503 } else { 200 };
        async move { Some(Answer::new(status, "application/json", body.to_string())) }
    });
    let url = server.origin().parse().unwrap();
    let exported = api::fetch_with(api::Region::Us, Some(&url), None, "token".to_owned()).await.unwrap();
    assert_eq!(exported["subscriptions"].as_array().unwrap().len(), 2);
    let asked = asked.lock().unwrap().clone();
    assert_eq!(
        asked,
        [
            "/destinations?pagination.count=200",
            "/destinations/d%2F1/subscriptions?pagination.count=200",
            "/destinations/d%2F1/subscriptions?pagination.count=200&pagination.cursor=next",
            "/destinations/d%2F1/subscriptions?pagination.count=200&pagination.cursor=next",
        ]
    );
}
