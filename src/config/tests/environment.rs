use std::time::Duration;

use secrecy::ExposeSecret;
use tracing::level_filters::LevelFilter;

use super::load;
use crate::config::{Environment, KEYS, Role};

fn environment(further: &[(&str, &str)]) -> Environment {
    load(further, &[]).unwrap().environment
}

/// What is wrong with one variable's value.
#[track_caller]
fn rejects(name: &str, value: &str, message: &str) {
    let error = load(&[(name, value)], &[]).unwrap_err();
    let problems: Vec<_> = error.problems.iter().map(|problem| (&*problem.path, &*problem.message)).collect();
    assert_eq!(problems, [(name, message)], "{value}");
}

#[test]
fn unset_variables_have_their_defaults() {
    let environment = environment(&[]);
    assert_eq!(environment.role, Role::All);
    assert_eq!(environment.secret_id, "tiktok");
    assert_eq!(environment.secret_ttl, Duration::from_mins(5));
    assert_eq!(environment.tiktok_api.as_str(), "https://business-api.tiktok.com/open_api/v1.3");
    assert_eq!(environment.log_level, LevelFilter::INFO);
    assert_eq!(environment.function_name, "tiktok-audiences");
    assert!(environment.buffer_queue.is_none() && environment.rejected_queue.is_none());
    assert!(environment.root_certificates.is_none());
    assert!(environment.aws.secrets_manager.is_none() && environment.aws.endpoints.sqs.is_none());
}

#[test]
fn the_documented_defaults_are_the_real_ones() {
    let defaults: Vec<_> = KEYS.iter().filter_map(|key| Some((key.name, key.default?))).collect();
    assert_eq!(format!("{:?}", environment(&defaults)), format!("{:?}", environment(&[])));
}

#[test]
fn every_variable_is_read() {
    let environment = environment(&[
        ("FUNCTION_ROLE", "control"),
        ("TIKTOK_SECRET_TTL_SECONDS", "0"),
        ("TIKTOK_API_BASE_URL", "http://127.0.0.1:8080/open_api/v1.3/"),
        ("BUFFER_QUEUE_URL", "https://sqs.eu-west-1.amazonaws.com/1/buffer"),
        ("REJECTED_QUEUE_URL", "http://localhost:4566/1/rejected"),
        ("REDRIVE_QUEUE_URL", "https://sqs.eu-west-1.amazonaws.com/1/buffer"),
        ("EVENT_FUNCTIONS", "stack-Ingest-1a, stack-Deliver-2b"),
        ("EVENT_LOG_GROUPS", "/aws/lambda/ingest,stack-DeliverLogGroup-3c"),
        ("SSL_CERT_FILE", "/opt/roots.pem"),
    ]);
    assert_eq!(environment.event_functions, ["stack-Ingest-1a", "stack-Deliver-2b"]);
    assert_eq!(environment.event_log_groups, ["/aws/lambda/ingest", "stack-DeliverLogGroup-3c"]);
    assert_eq!(environment.role, Role::Control);
    assert_eq!(environment.secret_ttl, Duration::ZERO);
    assert_eq!(environment.tiktok_api.as_str(), "http://127.0.0.1:8080/open_api/v1.3");
    assert_eq!(environment.redrive_queue.unwrap().path(), "/1/buffer");
    assert_eq!(environment.buffer_queue.unwrap().path(), "/1/buffer");
    assert_eq!(environment.rejected_queue.unwrap().path(), "/1/rejected");
    assert_eq!(environment.root_certificates.unwrap().to_str(), Some("/opt/roots.pem"));
}

