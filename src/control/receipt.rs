//! `receipt`: what a deletion request reached, from the lines that deliveries write about each.
//!
//! The journal has more, and no function may read it: it holds hashes. Its saved query is named instead.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clock::TimeBudget;
use crate::net::signed::{AwsRequest, AwsService, SignedError};
use crate::outcome::Reason;
use crate::outcome::plain_id::is_plain_id;

use super::arguments::{Arguments, missing};
use super::{OperationError, json};

/// The action of CloudWatch Logs' JSON protocol.
const ACTION: &str = "Logs_20140328.FilterLogEvents";
/// How long an attempt may take: a page holds up to 1 MB of lines.
const PATIENCE: Duration = Duration::from_secs(10);
/// How far back is looked where nothing else is asked for, in hours.
const HOURS: u64 = 30 * 24;
/// Pages that are read at most: many are empty, since CloudWatch gives back each part of the log that it has searched.
const MOST_PAGES: usize = 1_000;
/// Where there is a line for each identifier, if the stack has a journal.
const JOURNAL: &str = "a stack with a journal has a line for each identifier that was asked for: run the saved Athena \
                       query `What did a deletion request reach` with this message_id";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Question<'f> {
    log_group_name: &'f str,
    filter_pattern: &'f str,
    start_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    events: Vec<LogEvent>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
struct LogEvent {
    message: String,
}

/// A line about a deletion request, as far as a receipt shows it.
#[derive(Debug, Deserialize, Serialize)]
struct Line {
    timestamp: String,
    outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tiktok_code: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    advertiser_id: Option<String>,
    #[serde(default)]
    audiences: u64,
    #[serde(default)]
    audience_ids: String,
    /// TikTok's id of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// Lambda's id of the invocation.
    #[serde(rename(deserialize = "requestId"), skip_serializing)]
    invocation: Option<String>,
}

#[derive(Serialize)]
struct Receipt<'r> {
    message_id: &'r str,
    /// Whether one invocation had it done, for each ad account: TikTok took it, or nothing had to be done.
    done: bool,
    /// Whether the logs were read to their ends.
    complete: bool,
    lines: Vec<Line>,
    /// What may be the matter where there is no line.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    journal: &'static str,
}

/// The operation.
pub(super) async fn run(app: &App, budget: TimeBudget, arguments: &Arguments<'_>) -> Result<String, OperationError> {
    let message_id = arguments.required("message_id")?;
    if !is_plain_id(&message_id) {
        let message = "message_id is none that a log line may show: up to 100 letters, digits, dots, hyphens, colons";
        return Err(OperationError::new("INVALID_FIELD", message));
    }
    let stated = arguments.text("log_group")?.map(Cow::into_owned);
    let log_groups = stated.map_or_else(|| app.environment.event_log_groups.clone(), |stated| vec![stated]);
    if log_groups.is_empty() {
        return Err(missing("log_group"));
    }
    let hours = arguments.whole("hours", 1..=24 * 731)?.unwrap_or(HOURS);
    let milliseconds = i64::try_from(hours).unwrap_or(i64::MAX).saturating_mul(3_600_000);
    let start_time = budget.wall.as_millisecond().saturating_sub(milliseconds).max(0);
    let pattern = format!("{{ $.message = \"deletion request\" && $.message_id = \"{message_id}\" }}");
    let (mut lines, mut complete) = (Vec::new(), true);
    for log_group_name in &log_groups {
        let question = Question { log_group_name, filter_pattern: &pattern, start_time, next_token: None };
        complete &= read(app, budget, question, &mut lines).await?;
    }
    lines.sort_by(|one, other| one.timestamp.cmp(&other.timestamp));
    let hint = lines.is_empty().then(|| no_line(hours));
    json(&Receipt { message_id: &message_id, done: is_done(&lines), complete, lines, hint, journal: JOURNAL })
}

/// Why there may be no line about a request.
fn no_line(hours: u64) -> String {
    format!(
        "no line about this message_id in the last {hours} hours: check the id; lines come minutes after the delivery, \
         live for LogRetentionDays, and are looked for as far back as `hours` says"
    )
}

