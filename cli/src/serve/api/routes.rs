//! Everything that the page's API offers, as data: what is answered is what is documented.

use serde_json::{Value, json};

/// One route, and what it is good for.
#[derive(Debug)]
pub(crate) struct Route {
    method: &'static str,
    path: &'static str,
    does: &'static str,
    /// A body that works on a sandbox as it starts.
    example: Option<&'static str>,
}

const fn route(method: &'static str, path: &'static str, does: &'static str) -> Route {
    Route { method, path, does, example: None }
}

const fn with(method: &'static str, path: &'static str, does: &'static str, example: &'static str) -> Route {
    Route { method, path, does, example: Some(example) }
}

/// The routes, in the order in which they are shown.
pub(crate) const ROUTES: [Route; 31] = [
    route("GET", "/_sandbox/", "this list"),
    route("GET", "/_sandbox/state", "addresses, configuration, weather and load"),
    with(
        "POST",
        "/_sandbox/send",
        "one invocation, with everything that came of it",
        r#"{"payload": "{\"operation\":\"listAudiences\"}"}"#,
    ),
    with(
        "POST",
        "/_sandbox/test",
        "what would become of events under a configuration; nothing is sent",
        r#"{"event": "{\"type\":\"track\"}", "config": "{}"}"#,
    ),
    with("POST", "/_sandbox/check", "what is wrong with a configuration, with line and column", r#"{"config": "{}"}"#),
    with(
        "POST",
        "/_sandbox/compare",
        "which recorded events two configurations treat differently",
        r#"{"a": "{}", "b": "{\"mappings\": []}"}"#,
    ),
    with("PUT", "/_sandbox/config", "the sandbox runs with this configuration from now on", r#"{"config": "{}"}"#),
    route("GET", "/_sandbox/schema", "the JSON Schema of destination.json"),
    route("GET", "/_sandbox/examples", "the events of events/"),
    route("GET", "/_sandbox/examples/{name}", "one of them"),
    route("GET", "/_sandbox/feed", "the last 500 invocations, newest first"),
    route("GET", "/_sandbox/feed/{id}", "one of them with payload, reply, report, calls, members"),
    route("DELETE", "/_sandbox/feed", "forget them"),
    route("GET", "/_sandbox/stream", "server-sent events: request, load, weather, sizes, letters"),
    with("POST", "/_sandbox/operation", "a control operation", r#"{"operation": "listAudiences"}"#),
    route("GET", "/_sandbox/audiences", "all audiences, with their sizes over time"),
    route("GET", "/_sandbox/audiences/{id}/members", "members by column, as hashes"),
    with("PUT", "/_sandbox/audiences", "make or change one, as TikTok would", r#"{"name": "vip", "size": 2000}"#),
    route("GET", "/_sandbox/rejected", "the dead letters"),
    with(
        "POST",
        "/_sandbox/rejected/redrive",
        "the operation redrive, for those of a reason or all",
        r#"{"reason": null}"#,
    ),
    with(
        "POST",
        "/_sandbox/rejected/discard",
        "the operation discard, for those of a reason or all",
        r#"{"reason": null}"#,
    ),
    with("PUT", "/_sandbox/weather", "switch something that goes wrong", r#"{"kind": "throttling", "on": true}"#),
    with("PUT", "/_sandbox/token", "what the token is good for", r#"{"life": "valid"}"#),
    with("PUT", "/_sandbox/consent", "what the advertiser does with the consent page", r#""asked""#),
    with("POST", "/_sandbox/faults", "break single calls", r#"{"fault": 40100, "times": 1}"#),
    with("POST", "/_sandbox/load", "send many invented people", r#"{"people": 1000, "batch": 100}"#),
    route("GET", "/_sandbox/load", "how far that is"),
    route("DELETE", "/_sandbox/load", "stop it"),
    with(
        "POST",
        "/_sandbox/list/preview",
        "what would become of the rows of a CSV file",
        r#"{"text": "email\nperson@example.com\n", "action": "add", "audience_name": "my_list"}"#,
    ),
    with(
        "POST",
        "/_sandbox/list",
        "deliver them; GET /_sandbox/load says how far it is",
        r#"{"text": "email\nperson@example.com\n", "action": "add", "audience_name": "my_list"}"#,
    ),
    with("POST", "/_sandbox/reset", "everything as at the start, the feed emptied", "{}"),
];

/// The list as JSON.
pub(crate) fn json() -> Value {
    let one = |route: &Route| {
        let example: Value = route.example.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        json!({ "method": route.method, "path": route.path, "does": route.does, "example": example })
    };
    json!({ "routes": ROUTES.iter().map(one).collect::<Value>() })
}

/// Whether a path is there for another method, and for which.
pub(crate) fn methods(path: &str) -> Vec<&'static str> {
    ROUTES.iter().filter(|route| fits(route.path, path)).map(|route| route.method).collect()
}

fn fits(template: &str, path: &str) -> bool {
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    loop {
        match (template.next(), path.next()) {
            (None, None) => return true,
            (Some(part), Some(given)) if part == given || (part.starts_with('{') && !given.is_empty()) => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_json() {
        for route in &ROUTES {
            assert!(route.example.is_none_or(|text| serde_json::from_str::<Value>(text).is_ok()), "{route:?}");
        }
    }

    #[test]
    fn templates_fit_their_paths() {
        assert_eq!(methods("/_sandbox/feed"), ["GET", "DELETE"]);
        assert_eq!(methods("/_sandbox/audiences/18/members"), ["GET"]);
        assert!(methods("/_sandbox/audiences//members").is_empty() && methods("/_sandbox/nothing").is_empty());
    }
}
