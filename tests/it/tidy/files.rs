//! Fixtures, source files and what is in every file.

use std::collections::BTreeSet;

use serde_json::Value;
use tiktok_audiences::actions::ActionKind;
use tiktok_audiences::ingress::{self, Ingress};
use tiktok_audiences::json::Document;

use super::{files, text};

/// Longer files have more than one subject.
const MOST_LINES: usize = 450;

fn fixtures() -> Vec<(String, String)> {
    let name = |path: &str| path.strip_prefix("events/").and_then(|name| name.strip_suffix(".json")).map(str::to_owned);
    files(&[".json"]).into_iter().filter_map(|(path, text)| Some((name(&path)?, text))).collect()
}

/// What the checks under Lambda's emulator expect: one row per fixture and configuration.
fn expected_rows() -> Vec<Value> {
    let expected: Value = serde_json::from_str(&text("tests/aws/expected.json")).unwrap();
    let scenarios = expected.as_array().unwrap().iter();
    scenarios.flat_map(|scenario| scenario["events"].as_array().unwrap().clone()).collect()
}

/// How the fixtures of an ingress begin.
const fn prefix(ingress: Ingress) -> &'static str {
    match ingress {
        Ingress::Direct(_) => "direct_",
        Ingress::Http(_) => "http_",
        Ingress::Operation => "control_",
        Ingress::Schedule => "schedule_",
        Ingress::Sqs => "sqs_",
        Ingress::Kinesis => "kinesis_",
        Ingress::Sns => "sns_",
        Ingress::EventBridge => "eventbridge_",
        Ingress::Rows => "rows_",
        Ingress::Redrive => "redrive_",
    }
}

#[test]
fn a_fixture_is_what_its_name_says() {
    for (name, text) in fixtures() {
        let ingress = ingress::detect(Document::parse(&text).unwrap().root()).unwrap();
        // A schedule's input is an operation like any other.
        let is_input_of_schedule = ingress == Ingress::Operation && name.starts_with("schedule_");
        assert!(name.starts_with(prefix(ingress)) || is_input_of_schedule, "{name} is {ingress:?}");
    }
}

#[test]
fn every_fixture_is_expected_and_every_expected_fixture_is_there() {
    let there: BTreeSet<_> = fixtures().into_iter().map(|(name, _)| name).collect();
    let rows = expected_rows();
    let expected: BTreeSet<_> = rows.iter().map(|row| row["event"].as_str().unwrap().to_owned()).collect();
    assert_eq!(there, expected);
}

#[test]
fn every_action_has_a_fixture() {
    let rows = expected_rows();
    let outcomes = rows.iter().filter_map(|row| row["outcomes"].as_array()).flatten().filter_map(Value::as_str);
    let acted: BTreeSet<_> = outcomes.filter_map(|outcome| outcome.strip_prefix("delivered ")).collect();
    for action in ActionKind::ALL {
        assert!(acted.contains(action.slug()), "{} is in no fixture", action.slug());
    }
}

#[test]
fn source_files_are_short_and_say_what_they_are() {
    for (path, text) in files(&[".rs"]) {
        let lines = text.lines().count();
        assert!(lines <= MOST_LINES, "{path} has {lines} lines");
        assert!(!(path.starts_with("src/") && path.ends_with("/mod.rs")), "{path} is named after its directory");
        let is_of_tests = path.contains("/tests/") || path.ends_with("/tests.rs") || path.ends_with("/test.rs");
        let is_fuzz_target = path.starts_with("fuzz/");
        let has_docs = text.starts_with("//! ");
        assert!(has_docs || (path.starts_with("src/") && is_of_tests) || is_fuzz_target, "{path} has no module docs");
    }
}

#[test]
fn no_file_names_a_machine_or_what_is_unfinished() {
    // Put together here, so that this file is not its own first finding.
    let machine =
        [["/wo", "rk/"], ["/tm", "p/h"], ["/ro", "ot/"], ["/ho", "me/"], ["/Us", "ers/"]].map(|parts| parts.concat());
    let unfinished = [["TO", "DO"], ["FIX", "ME"], ["#[ig", "nore"], ["should", "_panic"]].map(|parts| parts.concat());
    for (path, text) in files(&[".rs", ".toml", ".yaml", ".json", ".md", ".py", ".txt", "run"]) {
        for word in machine.iter().chain(&unfinished) {
            let line = text.lines().position(|line| line.contains(word.as_str()));
            assert_eq!(line, None, "{path} has {word} (line counted from 0)");
        }
    }
}

#[test]
fn texts_use_the_plain_word() {
    // Put together here, so that this file is not its own first finding.
    let words = [(["me", "nd"], "fix"), (["me", "nded"], "fixed"), (["eld", "est"], "oldest")];
    let phrases = [(["comes a", "gain"], "is sent again"), (["come a", "gain"], "are sent again")];
    for (path, text) in files(&[".rs", ".yaml", ".md"]) {
        for (number, line) in text.lines().enumerate() {
            let lower = line.to_lowercase();
            let is_in = |word: &str| lower.split(|char: char| !char.is_alphanumeric()).any(|known| known == word);
            let word = words.iter().find(|(parts, _)| is_in(&parts.concat()));
            let phrase = phrases.iter().find(|(parts, _)| lower.contains(&parts.concat()));
            let plain = word.or(phrase).map(|(_, plain)| plain);
            assert_eq!(plain, None, "{path}, line {}", number + 1);
        }
    }
}