/// Adds the lines of a log; says whether it was read to its end.
async fn read(
    app: &App,
    budget: TimeBudget,
    mut question: Question<'_>,
    lines: &mut Vec<Line>,
) -> Result<bool, OperationError> {
    for _page in 0..MOST_PAGES {
        let page = page(app, budget, &question).await?;
        lines.extend(page.events.iter().filter_map(|event| serde_json::from_str::<Line>(&event.message).ok()));
        question.next_token = page.next_token;
        if question.next_token.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether each ad account was done with by one invocation: all of its lines about it say so. An invocation that has to
/// be repeated lists the audiences anew, and one that may have gone meanwhile has no line any more. An invocation did
/// nothing for certain if it has a line without ad account that says so: a person could not be read, or nobody knew the
/// ad accounts.
fn is_done(lines: &[Line]) -> bool {
    let mut by_account: BTreeMap<Option<&str>, BTreeMap<Option<&str>, bool>> = BTreeMap::new();
    for line in lines {
        let invocations = by_account.entry(line.advertiser_id.as_deref()).or_default();
        *invocations.entry(line.invocation.as_deref()).or_insert(true) &= is_good(line);
    }
    let without = if by_account.len() > 1 { by_account.remove(&None).unwrap_or_default() } else { BTreeMap::new() };
    let was_done = |invocations: &BTreeMap<Option<&str>, bool>| {
        invocations.iter().any(|(invocation, is_good)| *is_good && without.get(invocation) != Some(&false))
    };
    !by_account.is_empty() && by_account.values().all(was_done)
}

/// In shadow nothing is done.
fn is_good(line: &Line) -> bool {
    let is_shadow = line.reason.as_deref() == Some(Reason::Shadow.code());
    line.outcome == "delivered" || (line.outcome == "skipped" && !is_shadow)
}

async fn page(app: &App, budget: TimeBudget, filter: &Question<'_>) -> Result<Page, OperationError> {
    let body = json(filter)?;
    let request = AwsRequest::json(AwsService::Logs, ACTION, body);
    let answer = app.aws.call(&request, budget, PATIENCE).await.map_err(|error| failed(&error))?;
    let unreadable = |_quotes| OperationError::new("LOG_UNAVAILABLE", "an answer of CloudWatch Logs can't be read");
    serde_json::from_slice(&answer).map_err(unreadable)
}

fn failed(error: &SignedError) -> OperationError {
    let hint = match error.code() {
        Some("ResourceNotFoundException") => {
            ": log_group is one of the stack's outputs IngestLogGroupName and DeliverLogGroupName"
        }
        Some(_) | None => "",
    };
    OperationError { code: "LOG_UNAVAILABLE", message: format!("{error}{hint}"), may_pass: error.may_pass() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of an invocation about an ad account (`-`: before there was one).
    fn line(of: &str) -> Line {
        let [invocation, advertiser, outcome] = of.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let (outcome, reason) = outcome.split_once(':').unwrap_or((outcome, ""));
        let advertiser = (advertiser != "-").then_some(advertiser);
        let line = serde_json::json!({
            "timestamp": "2026-11-25T10:00:00Z", "outcome": outcome, "reason": reason, "requestId": invocation,
            "advertiser_id": advertiser,
        });
        serde_json::from_value(line).unwrap()
    }

    #[test]
    fn a_request_is_done_once_an_invocation_had_all_of_an_ad_account_done() {
        for (name, lines, expected) in [
            ("no line", [].as_slice(), false),
            ("at once", &["i 7 delivered", "i 8 delivered"], true),
            ("nothing to do", &["i - skipped:NOTHING_TO_FORGET"], true),
            ("in shadow", &["i 7 skipped:SHADOW"], false),
            ("one audience refused", &["i 7 rejected", "i 7 delivered"], false),
            ("and taken later", &["i 7 rejected", "i 7 delivered", "j 7 delivered"], true),
            ("one ad account refused", &["i 7 delivered", "i 8 retryable"], false),
            ("and only the other taken later", &["i 7 retryable", "i 8 retryable", "j 7 delivered"], false),
            ("no secret at first", &["i - retryable", "j 7 delivered"], true),
            ("no secret", &["i - retryable", "j - retryable"], false),
            ("a person that could not be read", &["i - rejected:NO_USABLE_IDENTIFIER", "i 7 delivered"], false),
            ("and was later", &["i - rejected", "i 7 delivered", "j 7 delivered"], true),
        ] {
            let lines: Vec<_> = lines.iter().copied().map(line).collect();
            assert_eq!(is_done(&lines), expected, "{name}");
        }
    }
}
