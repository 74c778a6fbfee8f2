//! The whole configuration: variables, where the file is, everything reported at once.

mod any_text;
mod checks;
mod destination;
mod environment;
mod findings;

use std::collections::HashMap;
use std::path::PathBuf;

use super::*;
use crate::identity::RuleSet;

/// The least that a function has.
const LEAST: &[(&str, &str)] = &[
    ("TIKTOK_SECRET_ID", "tiktok"),
    ("AWS_REGION", "eu-west-1"),
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "keyexample"),
];

/// Loads with the least variables, `further` ones, and files.
fn load(further: &[(&str, &str)], files: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let variables: HashMap<&str, &str> = LEAST.iter().chain(further).copied().collect();
    let files: HashMap<PathBuf, &str> = files.iter().map(|(path, text)| (PathBuf::from(path), *text)).collect();
    Config::load(
        |name| variables.get(name).map(|value| (*value).to_owned()),
        |path| files.get(path).map(|text| (*text).to_owned()).ok_or_else(|| io::ErrorKind::NotFound.into()),
        Some(Path::new("/var/task")),
    )
}

/// A file that is told apart from others by its rules.
const SEGMENT_RULES: &str = r#"{"settings":{"identity_rules":"segment"}}"#;
const BASIC_RULES: &str = r#"{"settings":{"identity_rules":"tiktok-basic"}}"#;

#[track_caller]
fn finds(configured: &str, files: &[(&str, &str)], source: Source, rules: RuleSet) {
    let config = load(&[("DESTINATION_CONFIG", configured)], files).unwrap();
    assert_eq!((config.source, config.destination.settings.policy.identity.set), (source, rules));
}

#[test]
fn the_file_is_looked_for_in_order() {
    let layer = ("/opt/destination.json", SEGMENT_RULES);
    let beside = ("/var/task/destination.json", BASIC_RULES);
    let own = ("/etc/own.json", BASIC_RULES);
    let file = |path: &str| Source::File(PathBuf::from(path));
    finds(" {\"settings\":{\"identity_rules\":\"segment\"}}", &[own], Source::Inline, RuleSet::Segment);
    finds("/etc/own.json", &[own, layer], file("/etc/own.json"), RuleSet::TiktokBasic);
    finds("", &[layer, beside], file("/opt/destination.json"), RuleSet::Segment);
    finds("", &[beside], file("/var/task/destination.json"), RuleSet::TiktokBasic);
    finds("", &[own], Source::Defaults, RuleSet::Tiktok);
}

#[test]
fn a_file_that_is_named_must_be_there() {
    let error = load(&[("DESTINATION_CONFIG", "/etc/none.json")], &[("/opt/destination.json", "{}")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "DESTINATION_CONFIG: is no JSON object, and the file of that name cannot be read: entity not found"
    );
    let content = load(&[("DESTINATION_CONFIG", "[{\"email\":\"jane@example.com\"}]")], &[]).unwrap_err();
    assert!(!content.to_string().contains("jane"), "{content}");
}

#[test]
fn a_file_that_is_there_must_be_readable() {
    let variables: HashMap<&str, &str> = LEAST.iter().copied().collect();
    let lookup = |name: &str| variables.get(name).map(|value| (*value).to_owned());
    let error = Config::load(lookup, |_| Err(io::ErrorKind::PermissionDenied.into()), None).unwrap_err();
    assert_eq!(error.to_string(), "DESTINATION_CONFIG: /opt/destination.json cannot be read: permission denied");
}

#[test]
fn variables_and_file_are_reported_together() {
    let further = [("FUNCTION_ROLE", "ingress"), ("TIKTOK_SECRET_ID", " "), ("DESTINATION_CONFIG", "{\"setings\":{}}")];
    let error = load(&further, &[]).unwrap_err();
    let expected = "TIKTOK_SECRET_ID: must be set: it is the name or ARN of the secret with the access token; \
                    FUNCTION_ROLE: unknown role, did you mean `ingest`?; \
                    $.setings: unknown key, did you mean `settings`? (line 1, column 2)";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn warnings_do_not_keep_the_function_from_starting() {
    let file = r#"{"mappings":[{"action":"addToAudience"},{"action":"addToAudience"}]}"#;
    let config = load(&[("DESTINATION_CONFIG", file)], &[]).unwrap();
    let names: Vec<_> = config.destination.mappings.iter().map(|entry| entry.mapping.name.as_str()).collect();
    assert_eq!(names, ["Add to Audience", "Add to Audience (2)"]);
    assert_eq!(config.warnings.len(), 1);
}
