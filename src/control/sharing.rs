//! `shareAudience`, `unshareAudience`, `sharedWith`, `compareAudiences`: one audience in several ad accounts, and what
//! several have in common.

use serde::Serialize;

use crate::app::App;
use crate::delivery::session::{CallError, Session};
use crate::tiktok::wire::{MOST_COMPARED, MOST_SHARED, Overlap, Share};
use crate::tiktok::{AdvertiserId, AudienceId, NO_PERMISSION, NO_SUCH_OBJECT};

use super::arguments::{Arguments, missing};
use super::{OperationError, json, target};

/// What TikTok wants of who shares. Source: the yml of `/dmp/custom_audience/share/`, and the permission index.
const TO_SHARE: &str = "the token needs scope 32 (Audience Management, share): grant it to the app and connect again \
                        (authorizeUrl); its user must be owner, admin or operator of the ad account; and all ad \
                        accounts must be in one Business Center";
/// What TikTok wants of who compares. Source: the permission index.
const TO_COMPARE: &str = "the token needs scope 30 (Audience Management, read), or 3: grant it to the app and connect \
                          again (authorizeUrl); its user must have a role in the ad account";
/// What to do about an audience that is not there.
const NOT_THERE: &str = "an audience of the call is not this ad account's, or was deleted: listAudiences names those \
                         that are";
/// What is known of comparisons that TikTok does not answer.
const TOO_SMALL: &str = "TikTok tells nothing of audiences that are too small or still being computed: compare them \
                         again when each has some thousand matched people, 24 to 48 hours after they were sent";

#[derive(Serialize)]
struct Given<'a> {
    advertiser_id: AdvertiserId,
    audience_ids: &'a [AudienceId],
    shared_with: &'a [AdvertiserId],
    request_id: Option<String>,
    /// What takes it back.
    undo: &'static str,
}

#[derive(Serialize)]
struct Unshared {
    advertiser_id: AdvertiserId,
    audience_id: AudienceId,
    no_longer_shared_with: AdvertiserId,
    /// Whether it was shared with it until now.
    was_shared: bool,
}

#[derive(Serialize)]
struct Shares {
    advertiser_id: AdvertiserId,
    audience_id: AudienceId,
    shared_with: Vec<ShareJson>,
}

#[derive(Serialize)]
struct ShareJson {
    #[serde(flatten)]
    share: Share,
    current: bool,
}

#[derive(Serialize)]
struct Comparison {
    advertiser_id: AdvertiserId,
    #[serde(flatten)]
    overlap: Overlap,
    /// Whether TikTok tells of every pair what it has in common.
    complete: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'static str>,
}

/// `shareAudience`
pub(super) async fn share(
    app: &App,
    session: &Session<'_>,
    arguments: &Arguments<'_>,
) -> Result<String, OperationError> {
    let advertiser_id = target::advertiser(app, session, arguments.advertiser()?, None).await?;
    let audiences = several(arguments.audiences("audience_ids")?, "audience_ids", MOST_SHARED)?;
    let with = several(arguments.advertisers("shared_advertiser_ids")?, "shared_advertiser_ids", MOST_SHARED)?;
    let request_id = share_with(session, advertiser_id, &audiences, &with).await?;
    let undo = "unshareAudience, for each audience and ad account";
    json(&Given { advertiser_id, audience_ids: &audiences, shared_with: &with, request_id, undo })
}

/// Shares audiences; nothing is shared where this fails, since TikTok takes the call as a whole.
pub(super) async fn share_with(
    session: &Session<'_>,
    advertiser: AdvertiserId,
    audiences: &[AudienceId],
    with: &[AdvertiserId],
) -> Result<Option<String>, OperationError> {
    if with.contains(&advertiser) {
        let message = "an audience cannot be shared with the ad account that it belongs to; nothing was shared";
        return Err(OperationError::new("INVALID_FIELD", message));
    }
    let (client, deadline) = (session.client, session.budget.deadline);
    let answer = session.call(async |token| client.share(token, advertiser, audiences, with, deadline).await).await;
    let accepted = answer.map_err(|error| denied(&error))?;
    Ok(accepted.request_id.map(|id| id.as_str().to_owned()))
}