#[test]
fn what_lambda_sets_is_read() {
    let environment = environment(&[
        ("AWS_LAMBDA_LOG_LEVEL", "FATAL"),
        ("AWS_LAMBDA_FUNCTION_NAME", "ingest"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/ingest"),
        ("AWS_SESSION_TOKEN", "session"),
        ("AWS_ENDPOINT_URL", "http://localhost:5000"),
        ("AWS_ENDPOINT_URL_SQS", "http://localhost:6000"),
    ]);
    assert_eq!(environment.log_level, LevelFilter::ERROR);
    assert_eq!(environment.function_name, "ingest");
    assert_eq!(
        (environment.event_functions, environment.event_log_groups),
        (vec!["ingest".to_owned()], vec!["/aws/lambda/ingest".to_owned()])
    );
    let keys = environment.aws.settings.keys.unwrap();
    assert_eq!(keys.session_token.unwrap().expose_secret(), "session");
    assert_eq!(keys.secret_access_key.expose_secret(), "keyexample");
    assert_eq!(environment.aws.secrets_manager.unwrap().port(), Some(5000));
    assert_eq!(environment.aws.endpoints.sqs.unwrap().port(), Some(6000));
}

#[test]
fn names_are_names() {
    let message = "must be names separated by commas, each a function's name";
    for value in ["a,,b", "a b", "arn:aws:lambda", ","] {
        rejects("EVENT_FUNCTIONS", value, message);
    }
    rejects("EVENT_LOG_GROUPS", "a:b", "must be names separated by commas, each a log group's name");
}

#[test]
fn the_default_region_is_a_fallback() {
    let region = |further: &[(&str, &str)]| environment(further).aws.settings.region.unwrap();
    assert_eq!(region(&[("AWS_DEFAULT_REGION", "us-east-2")]), "eu-west-1");
    assert_eq!(region(&[("AWS_DEFAULT_REGION", "us-east-2"), ("AWS_REGION", "")]), "us-east-2");
}

#[test]
fn a_bad_value_is_named_with_what_is_expected() {
    let seconds = "must be a whole number of seconds from 0 to 86400";
    for value in ["86401", "-1", "5m", "1.5", "99999999999999999999999"] {
        rejects("TIKTOK_SECRET_TTL_SECONDS", value, seconds);
    }
    rejects("FUNCTION_ROLE", "contrl", "unknown role, did you mean `control`?");
    rejects("FUNCTION_ROLE", "everything", "unknown role, known are ingest, deliver, control, all");
    rejects("AWS_LAMBDA_LOG_LEVEL", "WRN", "unknown level, did you mean `WARN`?");
    for name in [
        "BUFFER_QUEUE_URL",
        "REJECTED_QUEUE_URL",
        "REDRIVE_QUEUE_URL",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    ] {
        rejects(name, "my-queue", "must be a URL: relative URL without a base");
        rejects(name, "arn:aws:sqs:eu-west-1:1:q", "must be a URL that starts with https:// or http://");
        rejects(name, "https://user:pass@example.com/q", "must not hold a user name or password");
    }
    let hint = "must be set: Lambda sets it";
    for name in ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        rejects(name, "", hint);
    }
}

#[test]
fn the_token_goes_to_https_or_loopback_only() {
    let name = "TIKTOK_API_BASE_URL";
    let punycode = "https://xn--bcher-kva.example.com";
    for good in ["https://example.com", punycode, "http://localhost:1", "http://127.9.9.9/v1/", "http://[::1]:9/v1"] {
        assert!(load(&[(name, good)], &[]).is_ok(), "{good}");
    }
    let insecure = "must be an https URL; http is for loopback addresses only";
    for bad in
        ["http://example.com", "http://localhost.example.com", "http://128.0.0.1", "http://127.0.0.1.example.com"]
    {
        rejects(name, bad, insecure);
    }
    rejects(name, "ftp://127.0.0.1", "must be a URL that starts with https:// or http://");
    rejects(name, "https://token@example.com", "must not hold a user name or password");
    rejects(name, "https://example.com/?a=1", "must not have a query or a fragment");
    rejects(name, "example.com", "must be a URL: relative URL without a base");
    rejects(name, "https://bücher.example.com", "must be a URL: invalid international domain name");
}

#[test]
fn the_queues_are_two() {
    let queue = "https://sqs.eu-west-1.amazonaws.com/1/q";
    let error = load(&[("BUFFER_QUEUE_URL", queue), ("REJECTED_QUEUE_URL", queue)], &[]).unwrap_err();
    assert_eq!(error.to_string(), "REJECTED_QUEUE_URL: must not be the queue of BUFFER_QUEUE_URL");
    let error = load(&[("REDRIVE_QUEUE_URL", queue), ("REJECTED_QUEUE_URL", queue)], &[]).unwrap_err();
    assert_eq!(error.to_string(), "REDRIVE_QUEUE_URL: must not be the queue of REJECTED_QUEUE_URL");
}

#[test]
fn debug_shows_no_credentials() {
    let shown = format!("{:?}", environment(&[("AWS_SESSION_TOKEN", "sessionexample")]));
    assert!(!shown.contains("AKID") && !shown.contains("keyexample") && !shown.contains("sessionexample"), "{shown}");
}

#[test]
fn keys_have_no_name_twice() {
    let mut names: Vec<_> = KEYS.iter().map(|key| key.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), KEYS.len());
}
