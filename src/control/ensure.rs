//! `ensureAudiences`: every audience that the destination is to have is found by its name, or created.
//!
//! Runs that overlap end with the same audiences, see [`crate::delivery::audience_lookup`].

use std::collections::BTreeSet;

use serde::Serialize;

use crate::actions::AudienceEntry;
use crate::actions::MAX_NAME_CHARS;
use crate::app::App;
use crate::delivery::audience_lookup::Ensured;
use crate::delivery::session::Session;
use crate::json::{Kind, Value};
use crate::tiktok::{AdvertiserId, AudienceId, RequestId};

use super::arguments::{Arguments, advertiser_of, advertisers_of, missing, wrong_type};
use super::{OperationError, json, sharing, target};

/// Failures that an error message names; the others are counted.
const MOST_NAMED: usize = 10;

/// What to do about other audiences of a name. A run that overlaps with this one may be about to delete its own.
const TWINS: &str = "people go to audience_id; if the younger audiences are still there at the next run, delete them \
                     (deleteAudience)";

#[derive(Serialize)]
struct Report<'a> {
    ok: bool,
    audiences: Vec<Line<'a>>,
}

/// What became of one audience.
#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    advertiser_id: Option<AdvertiserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audience_id: Option<AudienceId>,
    /// `found`, `created` or `failed`.
    result: &'static str,
    /// A younger twin that was created and deleted again, since an older one of the name exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    removed_younger_twin: Option<AudienceId>,
    /// Other usable audiences of the name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    younger_twins: Vec<AudienceId>,
    /// The ad accounts with which it was shared now, since it was not yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    shared_with: Vec<AdvertiserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorJson>,
    #[serde(skip)]
    may_pass: bool,
}

#[derive(Serialize)]
struct ErrorJson {
    code: &'static str,
    message: String,
}

/// The operation: the call's own list, else the configured one.
pub(super) async fn run(app: &App, session: &Session<'_>, arguments: &Arguments<'_>) -> Result<String, OperationError> {
    let Some(items) = arguments.items("audiences")? else { return configured(app, session).await };
    let entries: Vec<_> = items.into_iter().map(entry).collect::<Result<_, _>>()?;
    ensure(app, session, &entries).await
}

/// The configured audiences.
pub(super) async fn configured(app: &App, session: &Session<'_>) -> Result<String, OperationError> {
    ensure(app, session, &app.router.destination.audiences).await
}

fn entry(item: Value<'_>) -> Result<AudienceEntry, OperationError> {
    if item.kind() != Kind::Object {
        return Err(wrong_type("audiences", "an array of {name, advertiser_id}", item));
    }
    let known = ["name", "advertiser_id", "share_with"];
    if item.members().any(|(key, _)| !known.iter().any(|known| key.is_str(known))) {
        return Err(OperationError::new(
            "UNKNOWN_ARGUMENT",
            "an item of audiences takes name, advertiser_id and share_with only",
        ));
    }
    let name = item.get("name").and_then(Value::as_str).map(|name| name.trim().to_owned()).unwrap_or_default();
    if name.is_empty() {
        return Err(missing("the name of an item of audiences"));
    }
    if name.chars().count() > MAX_NAME_CHARS {
        let message = format!("a name in audiences has more than {MAX_NAME_CHARS} characters");
        return Err(OperationError::new("NAME_TOO_LONG", message));
    }
    let share_with = advertisers_of(item, "share_with")?;
    Ok(AudienceEntry { name, advertiser_id: advertiser_of(item)?, share_with })
}

/// One after the other: an advertiser takes 400 audiences, and every run has at most one twin at a time then.
async fn ensure(app: &App, session: &Session<'_>, entries: &[AudienceEntry]) -> Result<String, OperationError> {
    let mut looked_up = BTreeSet::new();
    let mut audiences = Vec::with_capacity(entries.len());
    for entry in entries {
        audiences.push(ensure_one(app, session, entry, &mut looked_up).await);
    }
    let failed: Vec<_> = audiences.iter().filter(|line| line.error.is_some()).collect();
    let nothing_worked = !failed.is_empty() && failed.len() == audiences.len();
    if nothing_worked || failed.iter().any(|line| line.may_pass) {
        return Err(failure(&failed, audiences.len()));
    }
    let ok = failed.is_empty();
    for line in failed {
        let reason = line.error.as_ref().map(|error| error.code);
        tracing::warn!(
            reason,
            detail = line.error.as_ref().map(|error| error.message.as_str()),
            "audience not ensured"
        );
    }
    json(&Report { ok, audiences })
}