/// `unshareAudience`
pub(super) async fn unshare(
    app: &App,
    session: &Session<'_>,
    arguments: &Arguments<'_>,
) -> Result<String, OperationError> {
    let audience_id = arguments.audience()?;
    let advertiser_id = target::advertiser(app, session, arguments.advertiser()?, None).await?;
    let with = several(arguments.advertisers("shared_advertiser_id")?, "shared_advertiser_id", 1)?;
    let Some(with) = with.first().copied() else { return Err(missing("shared_advertiser_id")) };
    let (client, deadline) = (session.client, session.budget.deadline);
    let answer =
        session.call(async |token| client.unshare(token, advertiser_id, audience_id, with, deadline).await).await;
    let was_shared = match answer {
        Ok(_accepted) => true,
        Err(error) if code(&error) == Some(NO_SUCH_OBJECT) => false,
        Err(error) => return Err(denied(&error)),
    };
    json(&Unshared { advertiser_id, audience_id, no_longer_shared_with: with, was_shared })
}

/// `sharedWith`
pub(super) async fn shared_with(
    app: &App,
    session: &Session<'_>,
    arguments: &Arguments<'_>,
) -> Result<String, OperationError> {
    let audience_id = arguments.audience()?;
    let advertiser_id = target::advertiser(app, session, arguments.advertiser()?, None).await?;
    let shares = shares(session, advertiser_id, audience_id).await?;
    let shared_with = shares.into_iter().map(|share| ShareJson { current: share.is_current(), share }).collect();
    json(&Shares { advertiser_id, audience_id, shared_with })
}

/// The ad accounts that an audience is or was shared with.
pub(super) async fn shares(
    session: &Session<'_>,
    advertiser: AdvertiserId,
    audience: AudienceId,
) -> Result<Vec<Share>, OperationError> {
    let (client, deadline) = (session.client, session.budget.deadline);
    let shares = session.call(async |token| client.shares(token, advertiser, audience, deadline).await).await;
    shares.map_err(|error| denied(&error))
}

/// `compareAudiences`
pub(super) async fn compare(
    app: &App,
    session: &Session<'_>,
    arguments: &Arguments<'_>,
) -> Result<String, OperationError> {
    let benchmark = arguments.audience()?;
    let advertiser_id = target::advertiser(app, session, arguments.advertiser()?, None).await?;
    let others = several(arguments.audiences("compared_audience_ids")?, "compared_audience_ids", MOST_COMPARED)?;
    let (client, deadline) = (session.client, session.budget.deadline);
    let overlap =
        session.call(async |token| client.overlap(token, advertiser_id, benchmark, &others, deadline).await).await;
    let overlap = overlap.map_err(|error| refused(&error, "NOT_ALLOWED_TO_COMPARE", TO_COMPARE))?;
    let complete = others.iter().all(|other| {
        overlap.comparison_audiences.iter().any(|compared| compared.audience_id == *other && compared.is_told())
    });
    json(&Comparison { advertiser_id, overlap, complete, remedy: (!complete).then_some(TOO_SMALL) })
}

/// One at least and so many at most, each once.
fn several<T: PartialEq>(given: Vec<T>, name: &str, most: usize) -> Result<Vec<T>, OperationError> {
    let mut several: Vec<T> = Vec::with_capacity(given.len());
    for each in given {
        if !several.contains(&each) {
            several.push(each);
        }
    }
    match several.len() {
        0 => Err(missing(name)),
        count if count > most => {
            Err(OperationError::new("INVALID_FIELD", format!("{name} takes at most {most} ids, not {count}")))
        }
        _ => Ok(several),
    }
}

fn code(error: &CallError) -> Option<i64> {
    match error {
        CallError::Send(error) => error.code(),
        CallError::Secret(_) => None,
    }
}

/// A refusal, with what TikTok wants of who shares where that is missing.
fn denied(error: &CallError) -> OperationError {
    refused(error, "NOT_ALLOWED_TO_SHARE", TO_SHARE)
}

/// A refusal under the name of what is wrong, with what to do about it.
fn refused(error: &CallError, not_allowed: &'static str, permission: &str) -> OperationError {
    let failed = OperationError::from(error);
    let (code, remedy) = match code(error) {
        Some(NO_PERMISSION) => (not_allowed, permission),
        Some(NO_SUCH_OBJECT) => ("NO_SUCH_AUDIENCE", NOT_THERE),
        Some(_) | None => return failed,
    };
    OperationError { code, message: format!("{}; nothing was changed: {remedy}", failed.message), may_pass: false }
}
