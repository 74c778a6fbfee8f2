use std::sync::Arc;

use serde_json::{Value, json};
use smallvec::smallvec;

use super::*;
use crate::batch::{Rank, Task, TaskRow};
use crate::identity::{Hashed, Unusable, prehashed};
use crate::outcome::{Actor, Entry, LeftOut, Reason, Verdict};
use crate::tiktok::{self, AdvertiserId, AudienceId};

fn lines(metrics: &Metrics) -> Vec<Value> {
    let now = Timestamp::from_millisecond(1_790_000_000_000).unwrap();
    metrics.take(now).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn metrics() -> Metrics {
    Metrics::new("f".to_owned())
}

fn attempt(took: u64, failure: Option<(&'static str, Class, Scope)>) -> Attempt {
    let verdict = failure.map(|(_, class, scope)| tiktok::Classification { class, scope });
    Attempt { took: Duration::from_millis(took), failure: failure.map(|(code, ..)| code.into()), verdict }
}

fn ledger(reasons: &[&[Reason]]) -> Ledger {
    let mut entries = Vec::new();
    for (event_index, reasons) in (0..).zip(reasons) {
        entries.extend(reasons.iter().map(|reason| Entry::new(event_index, None, (*reason).into())));
        if reasons.is_empty() {
            entries.push(Entry::new(event_index, None, Verdict::Delivered));
        }
    }
    Ledger::close(reasons.len(), entries, Vec::new())
}

#[test]
fn reasons_add_up_to_their_outcome() {
    let metrics = metrics();
    let twice = [Reason::NoAudience, Reason::NoAdvertiser];
    let partly = [Reason::NoIdentifier, Reason::NoAudience];
    metrics.events(
        &ledger(&[&[], &twice, &partly, &[Reason::NoIdentifier]]),
        Oldest { delivered: Some(Duration::from_secs(70)), retryable: None },
    );
    let lines = lines(&metrics);
    let total = &lines[0];
    assert_eq!((&total["Received"], &total["Delivered"], &total["OldestEventAge"]), (&json!(4), &json!(1), &json!(70)));
    assert_eq!((&total["Rejected"], &total["Skipped"], &total["Retryable"]), (&json!(2), &json!(1), &Value::Null));
    let by_reason: Vec<_> = lines
        .iter()
        .filter(|line| line["Reason"].is_string())
        .map(|line| (&line["Reason"], &line["Rejected"], &line["Skipped"]))
        .collect();
    let (none, no_audience, no_identifier) = (&Value::Null, &json!("NO_AUDIENCE"), &json!("NO_IDENTIFIER"));
    assert_eq!(by_reason, [(no_audience, &json!(2), none), (no_identifier, none, &json!(1))]);
    assert_eq!(lines[1]["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["FunctionName", "Reason"]]));
}

#[test]
fn calls_are_counted_by_attempt_and_by_code() {
    let metrics = metrics();
    let busy = ("40002", Class::Busy, Scope::Audience);
    let attempts = [attempt(80, None), attempt(80, Some(busy)), attempt(95, Some(busy))];
    metrics.calls(&attempts, &[1000, 1000, 37]);
    let lines = lines(&metrics);
    assert_eq!(lines[0]["TikTokCalls"], 3);
    assert_eq!(lines[0]["TikTokErrors"], 2);
    assert_eq!(lines[0]["AudienceBusy"], 2);
    assert_eq!(lines[0]["TikTokLatency"], json!({"Values": [80, 95], "Counts": [2, 1]}));
    assert_eq!(lines[0]["BatchRows"], json!({"Values": [37, 1000], "Counts": [1, 2]}));
    assert_eq!((&lines[1]["Code"], &lines[1]["TikTokErrors"]), (&json!("40002"), &json!(2)));
}

#[track_caller]
fn check_token(failures: &[Option<(&'static str, Class, Scope)>], expected: &Value) {
    let metrics = metrics();
    let attempts: Vec<_> = failures.iter().map(|failure| attempt(1, *failure)).collect();
    metrics.calls(&attempts, &[]);
    assert_eq!(&lines(&metrics)[0]["TokenValid"], expected);
}

#[test]
fn the_last_word_on_the_token_counts() {
    let refused = Some(("40105", Class::Unauthorized, Scope::Account));
    let elsewhere = Some(("40106", Class::Unauthorized, Scope::Advertiser));
    let down = Some(("TIMEOUT", Class::Transient, Scope::Account));
    check_token(&[None], &json!(1));
    check_token(&[None, refused, refused], &json!(0));
    check_token(&[refused, None, down], &json!(1));
    check_token(&[elsewhere, down], &Value::Null);
}

#[test]
fn a_token_that_is_not_for_an_advertiser_is_for_an_operator() {
    let metrics = metrics();
    metrics.calls(&[attempt(1, Some(("40106", Class::Unauthorized, Scope::Advertiser)))], &[]);
    assert_eq!(lines(&metrics)[0]["AccountBlocked"], json!(1));
}

#[test]
fn rows_rejected_for_a_persons_data_are_no_share_of_the_events() {
    let metrics = metrics();
    let both = [Reason::NoUsableIdentifier, Reason::NoSuchAudience];
    let reasons: [&[Reason]; 3] = [&both, &[Reason::NoUsableIdentifier], &[Reason::NoIdentifier]];
    metrics.rows(&ledger(&reasons));
    let lines = lines(&metrics);
    assert_eq!((&lines[0]["Received"], &lines[0]["Rejected"], &lines[0]["Skipped"]), (&json!(2), &json!(1), &json!(1)));
    assert!(!lines.iter().any(|line| line["Actor"] == Actor::Person.as_str()), "{lines:?}");
}

#[test]
fn what_was_written_is_not_written_again() {
    let metrics = metrics();
    metrics.audiences_expiring(2);
    metrics.token_refused();
    let written = lines(&metrics);
    assert_eq!((&written[0]["AudiencesExpiring"], &written[0]["TokenValid"]), (&json!(2), &json!(0)));
    assert_eq!(lines(&metrics), Vec::<Value>::new());
}

#[test]
fn an_operators_rejection_is_not_hidden_behind_a_persons() {
    let metrics = metrics();
    let both = [Reason::NoUsableIdentifier, Reason::NoSuchAudience];
    metrics.events(&ledger(&[&both, &[Reason::NoUsableIdentifier], &[Reason::NoIdentifier]]), Oldest::default());
    let lines = lines(&metrics);
    let by_actor = lines.iter().filter(|line| line["Actor"].is_string());
    let by_actor: Vec<_> = by_actor.map(|line| (line["Actor"].as_str().unwrap(), &line["Rejected"])).collect();
    let expected = [(Actor::Operator.as_str(), &json!(1)), (Actor::Person.as_str(), &json!(1))];
    assert_eq!(by_actor, expected, "{lines:?}");
}

/// Two people into two audiences, one of them into both.
fn call() -> Call {
    let id = |text| AudienceId::parse(text).unwrap();
    let hashed = |digit: &str, column| prehashed(&digit.repeat(64), column).unwrap().unwrap();
    let (advertiser, direction) = (AdvertiserId::parse("7").unwrap(), Direction::Add);
    let task = |cells: &[Hashed], audience| Task {
        event_index: 0,
        rank: Rank::default(),
        entry: 0,
        advertiser,
        audience,
        is_by_name: false,
        direction,
        rows: smallvec![cells.iter().copied().collect()],
    };
    let ann = [hashed("a", IdType::EmailSha256), hashed("c", IdType::AaidSha256)];
    let bob = [hashed("b", IdType::EmailSha256)];
    let tasks = Arc::new(vec![task(&ann, id("1")), task(&ann, id("2")), task(&bob, id("1"))]);
    let row = |task| TaskRow { task, row: 0 };
    Call { advertiser, direction, rows: vec![smallvec![row(0), row(1)], smallvec![row(2)]], tasks }
}

#[test]
fn people_are_counted_by_audience_identifiers_by_column_and_those_left_out_by_reason() {
    let metrics = metrics();
    metrics.taken(&call());
    let left_out = LeftOut::new("phone", Unusable::NoCountryCode);
    let entry = Entry { left_out: Some([left_out, left_out].into()), ..Entry::new(0, None, Verdict::Delivered) };
    metrics.events(&Ledger::close(1, vec![entry], Vec::new()), Oldest::default());
    let lines = lines(&metrics);
    let of = |dimension: &str, name: &str| {
        let lines = lines.iter().filter(|line| line[dimension].is_string());
        lines.map(|line| (line[dimension].as_str().unwrap().to_owned(), line[name].clone())).collect::<Vec<_>>()
    };
    let expected = [("AAID_SHA256".to_owned(), json!(1)), ("EMAIL_SHA256".to_owned(), json!(2))];
    assert_eq!(of("Column", "Identifiers"), expected);
    assert_eq!(of("Audience", "PeopleAdded"), [("1".to_owned(), json!(2)), ("2".to_owned(), json!(1))]);
    assert_eq!((&lines[0]["PeopleAdded"], &lines[0]["PeopleRemoved"]), (&json!(3), &Value::Null), "{lines:?}");
    assert_eq!(of("Reason", "IdentifiersLeftOut"), [("NO_COUNTRY_CODE".to_owned(), json!(2))]);
}

#[test]
fn the_oldest_event_that_has_to_be_tried_again_is_told() {
    let metrics = metrics();
    let oldest = |seconds| Oldest { retryable: Some(Duration::from_secs(seconds)), ..Oldest::default() };
    metrics.events(&ledger(&[&[Reason::OutOfTime]]), oldest(30));
    metrics.events(&ledger(&[&[Reason::OutOfTime]]), oldest(20));
    assert_eq!(lines(&metrics)[0]["OldestRetryableAge"], 30);
}

#[test]
fn names_can_be_written_as_they_are() {
    let of_metrics = Metric::ALL.iter().flat_map(|metric| [metric.name(), metric.unit()]);
    let dimensions = [Dimension::Reason, Dimension::Actor, Dimension::Code, Dimension::Column, Dimension::Audience]
        .map(Dimension::name);
    for name in of_metrics.chain(dimensions).chain([NAMESPACE, FUNCTION]) {
        assert!(name.bytes().all(|byte| byte.is_ascii_alphabetic()), "{name}");
    }
}