async fn ensure_one<'a>(
    app: &App,
    session: &Session<'_>,
    entry: &'a AudienceEntry,
    looked_up: &mut BTreeSet<AdvertiserId>,
) -> Line<'a> {
    let mut line = Line {
        name: &entry.name,
        advertiser_id: entry.advertiser_id,
        audience_id: None,
        result: "failed",
        removed_younger_twin: None,
        younger_twins: Vec::new(),
        shared_with: Vec::new(),
        remedy: None,
        request_id: None,
        error: None,
        may_pass: false,
    };
    match find_or_create(app, session, entry, looked_up).await {
        Ok((advertiser, ensured)) => {
            line.advertiser_id = Some(advertiser);
            line.audience_id = Some(ensured.audience);
            line.result = if ensured.created { "created" } else { "found" };
            line.removed_younger_twin = ensured.removed;
            line.younger_twins = app.audience_lookup.younger(advertiser, &entry.name);
            line.younger_twins.retain(|twin| Some(*twin) != ensured.removed);
            line.remedy = (!line.younger_twins.is_empty()).then_some(TWINS);
            line.request_id = ensured.request_id.as_ref().map(RequestId::as_str).map(str::to_owned);
            match keep_shared(session, advertiser, ensured.audience, &entry.share_with).await {
                Ok(shared) => line.shared_with = shared,
                Err(error) => line.failed(error),
            }
        }
        Err(error) => line.failed(error),
    }
    line
}

impl Line<'_> {
    fn failed(&mut self, OperationError { code, message, may_pass }: OperationError) {
        self.error = Some(ErrorJson { code, message });
        self.may_pass = may_pass;
    }
}

/// Shares an audience with those that do not have it yet, and says with whom.
async fn keep_shared(
    session: &Session<'_>,
    advertiser: AdvertiserId,
    audience: AudienceId,
    with: &[AdvertiserId],
) -> Result<Vec<AdvertiserId>, OperationError> {
    if with.is_empty() {
        return Ok(Vec::new());
    }
    let shares = sharing::shares(session, advertiser, audience).await?;
    let has_it =
        |other: &AdvertiserId| shares.iter().any(|share| share.shared_advertiser_id == *other && share.is_current());
    let missing: Vec<_> = with.iter().copied().filter(|other| !has_it(other)).collect();
    if !missing.is_empty() {
        sharing::share_with(session, advertiser, &[audience], &missing).await?;
    }
    Ok(missing)
}

async fn find_or_create(
    app: &App,
    session: &Session<'_>,
    entry: &AudienceEntry,
    looked_up: &mut BTreeSet<AdvertiserId>,
) -> Result<(AdvertiserId, Ensured), OperationError> {
    let advertiser = target::advertiser(app, session, entry.advertiser_id, None).await?;
    // What an earlier invocation knew may be minutes old; each advertiser is looked up once here.
    if looked_up.insert(advertiser) {
        app.audience_lookup.invalidate(advertiser);
    }
    Ok((advertiser, app.audience_lookup.find_or_create(session, advertiser, &entry.name).await?))
}

/// The invocation's error: retryable if anything may pass.
fn failure(failed: &[&Line<'_>], all: usize) -> OperationError {
    let sentence = |line: &&Line<'_>| {
        let error = line.error.as_ref()?;
        Some(format!("`{}`: {}: {}", line.name, error.code, error.message))
    };
    let named: Vec<_> = failed.iter().filter_map(sentence).take(MOST_NAMED).collect();
    let more = if failed.len() > named.len() { ", …" } else { "" };
    let message = format!("{} of {all} audiences could not be ensured: {}{more}", failed.len(), named.join("; "));
    let may_pass = failed.iter().any(|line| line.may_pass);
    OperationError { may_pass, ..OperationError::new("NOT_ENSURED", message) }
}
