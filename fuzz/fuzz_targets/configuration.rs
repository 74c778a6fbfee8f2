//! `fuzz/run 60 configuration`: lines of `NAME=value`, an empty line and a `destination.json` are a configuration or a
//! list of problems, each with its place; what is accepted is fit for events.
#![no_main]

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;
use tiktok_audiences::batch::MAX_CALL_BYTES;
use tiktok_audiences::config::{Config, Problem, parse_destination};
use tiktok_audiences::destination::{Destination, Router};
use tiktok_audiences::ingress::{Intake, Order};
use tiktok_audiences::json::Document;
use tiktok_audiences_fuzz::plan;

/// What Lambda sets, and the one variable that has no default.
const ALWAYS: [(&str, &str); 4] = [
    ("AWS_ACCESS_KEY_ID", "id"),
    ("AWS_SECRET_ACCESS_KEY", "key"),
    ("AWS_REGION", "eu-central-1"),
    ("TIKTOK_SECRET_ID", "tiktok"),
];

const EVENTS: &str = r#"[{"type":"track","event":"Audience Entered","userId":"u1","properties":{"audience_key":"vip","vip":true,"n":5},"context":{"traits":{"email":"jane@example.com","phone":"+14155550123"},"device":{"type":"ios","advertisingId":"00000000-0000-4000-8000-000000000001"}}},
{"type":"identify","traits":{"vip":false,"email":["a@example.com","b@example.com"]},"context":{"personas":{"computation_class":"audience","computation_key":"vip","external_audience_id":"1800000000000000001"}}},
{"action":"add","audience_name":"vip","email":"c@example.com"},{"type":"delete","traits":{"email":"d@example.com"}}]"#;

fuzz_target!(|text: &str| {
    let (variables, file) = text.split_once("\n\n").unwrap_or(("", text));
    let stated = |name: &str| variables.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    let always = |name: &str| ALWAYS.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    let config =
        Config::load(|name| stated(name).or_else(|| always(name)).map(str::to_owned), |_| Ok(file.into()), None);
    match config {
        Ok(config) => {
            let api = &config.environment.tiktok_api;
            let host = api.host_str().unwrap_or_default();
            let is_loopback = host == "localhost" || host.starts_with("127.") || host == "[::1]";
            assert!(
                api.scheme() == "https" || (api.scheme() == "http" && is_loopback),
                "a token is never sent in clear"
            );
            accepted(config.destination);
        }
        Err(error) => {
            assert!(!error.problems.is_empty());
            for problem in &error.problems {
                check(problem, if stated("DESTINATION_CONFIG").is_some() { None } else { Some(file) });
            }
        }
    }
    check_file(file);
});

/// The file for itself: warnings are found beside errors, and the same twice.
fn check_file(file: &str) {
    let (destination, findings) = parse_destination(file);
    for problem in findings.errors.iter().chain(&findings.warnings) {
        check(problem, Some(file));
    }
    assert_eq!(parse_destination(file).1, findings);
    if findings.errors.is_empty() {
        accepted(destination);
    }
}

fn check(problem: &Problem, text: Option<&str>) {
    assert!(!problem.path.is_empty() && !problem.message.is_empty(), "{problem:?}");
    let Some(text) = text else { return };
    assert!(problem.to_string().contains(&problem.message));
    if let Some(place) = problem.place {
        let text = text.trim_start_matches('\u{feff}');
        let line = text.split('\n').nth(place.line - 1).expect("the line is there");
        assert!(place.column >= 1 && place.width >= 1);
        assert!(place.column <= line.chars().count() + 1, "{problem:?} is beyond its line");
    }
}

/// What is accepted keeps its limits and takes events.
fn accepted(destination: Destination) {
    let settings = &destination.settings;
    assert!(settings.batch_rows.get() <= 10_000 && settings.audiences_per_row.get() <= 100);
    assert!(settings.calls_per_second.get() <= 1_000 && settings.reply_within.as_secs() <= 25);
    assert!(destination.mappings.len() <= 50);
    let names: HashSet<_> = destination.mappings.iter().map(|configured| &configured.mapping.name).collect();
    assert_eq!(names.len(), destination.mappings.len(), "reports tell mappings apart by name");
    let router = Router::new(destination);
    let mut intake = Intake::default();
    let document = intake.add_document(Document::parse(EVENTS).expect("the events are JSON"));
    intake.add_events(document, 0, None);
    plan::deliver(&router, &intake, Order::Time, MAX_CALL_BYTES);
}
